"""Serving schedules: Prefect's server kept up, and a worker that starts what it fires.

The worker is Prefect's own process worker. It runs in this process and starts a process for each flow run; those are
asked to end, and waited for, before it leaves.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.places import home
from bridge.run.schedules.attendance import on_duty
from bridge.run.schedules.pool import POOL
from bridge.run.server import configure, ensure

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

#: Flow runs at a time; each has the machine's cores to itself, or waits for a queue.
LIMIT = 2
#: Seconds between two questions to the server for what is due; what is due within ten seconds is started early, and
#: waits for its moment.
POLL = 5
#: Seconds that runs have to end in order; a stage that computes is not waited for.
GRACE = 30.0

Told = Callable[[str], None]


def serve(told: Told, limit: int = LIMIT) -> None:
    """Start what the schedules of this state folder fire, until SIGTERM or Ctrl-C; tell what happens in lines.

    Raises AlreadyServed when another process does, and ServerError when Prefect's server does not start.
    """
    os.environ["SCALEBRIDGE_HOME"] = str(home())  # runs have other working folders
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with on_duty(), ensure(wait=False) as server:
        configure(server, console="CRITICAL")
        os.environ["PREFECT_WORKER_QUERY_SECONDS"] = str(POLL)
        from bridge.run.schedules.pool import make_pool, prefect_client

        server.wait()
        with server.kept():
            with prefect_client() as client:
                make_pool(client)
            asyncio.run(_Service(told, limit).go())


class _Service:
    """The worker, its signals and its end."""

    def __init__(self, told: Told, limit: int) -> None:
        self.told, self.limit = told, limit
        self.leaving = asyncio.Event()
        self.runs: dict[Any, str] = {}

    async def go(self) -> None:
        """Work until told to leave; a worker that gave up on the server is followed by a new one."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._leave, signal.Signals(number).name)
        leaving = asyncio.create_task(self.leaving.wait())
        while not self.leaving.is_set():
            working = asyncio.create_task(self._work())
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if self.leaving.is_set():
                await self._let_runs_end()
            working.cancel()
            try:
                await working
            except asyncio.CancelledError:
                continue
            except Exception as reason:
                if not self.leaving.is_set():
                    self.told(f"the worker stopped ({type(reason).__name__}: {reason}); starting another")
                    await asyncio.sleep(1)

    def _leave(self, why: str) -> None:
        if not self.leaving.is_set():
            self.told(f"{why}: leaving" + (f"; asked to end: {', '.join(self.runs.values())}" if self.runs else ""))
        self.leaving.set()

    async def _work(self) -> None:
        with await asyncio.to_thread(ensure) as server:  # it may be at another address by now
            configure(server, console="CRITICAL")
            await _worker(self).start(printer=lambda _: None)

    async def _let_runs_end(self) -> None:
        """Ask the processes of runs to end, and wait: they close their records, and can be resumed."""
        import psutil  # type: ignore[import-untyped]

        mine = [one for one in psutil.Process().children() if _is_run(one)]
        for one in mine:
            with contextlib.suppress(psutil.Error):
                one.send_signal(signal.SIGTERM)
        end = time.monotonic() + GRACE
        while self.runs and time.monotonic() < end:
            await asyncio.sleep(0.1)
        for one in mine:
            with contextlib.suppress(psutil.Error):
                if one.is_running():
                    one.kill()


def _is_run(process: Any) -> bool:
    """Whether a child is the process of a flow run."""
    import psutil

    try:
        return "bridge.run.schedules.fire" in process.cmdline() or "prefect.engine" in process.cmdline()
    except psutil.Error:
        return False


def _worker(service: _Service) -> Any:
    """Prefect's process worker, which takes no more runs when the service leaves, and tells of those it starts."""
    from prefect.workers.process import ProcessWorker, ProcessWorkerResult

    worker = ProcessWorker(work_pool_name=POOL, name=f"serve-{os.getpid()}", limit=service.limit)
    ask, run = worker.get_and_submit_flow_runs, worker.run

    async def asked() -> list[FlowRun]:
        return [] if service.leaving.is_set() else await ask()

    async def ran(flow_run: FlowRun, configuration: Any, task_status: Any = None) -> ProcessWorkerResult:
        name = configuration.env.get("PREFECT__DEPLOYMENT_NAME") or flow_run.name
        service.runs[flow_run.id] = name
        began = time.monotonic()
        service.told(f"{name}: started (flow run {flow_run.name}, due {_clock(flow_run.expected_start_time)})")
        try:
            result = await run(flow_run, configuration, task_status)
        finally:
            del service.runs[flow_run.id]
        said = "ended" if result.status_code == 0 else f"ended with status {result.status_code}"
        service.told(f"{name}: {said} after {time.monotonic() - began:.1f} s")
        return result

    worker.get_and_submit_flow_runs, worker.run = asked, ran  # type: ignore[method-assign]
    return worker


def _clock(at: Any) -> str:
    return at.astimezone().strftime("%H:%M:%S") if at else "now"
