"""What a model warns of while it runs, kept for whoever reads its results."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from typing import Any

#: Different warnings kept of one call; a model that warns in a loop must not fill its artifact.
KEPT = 20


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """Collect the warnings of this thread, each once, in the order in which they came.

    Warnings of other threads go where they went before.
    """
    said: list[str] = []
    here, before = threading.get_ident(), warnings.showwarning

    def hear(message: Warning | str, category: type[Warning], *more: Any, **details: Any) -> None:
        if threading.get_ident() != here:
            before(message, category, *more, **details)
            return
        text = str(message) if category is UserWarning else f"{category.__name__}: {message}"
        if text not in said and len(said) < KEPT:
            said.append(text)

    with warnings.catch_warnings():
        for category in (UserWarning, RuntimeWarning):
            warnings.simplefilter("always", category)
        warnings.showwarning = hear
        yield said
