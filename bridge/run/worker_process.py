"""What a worker process does first (a preload of Dask): see to it that it ends with its nanny, and only then."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def dask_setup(worker: object) -> None:
    """Called by Dask when the worker starts (a preload).

    Dask's own watch on the driver is a thread, which waits as long as compiled code keeps the interpreter's lock: a
    worker in a long call outlived its killed driver by minutes, with the claim on what it computed. The kernel does
    not wait. What it watches is the thread that started us, and Dask keeps that one as long as the process.

    Ctrl-C in a terminal reaches workers too, but what it means is the driver's to decide. A handler that does
    nothing, unlike SIG_IGN, is not inherited by the programs a model starts.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, lambda *_: None)
    os.dup2(2, 1)  # the driver's stdout is the answer of a command, perhaps JSON: no place for what a plugin prints
    import bridge.run.order  # noqa: F401 - a second of imports, now and on all workers at once, not in their first stage
