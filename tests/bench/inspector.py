"""The inspector: pages of a store of 10,000 runs and 100 sweeps, as the server draws them, without a browser."""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from bridge.axes.read import read_axes
from bridge.inspect.web.app import application
from bridge.inspect.web.pages.live import _Runs
from bridge.store.index.conditions import Conditions
from bridge.store.index.lookup import page_after
from bridge.store.store import Store
from bridge.store.sweeps import FOUND, counted, keep, status_of, tables_of
from tests.bench.measure import Row

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
from small_store import chain, many_runs, record, write_record

RUNS, SWEEPS, STAGES, REPEAT = 10_000, 100, 10, 25
#: What is asked of the list, and what it is called in the report.
QUESTIONS = {
    "the first page": "/",
    "by CPU time": "/?sort=-cost",
    "by name, the third page": "/?sort=name",
    "words": "/?words=creep%20cu%2090",
    "flow, state and a range": "/?flow=creep&state=completed&where=" + quote("temperature=800 K .. 1 kK"),
    "the runs that used a model": "/?model=model.2",
}


def rows() -> Iterator[Row]:
    """Wall time of a page from the request to its last byte, medians; nothing is kept from one to the next."""
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        store = many_runs(Path(folder) / "store", RUNS)
        for number in range(SWEEPS):
            _sweep(store, RUNS + number)
        run, _ = chain(store, "bench", STAGES)
        begun = time.perf_counter()
        page_after(store, Conditions())
        yield Row(f"making the index of {RUNS} runs and {SWEEPS} sweeps", f"{time.perf_counter() - begun:.1f} s")
        asked = Asked(store)
        size = len(asked.get("/"))
        for what, address in QUESTIONS.items():
            for _ in range(2 if "third" in what else 0):
                address = _onward(asked.get(address))
            yield Row(f"100 of {RUNS + SWEEPS} runs, {what}", _took(lambda at=address: asked.get(at)), "at most 50 ms")  # type: ignore[misc]
        yield Row("the same, bytes of the page", f"{size / 1024:.0f} KiB")
        yield Row(f"a run of {STAGES} stages", _took(lambda: asked.get(f"/runs/{run}")), "at most 50 ms")
        look = _Runs(asked.app.state.site).look
        yield Row("a look at all runs for those who listen", _took(look), "once a second")


class Asked:
    """Asks pages of the application itself, within one event loop: what a client would cost is left out."""

    def __init__(self, store: Store) -> None:
        self.app = application(store)
        self._loop = asyncio.new_event_loop()

    def get(self, address: str) -> str:
        """The page at an address, all of it."""
        return self._loop.run_until_complete(self._get(address))

    async def _get(self, address: str) -> str:
        path, _, query = address.partition("?")
        status, parts = 0, list[bytes]()
        scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1")], "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
            "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "",
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        await self.app(scope, receive, send)
        if status != 200:
            raise RuntimeError(f"{address} was answered with {status}: {b''.join(parts)[-500:]!r}")
        return b"".join(parts).decode()


def _took(call: Callable[[], Any]) -> str:
    """Medians of wall and CPU time, which differ where others use the machine."""
    call()
    walls, cpus = [], []
    for _ in range(REPEAT):
        wall, cpu = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return f"{statistics.median(walls) * 1e3:.0f} ms, {statistics.median(cpus) * 1e3:.0f} ms of CPU"


def _onward(page: str) -> str:
    found = re.search(r'<a href="([^"]+)" rel="next">', page)
    if found is None:
        raise RuntimeError("the list has no further page")
    return unescape(found[1])


def _sweep(store: Store, number: int) -> None:
    """A sweep over two axes that found all its points: its record, its plan and its end."""
    points, _ = read_axes({"temperature": f"{600 + number % 50} K .. 1200 K : 20", "stress": "20 MPa .. 40 MPa : 10"})
    rng = np.random.default_rng(number)
    at = [np.arange(points.size), np.arange(points.size) + points.size]
    plans = rng.integers(0, 256, (2 * points.size, 32), np.uint8)
    states = np.full(len(plans), FOUND, np.uint8)
    executions = {"stage.0": points.size, "stage.1": points.size}
    sweep = {
        "points": points.size,
        "axes": points.describe(),
        "executions": executions,
        "found": executions,
        "failures": 10,
        "status": counted(status_of(states, at, points.size)),
    }
    name = write_record(Path(store.address), record(number, sweep=sweep, parameters={"grain_size": "50 um"}))
    tables, axes = tables_of(points, plans, at)
    keep(store.space, name, "plan", tables, {"stages": list(executions), "axes": axes})
    none = np.zeros(0, np.int32)
    result = {"keys": plans, "states": states, "failed": none, "errors": none}
    keep(store.space, name, "result-0", result, {"errors": []})
