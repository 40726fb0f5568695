"""Functions compiled by numba and kept on disk, for as long as nothing that they may call has changed.

numba itself compares the file of the function that is called. One compiled into it from another file would run on as
it was, under a new key of the store.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

#: The files of compiled functions, beside this one.
FILES = ("binomial.py", "compiling.py", "kernel*.py")


@cache
def stamp(folder: Path) -> str:
    """The digest of all files of compiled functions in a folder."""
    found = sha256()
    for path in sorted(path for pattern in FILES for path in folder.glob(pattern)):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def compiled(function: Function) -> Function:
    """The function compiled when it is first called with new types; kept under `stamp` instead of one file's time."""
    made: Any = njit(error_model="numpy", nogil=True, cache=True)(function)
    made._cache._cache_file._source_stamp = stamp(Path(__file__).parent)  # numba offers no other way
    return cast(Function, made)
