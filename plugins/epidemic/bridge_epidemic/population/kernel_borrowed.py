"""Arrays that somebody else keeps alive, so that nobody counts references to them.

numba counts references to its arrays at every call, in atomic instructions: two of them take as long as a draw. A
view made of an address alone has no counter.
"""

from __future__ import annotations

from typing import Any

from numba import carray, types  # type: ignore[attr-defined]
from numba.core import cgutils
from numba.extending import intrinsic

from bridge import compiled


@intrinsic
def _pointer(_: Any, address: Any) -> Any:
    """An address as a pointer."""

    def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), generated


@compiled(error_model="numpy", nogil=True)
def borrowed(array: Any) -> Any:
    """The same numbers (C order), for as long as `array` is held by whoever called from Python."""
    return carray(_pointer(array.ctypes.data), array.shape, array.dtype)  # type: ignore[call-arg]
