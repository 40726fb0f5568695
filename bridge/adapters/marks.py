"""What stands beside a name in ``inputs=``, ``outputs=`` and ``settings=``, read as the annotation it is short for."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from bridge.errors import DeclarationError
from bridge.kinds.base import StandardErrorOf, Within

_WRITE = (
    "Write 'K' for a number in kelvin, '1' for a pure number, ('K', ('time',)) for an array, a type such as int, or "
    "any Annotated[…]."
)


def marked(written: Mapping[str, Any] | None, at: str, which: str) -> dict[str, Any]:
    """Annotations by name. Raises DeclarationError for a name or a mark that cannot be meant."""
    if not isinstance(written, Mapping) and written is not None:
        raise DeclarationError(f"{at}: {which}={written!r} names no ports. Write {which}={{'x': 'K'}}.")
    return {name: annotation(mark, name, at, which) for name, mark in (written or {}).items()}


def annotation(mark: Any, name: str, at: str, which: str) -> Any:
    """The annotation that one mark is short for: ``"K"`` is ``Annotated[float, "K"]``. Raises DeclarationError."""
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise DeclarationError(f"{at}: {name!r} in {which}= is no name for a port. Write e.g. 'length'.")
    if isinstance(mark, str):
        return Annotated[float, mark]
    if isinstance(mark, tuple):
        return _measured(mark, f"{at}.{name}")
    if mark is None:
        raise DeclarationError(f"{at}.{name} is None in {which}=. {_WRITE}")
    return mark


def _measured(mark: tuple[Any, ...], at: str) -> Any:
    unit, *rest = mark or ("",)
    dims = [part for part in rest if isinstance(part, tuple)]
    odd = [part for part in rest if not isinstance(part, (tuple, Within, StandardErrorOf))]
    if not isinstance(unit, str) or not mark or odd or len(dims) > 1:
        hint = f" Write ({unit!r}, ({', '.join(map(repr, odd))},))." if all(isinstance(o, str) for o in odd) else ""
        raise DeclarationError(f"{at} is {mark!r}, which cannot be read.{hint} {_WRITE}")
    base = NDArray[np.float64] if dims else float
    return Annotated[base, unit, *rest]
