"""MySQL and MariaDB."""

from connectors.mysql.connector import MySQL
from connectors.mysql.options import MySQLOptions

__all__ = ["MySQL", "MySQLOptions"]
