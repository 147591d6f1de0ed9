"""Our packages have common names; a user's own folder of that name must not be taken for ours."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from washplant.errors import SetupError

PRODUCT_PACKAGES = ("washplant", "connectors", "annotation", "pipelines")


def check_packages() -> None:
    """Refuse to run with somebody else's `pipelines` or `connectors`: the names are common words."""
    home = Path(__file__).resolve().parent.parent
    for name in PRODUCT_PACKAGES:
        spec = find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or origin.parent.parent != home:
            raise SetupError(
                f"the package {name!r} that Python finds is not washplant's",
                where=str(origin or name),
                next_step="run with PYTHONSAFEPATH=1, or from another folder",
            )
