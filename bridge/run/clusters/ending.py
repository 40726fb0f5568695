"""Ending the process of a worker at once, whatever compiled code it is in."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client


def end_worker(client: Client, address: str, timeout: float) -> bool:
    """Kill a worker by its nanny, which starts another in its place; whether it is gone.

    Dask's own restart first asks the worker to leave and waits 4 s for one that cannot hear.
    """
    known: Any = client.scheduler_info(n_workers=-1)["workers"].get(address)
    if known is None:
        return True
    if not known["nanny"]:
        return False
    try:
        client.sync(
            client._run, _kill(), address, workers=[address], nanny=True, on_error="return", callback_timeout=timeout
        )
    except (TimeoutError, OSError):  # a nanny on a host that is cut off
        return False
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if address not in client.scheduler_info(n_workers=-1)["workers"]:
            return True
        time.sleep(0.05)
    return False


def _kill() -> Callable[..., None]:
    """What the nanny does; it travels by value."""

    def kill(address: str, dask_worker: Any) -> None:
        import os
        import signal

        if dask_worker.worker_address == address and dask_worker.pid:
            os.kill(dask_worker.pid, signal.SIGKILL)

    return kill
