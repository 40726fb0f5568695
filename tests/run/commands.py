"""Commands in processes of their own, and what waits for them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

Start = Callable[..., "subprocess.Popen[str]"]


def until(condition: Callable[[], Any], timeout: float = 60) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
