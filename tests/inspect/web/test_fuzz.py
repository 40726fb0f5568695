"""Thousands of requests that mean ill, against a store that does: every answer is one, and none is harmful."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from fuzzing import HOST, Asked, Asking, faults
from hostile_store import Hostile, write

from bridge.inspect.web.answers import Message
from bridge.inspect.web.app import application
from bridge.inspect.web.guard import Guard
from bridge.store.store import Store

#: Seconds that a stream is listened to, bytes that memory may grow by while the second half is asked.
HEARD, GROWN = 0.05, 8 * 2**20


@pytest.fixture
def hostile(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hostile:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("bridge.inspect.web.looking.entries", dict)  # plugins are looked at in other tests
    return write(store)


async def answered(guard: Any, asked: Asked) -> tuple[int, dict[str, str], bytes]:
    """What a server would send, through the very same bytes."""
    path, _, query = asked.target.partition(b"?")
    gone = asyncio.Event()
    parts: list[Message] = []

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        parts.append(message)
        if not message.get("more_body") and message["type"] == "http.response.body":
            gone.set()
        elif any(
            value.startswith(b"text/event-stream") for name, value in parts[0]["headers"] if name == b"content-type"
        ):
            asyncio.get_running_loop().call_later(HEARD, gone.set)

    own = {name for name, _ in asked.headers}
    headers = [("host", HOST)] * ("host" not in own) + list(asked.headers)
    scope = {
        "type": "http", "http_version": "1.1", "method": asked.method, "scheme": "http", "raw_path": path,
        "query_string": query, "path": unquote_to_bytes(path).decode(errors="replace"), "root_path": "",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8420),
        "headers": [(n.encode("latin-1"), v.encode("latin-1")) for n, v in headers],
        "asgi": {"version": "3.0", "spec_version": "2.3"}, "state": {},
    }  # fmt: skip
    await asyncio.wait_for(guard(scope, receive, send), 60)
    start, *rest = parts
    told: dict[str, str] = {}
    for name, value in start["headers"]:
        assert name.decode() not in told or name == b"set-cookie", f"{name!r} twice"
        told[name.decode()] = value.decode("latin-1")
    return start["status"], told, b"".join(part["body"] for part in rest)


def fuzzed(store: Store, there: Hostile, count: int, seed: int) -> tuple[Counter[int], list[str], list[int]]:
    """Statuses, faults with the requests that led to them, and memory in use at the half and at the end."""
    statuses: Counter[int] = Counter()
    wrong: list[str] = []
    memory: list[int] = []

    async def all_of_them() -> None:
        guard = Guard(application(store), [HOST])
        asking = Asking(there, seed)
        for asked in asking.plain() if tracemalloc.is_tracing() else ():
            await answered(guard, asked)
        for number, asked in enumerate(asking.requests(count), 1):
            status, headers, body = await answered(guard, asked)
            statuses[status] += 1
            if asked.method == "HEAD" and body:
                wrong.append(f"{asked}: a body for HEAD")
            wrong.extend(f"{asked}: {status} {fault}" for fault in faults(status, headers, body))
            if number in (count // 2, count) and tracemalloc.is_tracing():
                gc.collect()
                memory.append(tracemalloc.get_traced_memory()[0])

    asyncio.run(all_of_them())
    return statuses, wrong, memory


def judged(statuses: Counter[int], wrong: list[str]) -> None:
    assert not wrong, "\n".join(wrong[:20]) + f"\n{len(wrong)} in all; {dict(statuses)}"
    assert statuses[200] > sum(statuses.values()) / 5, "too few requests reach a page"
    assert {400, 404, 405} <= statuses.keys()


@pytest.mark.parametrize("seed", range(2))
def test_odd_requests_are_answered_and_harm_nobody(store: Store, hostile: Hostile, seed: int) -> None:
    statuses, wrong, _ = fuzzed(store, hostile, 250, seed)
    judged(statuses, wrong)


@pytest.mark.science
@pytest.mark.timeout(1800)
def test_five_thousand_odd_requests_leave_no_mark(store: Store, hostile: Hostile, record_property: Any) -> None:
    tracemalloc.start()
    try:
        statuses, wrong, (half, end) = fuzzed(store, hostile, 5000, 7)
    finally:
        tracemalloc.stop()
    record_property("asked", "5,000 odd requests: no 500, nothing alive in any answer, no growth in memory")
    kinds = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    memory = f"{half / 2**20:.1f} MiB in use after 2,500 requests, {end / 2**20:.1f} MiB after 5,000"
    record_property("reached", f"{kinds}; {len(wrong)} wrong; {memory}")
    judged(statuses, wrong)
    assert end - half < GROWN, f"{half} bytes at half time, {end} at the end: memory grows"


def test_the_judge_sees_what_is_wrong() -> None:
    headers = {"content-type": "text/html; charset=utf-8"}
    for page in (
        "<script>1</script>", "<p onclick=x>", '<a href="javascript:x">', '<a href=" JaVaScRiPt:x">',
        '<img src="//evil">', '<a href="https://evil">', "<style>a</style>", '<p style="a">', "<iframe src=/x>",
        "a\x1bb", "a\u202eb", "49$49", "<base href=/>",
    ):  # fmt: skip
        assert [one for one in faults(200, headers, page.encode()) if not one.startswith("no ")], page
    sound = '<p>{{7*7}} &lt;script&gt; <a href="/runs/x">x</a><script src="/static/live.js" defer></script>'
    sound += '<iframe sandbox src="/x"></iframe>'
    assert all(one.startswith("no ") for one in faults(200, headers, sound.encode()))
    assert "status 500" in faults(500, {}, b"")
