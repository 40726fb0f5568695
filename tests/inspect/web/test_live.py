"""Open pages are told of what goes on: what is new, once, only while they listen, and never more than a bound."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from reading import Reader
from small_store import begun, record, write_record

from bridge.inspect.web import watching
from bridge.inspect.web.app import application
from bridge.inspect.web.guard import Guard
from bridge.inspect.web.pages import live
from bridge.store.index.conditions import Conditions
from bridge.store.index.lookup import page_after
from bridge.store.spaces.space import StoreUnusable
from bridge.store.store import Store

STAGES = [{"name": name, "model": name, "scale": "continuum"} for name in ("fine", "coarse")]
Event = tuple[str, Any]


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(live, "PAUSE", 0.02)


class Listening:
    """One request for a stream, as a server would make it."""

    def __init__(self, app: Any, path: str, query: str = "", headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1"), *headers], "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        }  # fmt: skip
        self.status, self.headers, self.body = 0, dict[bytes, bytes](), b""
        self.takes = asyncio.Event()
        self.takes.set()
        self._gone, self._asked, self._more = asyncio.Event(), False, asyncio.Event()
        self.task = asyncio.create_task(app(self.scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.takes.wait()
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        self.body += message.get("body", b"")
        self._more.set()

    def leave(self) -> None:
        """Close the connection."""
        self._gone.set()

    @property
    def events(self) -> list[Event]:
        """What was sent so far."""
        found = []
        for block in self.body.decode("ascii").split("\n\n")[:-1]:
            said = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
            if "event" in said:
                found.append((said["event"], json.loads(said["data"])))
        return found

    async def until(self, fits: Callable[[list[Event]], bool]) -> list[Event]:
        """Wait for events."""
        async with asyncio.timeout(60):
            while not fits(self.events):
                self._more.clear()
                await self._more.wait()
        return self.events

    async def ended(self) -> None:
        """Wait until the stream is over."""
        async with asyncio.timeout(60):
            await self.task


async def at_rest(app: Any) -> None:
    """Wait until nothing is looked at any more, as nobody listens."""
    async with asyncio.timeout(60):
        while not all(watch.ended for watch in app.state.watches._of.values()):
            await asyncio.sleep(0.01)


def count(name: str, least: int = 1) -> Callable[[list[Event]], bool]:
    return lambda events: sum(one == name for one, _ in events) >= least


def reached(run: str, done: int) -> Callable[[list[Event]], bool]:
    """So many stages of a run are done, by what was told last."""
    return lambda events: count("headway")(events) and last(events, "headway").get(run, {"done": -1})["done"] >= done


def last(events: list[Event], name: str) -> Any:
    return [told for one, told in events if one == name][-1]


def test_a_list_hears_of_runs_that_begin_go_on_and_end(store: Store) -> None:
    async def go() -> None:
        app = application(store)
        sign = page_after(store, Conditions()).sign
        page = Listening(app, "/live", f"since={sign}")
        await page.until(lambda _: page.body != b"")
        await asyncio.sleep(0.2)
        assert page.status == 200
        assert page.headers[b"content-type"].startswith(b"text/event-stream")
        assert page.body == b"retry: 3000\n\n"
        log = begun(store, stages=STAGES)
        events = await page.until(count("headway"))
        assert {name for name, _ in events} <= {"headway", "changed"}
        assert last(events, "headway") == {log.id: {"text": "0 of 2 stages", "cost": "", "done": 0, "total": 2}}
        log.event("fine", "computed", key="a", seconds=1.0, cpu_seconds=75.0)
        events = await page.until(count("headway", 2))
        assert last(events, "headway") == {
            log.id: {"text": "1 of 2 stages", "cost": "1 min 15 s", "done": 1, "total": 2}
        }
        changes = sum(name == "changed" for name, _ in events)
        log.event("coarse", "failed", error="no")
        assert last(await page.until(count("headway", 3)), "headway")[log.id]["text"] == "1 of 2 stages, 1 failed"
        log.end("failed")
        events = await page.until(count("changed", changes + 1))
        assert last(events, "changed") == {"sign": page_after(store, Conditions()).sign}
        before = page.body
        await asyncio.sleep(0.2)
        assert page.body == before  # nothing more becomes of it
        page.leave()
        await page.ended()

    asyncio.run(go())


def test_what_came_between_drawing_and_listening_is_told_at_once(store: Store) -> None:
    async def go() -> None:
        app = application(store)
        sign = page_after(store, Conditions()).sign
        write_record(Path(store.address), record(1))
        for page in (
            Listening(app, "/live", f"since={sign}"),
            Listening(app, "/live", "", ((b"last-event-id", sign.encode()),)),
        ):
            await page.until(count("changed"))
            assert f"id: {page_after(store, Conditions()).sign}\n" in page.body.decode()
            page.leave()
            await page.ended()

    asyncio.run(go())


def test_the_page_of_a_run_hears_of_its_stages_until_it_ends(store: Store) -> None:
    async def go() -> None:
        app = application(store)
        log = begun(store, stages=STAGES)
        sign = live.sign_of(app.state.site.run(log.id))
        page = Listening(app, f"/runs/{log.id}/live", f"since={sign}")
        await page.until(count("headway"))
        assert not count("changed")(page.events)
        log.event("fine", "running", attempt=1)
        await page.until(count("changed"))
        log.event("fine", "computed", key="a")
        await page.until(reached(log.id, 1))
        log.end("completed")
        await page.until(count("over"))
        await page.ended()
        assert [name for name, _ in page.events][-2:] == ["changed", "over"]

    asyncio.run(go())


@pytest.mark.parametrize("state", ["completed", "interrupted", "removed"])
def test_a_run_that_does_not_go_on_is_over_at_once(store: Store, state: str) -> None:
    async def go() -> None:
        app = application(store)
        log = begun(store, stages=STAGES)
        if state == "removed":
            page = Listening(app, f"/runs/{log.id}/live")
            await page.until(count("headway"))
            shutil.rmtree(Path(store.address) / "runs" / log.id)
        else:
            log.end(state)
            page = Listening(app, f"/runs/{log.id}/live")
        await page.ended()
        assert [name for name, _ in page.events][-2:] == ["changed", "over"]

    asyncio.run(go())


def test_the_store_is_looked_at_once_for_all_and_for_nobody_not_at_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    honest = live.running
    monkeypatch.setattr(live, "running", lambda store: looks.append(1) or honest(store))
    monkeypatch.setattr(live, "PAUSE", 0.2)

    async def go() -> None:
        app = application(store)
        pages = [Listening(app, "/live") for _ in range(10)]
        began = time.monotonic()
        while len(looks) < 4 or not all(count("changed")(page.events) for page in pages):
            await asyncio.sleep(0.02)
        assert len(looks) <= 2 + (time.monotonic() - began) / 0.2
        for page in pages:
            page.leave()
        for page in pages:
            await page.ended()
        await at_rest(app)
        before = len(looks)
        await asyncio.sleep(0.5)
        assert len(looks) == before
        again = Listening(app, "/live")
        await again.until(count("changed"))
        again.leave()
        await again.ended()

    asyncio.run(go())


def test_listeners_are_bounded_and_those_who_leave_make_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MOST", 3)

    async def go() -> None:
        app = application(store)
        for _ in range(20):  # nothing is left behind by who comes and goes
            page = Listening(app, "/live")
            await page.until(count("changed"))
            page.leave()
            await page.ended()
        pages = [Listening(app, "/live", f"since=x{n}") for n in range(3)]
        for page in pages:
            await page.until(count("changed"))
        refused = Listening(app, "/live")
        await refused.ended()
        assert (refused.status, refused.headers[b"content-type"][:10]) == (503, b"text/plain")
        assert b"Too many pages" in refused.body
        pages[0].leave()
        await pages[0].ended()
        let_in = Listening(app, "/live")
        await let_in.until(count("changed"))
        for page in (*pages[1:], let_in):
            page.leave()
            await page.ended()
        assert app.state.watches._listeners == 0
        assert len(app.state.watches._of) <= 1

    asyncio.run(go())


def test_streams_end_with_the_server(store: Store) -> None:
    async def go() -> None:
        app = application(store)
        app.state.ending = asyncio.Event()
        log = begun(store, stages=STAGES)
        pages = [Listening(app, "/live"), Listening(app, f"/runs/{log.id}/live")]
        for page in pages:
            await page.until(count("headway"))
        app.state.ending.set()
        for page in pages:
            await page.ended()
        late = Listening(app, "/live")
        await late.ended()
        log.end("completed")

    asyncio.run(go())


def test_who_hears_nothing_for_long_gets_a_sign_of_life(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "BEAT", 0.1)

    async def go() -> None:
        page = Listening(application(store), "/live")
        async with asyncio.timeout(60):
            while page.body.count(b": still here\n\n") < 3:
                await asyncio.sleep(0.02)
        page.leave()
        await page.ended()

    asyncio.run(go())


def test_a_store_that_cannot_be_read_any_more_ends_the_stream(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def go() -> None:
        page = Listening(application(store), "/live")
        await page.until(count("changed"))

        def broken(store: Store) -> Any:
            raise StoreUnusable("the disk is gone")

        monkeypatch.setattr(live, "running", broken)
        await page.ended()

    asyncio.run(go())
    assert "the disk is gone" in caplog.text


def test_a_reader_who_takes_nothing_for_a_while_then_gets_what_is_so_not_all_that_was(store: Store) -> None:
    async def go() -> None:
        app = application(store)
        log = begun(store, stages=[{"name": f"s{n}", "model": "m", "scale": "c"} for n in range(40)])
        page, other = Listening(app, "/live"), Listening(app, "/live")
        await page.until(count("changed"))
        page.takes.clear()
        told = len(page.events)
        for number in range(40):
            log.event(f"s{number}", "computed", key="a")
            await other.until(reached(log.id, number + 1))
        page.takes.set()
        events = await page.until(reached(log.id, 40))
        assert len(events) - told <= 3
        log.end("completed")
        for one in (page, other):
            one.leave()
            await one.ended()

    asyncio.run(go())


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/runs/nothing/live", 404),
        ("/runs/..%2F..%2Fx/live", 404),
        ("/runs/%00/live", 404),
        ("/live?since=%0Aevent:x", 400),
        ("/live?since=" + "x" * 201, 400),
        ("/live?since=%00", 400),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(reader: Reader, address: str, status: int) -> None:
    assert reader.get(address).status_code == status


def test_a_hostile_record_sends_no_line_of_its_own(store: Store) -> None:
    async def go() -> None:
        odd = "a\n\nevent: over\ndata: {}\n\n"
        log = begun(store, stages=[{"name": odd, "model": odd, "scale": odd}], flow=odd, tags=[odd])
        page = Listening(application(store), "/live")
        await page.until(count("headway"))
        log.event(odd, odd)
        await asyncio.sleep(0.2)
        assert not count("over")(page.events)
        log.end(odd)
        await asyncio.sleep(0.2)
        own = Listening(application(store), f"/runs/{log.id}/live")
        await own.ended()
        assert [name for name, _ in own.events] == ["changed", "over"]
        page.leave()
        await page.ended()

    asyncio.run(go())


@pytest.fixture
def server(store: Store) -> Iterator[str]:
    """A real server at a port of its own, with the guard before it."""
    app = application(store)
    app.state.ending = asyncio.Event()
    settings = uvicorn.Config(Guard(app, ["127.0.0.1"]), port=0, lifespan="off", log_level="critical")
    at = uvicorn.Server(settings)
    thread = threading.Thread(target=at.run, daemon=True)
    thread.start()
    while not at.started:
        threading.Event().wait(0.01)
    port = at.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    at.should_exit = True
    thread.join(10)


def test_events_come_through_a_real_server_as_they_happen(store: Store, server: str) -> None:
    with httpx.Client(base_url=server, timeout=60) as client:
        with client.stream("GET", "/live") as answer:
            lines = answer.iter_lines()
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert next(line for line in lines if line.startswith("event")) == "event: changed"
            log = begun(store, stages=STAGES)
            assert next(line for line in lines if line.startswith("event")) == "event: headway"
            log.end("completed")
            assert next(line for line in lines if "sign" in line)
        assert client.head("/live").status_code == 200
        assert client.get("/").status_code == 200
