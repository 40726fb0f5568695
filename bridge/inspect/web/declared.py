"""Artifacts that are not what they declare: whoever made one may have sealed anything."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from bridge.errors import BridgeError
from bridge.store.groups import UNFIT
from bridge.store.spaces.space import Damaged


@contextlib.contextmanager
def as_declared(where: str) -> Iterator[None]:
    """What an artifact declares and is not is damage, however it is met. Raises Damaged."""
    try:
        yield
    except UNFIT as reason:
        if isinstance(reason, BridgeError):
            raise
        said = f"{type(reason).__name__}: {reason}"[:200]
        raise Damaged(f"{where} is not as it declares ({said}).") from None
