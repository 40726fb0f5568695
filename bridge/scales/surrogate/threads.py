"""Linear algebra of small matrices in one thread: several, spinning on a busy machine, took fifty times as long."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager
from typing import Any


@functools.cache
def _libraries() -> Any:
    import scipy.linalg  # noqa: F401 - brings a BLAS of its own
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # looks through what is loaded, once


def one_thread() -> AbstractContextManager[Any]:
    """Have BLAS use one thread meanwhile."""
    found: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return found
