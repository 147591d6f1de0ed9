"""Inner loops compiled by numba (the extra `fast`); import this only where numba is known to be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(signature: Any = None) -> Callable[[Function], Function]:
    """Compile a function: at once when its signature is given, else when it is first called. It does not hold the GIL."""

    def compile_(function: Function) -> Function:
        try:
            made: Any = numba.njit(signature, cache=True, nogil=True)(function)
        except RuntimeError:  # no folder may be written to (a zip of --py-files, a read-only home): seconds, every time
            made = numba.njit(signature, nogil=True)(function)
        return cast(Function, made)

    return compile_
