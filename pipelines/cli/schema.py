"""`washplant schema`: the JSON Schema of the project file."""

from __future__ import annotations

import json


def schema() -> None:
    """Print the JSON Schema of the project file, for editors.

    Example: washplant schema > washplant.schema.json
    """
    from pipelines.project import kinds
    from washplant.config import json_schema

    print(json.dumps(json_schema(kinds()), ensure_ascii=False, indent=1))
