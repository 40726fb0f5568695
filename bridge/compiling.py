"""Functions compiled by numba and kept on disk, for as long as no file of their package has changed.

numba itself compares the file of the function that is called: one that was compiled into it from another file would
run on as it was, under a new key of the store.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, TypeVar, overload

Function = TypeVar("Function", bound=Callable[..., Any])


class _Decorator(Protocol):
    def __call__(self, function: Function, /) -> Function: ...


@overload
def compiled(function: Function, /) -> Function: ...
@overload
def compiled(**settings: Any) -> _Decorator: ...
def compiled(function: Any = None, /, **settings: Any) -> Any:
    """``numba.njit(cache=True, …)``: compiled at its first call, and anew after a change anywhere in its package.

    Written above a function, with settings of `numba.njit` or without.
    """
    if function is None:
        return functools.partial(compiled, **settings)
    import numba

    made: Any = numba.njit(cache=True, **settings)(function)
    if made is not function:  # the only way that numba has
        made._cache._cache_file._source_stamp = stamp(root(Path(function.__code__.co_filename)))
    return made


def root(path: Path) -> Path:
    """The folder of the outermost package that a file belongs to, or the file where it belongs to none."""
    while (path.parent / "__init__.py").exists():
        path = path.parent
    return path


@functools.cache
def stamp(package: Path) -> str:
    """The digest of all Python files of a package."""
    found = sha256()
    for path in sorted(package.rglob("*.py")) if package.is_dir() else [package]:
        found.update(str(path.relative_to(package.parent)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
