"""Ending a run before its end, so that it can be resumed: Ctrl-C, a walltime's SIGTERM, or `scalebridge cancel`."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError, ContractError

if TYPE_CHECKING:
    from bridge.store.runs import Run
    from bridge.store.spaces.space import Space

#: Seconds between looks for a wish to cancel, on a disk and where a look costs a request.
LOOK, LOOK_FAR = 0.5, 5.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BridgeError):
    """The run was asked to end while this stage waited."""


class Stop:
    """Whether a run is to end, and why; asked by every thread that waits."""

    def __init__(self) -> None:
        self.why: str | None = None
        self._asked = threading.Event()

    def __call__(self, why: str) -> None:
        """Ask the run to end as ``why``: "interrupted" or "cancelled"."""
        self.why = self.why or why
        self._asked.set()

    def check(self) -> None:
        """Raise Stopped if the run is to end."""
        if self.why:
            raise Stopped(f"the run was {self.why}; what had finished is in the store")

    def wait(self, seconds: float) -> bool:
        """Sleep, or less if the run is to end."""
        return self._asked.wait(seconds)


@contextlib.contextmanager
def signals(stop: Stop) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run in order, where signals arrive: in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    arm(stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def arm(stop: Stop) -> None:
    """Have signals ask for the end first, and only then interrupt what the main thread does.

    Called again when a flow has begun, for Prefect puts a handler of its own before its flows (capture_sigterm, in
    prefect 3.8.8), which would wait for stages that nobody told to end. A user's own handler stays.
    """
    if threading.current_thread() is not threading.main_thread():
        return

    def told(number: int, _: Any) -> None:
        stop("interrupted")
        raise KeyboardInterrupt(signal.Signals(number).name)

    for number in _SIGNALS:
        handler = signal.getsignal(number)
        prefect = getattr(handler, "__module__", "").startswith("prefect")
        if prefect or handler in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, told)


def wish(run: str) -> str:
    """Name of the object that asks a run's driver, wherever it is, to end."""
    return f"runs/{run}/cancel"


def watch(space: Space, run: str, stop: Stop, over: threading.Event) -> None:
    """Look for the wish to cancel until the run is over; a thread of the driver."""
    pause = LOOK_FAR if space.remote else LOOK
    while not over.wait(pause):
        with contextlib.suppress(BridgeError):
            if space.size(wish(run)) is not None:
                stop("cancelled")
                return


def cancel(run: Run, patience: float = 30.0, progress: Callable[[], None] | None = None) -> str:
    """Ask the driver of a run to end, wait until it has, and give the state that the run is in then.

    Raises ContractError for a run that is not under way.
    """
    import time

    from bridge.store.runs import Run as Again

    if run.state != "running":
        raise ContractError(f"run {run.id} is not running: it is {run.state}.")
    run.space.put(wish(run.id), f"{os.getpid()}".encode())
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if progress:
            progress()
        state = Again(run.store, run.id).state
        if state != "running":
            return state
        time.sleep(0.2)
    return "running"
