"""Files of many formats."""

from connectors.files.connector import Files, FilesOptions

__all__ = ["Files", "FilesOptions"]
