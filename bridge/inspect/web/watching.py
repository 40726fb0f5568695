"""Looking at the store now and then while somebody listens: once for all who do, and not at all for nobody."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool

from bridge.errors import BridgeError
from bridge.inspect.web.words import took
from bridge.store.index.headway import Headway

#: Seconds between two looks, at a store on a disk and in a bucket; between two signs of life; before a reader that
#: was cut off comes back, in milliseconds.
PAUSE, PAUSE_AFAR, BEAT, RETRY = 1.0, 5.0, 15.0, 3000
#: Readers that are kept up to date at once.
MOST = 24

_LOG = logging.getLogger("scalebridge.ui")


@dataclass(frozen=True)
class Seen:
    """What a look found: a sign that is another one as soon as a page is out of date, and how far what runs is."""

    sign: str
    headway: Mapping[str, Headway] = field(default_factory=dict)
    #: Nothing will change any more.
    over: bool = False


class Watch:
    """Looks at something again and again while it has listeners; to be used within one event loop."""

    def __init__(self, look: Callable[[], Seen], ending: asyncio.Event, pause: float) -> None:
        self._look, self._ending, self._pause = look, ending, pause
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._next = asyncio.Event()
        self.seen: Seen | None = None
        self.ended = False

    @property
    def idle(self) -> bool:
        """Whether nobody listens."""
        return not self._listeners

    async def looks(self) -> AsyncGenerator[Seen | None, None]:
        """What each look found that found something else than the one before; None now and then, where there is none.

        It ends with the server, or when a look failed.
        """
        self._listeners += 1
        if self._task is None or self._task.done():
            self.seen, self.ended = None, False
            self._task = asyncio.create_task(self._go())
        told: Seen | None = None
        try:
            while not self.ended:
                if self.seen is not None and self.seen != told:
                    told = self.seen
                    yield told
                    continue
                try:
                    await asyncio.wait_for(self._next.wait(), self._pause)
                except TimeoutError:
                    yield None
        finally:
            self._listeners -= 1

    async def _go(self) -> None:
        try:
            while self._listeners and not self._ending.is_set():
                found = await run_in_threadpool(self._look)
                if found != self.seen:
                    self.seen = found
                    self._tell()
                try:
                    await asyncio.wait_for(self._ending.wait(), self._pause)
                except TimeoutError:
                    continue
        except BridgeError as reason:
            _LOG.warning("what is under way is not followed any more: %s", reason)
        finally:
            self.ended = True
            self._tell()

    def _tell(self) -> None:
        """Wake everybody who waits; who comes later waits for the next time."""
        self._next.set()
        self._next = asyncio.Event()


class Watches:
    """What is watched, by name, and how many listen in all; one for the life of the server."""

    def __init__(self) -> None:
        self._of: dict[str, Watch] = {}
        self._listeners = 0

    @property
    def full(self) -> bool:
        """Whether no more may listen."""
        return self._listeners >= MOST

    def of(self, name: str, make: Callable[[], Watch]) -> Watch:
        """The watch of this name; those that nobody listens to are forgotten."""
        for other in [other for other, watch in self._of.items() if watch.idle and other != name]:
            del self._of[other]
        if name not in self._of or self._of[name].ended:
            self._of[name] = make()
        return self._of[name]

    async def events(self, watch: Watch, since: str, gone: Callable[[], Any]) -> AsyncIterator[str]:
        """What a browser's EventSource is sent: ``changed`` when its page is out of date, ``headway``, and ``over``.

        ``since`` is the sign with which the page was drawn; ``gone`` is asked whether nobody listens any more.
        """
        if self.full:
            return
        self._listeners += 1
        listener = _Listener(since)
        try:
            yield f"retry: {RETRY}\n\n"
            async with contextlib.aclosing(watch.looks()) as looks:
                async for seen in looks:
                    words = listener.hear(seen)
                    if words:
                        yield words
                    if (seen is not None and seen.over) or await gone():
                        return
        finally:
            self._listeners -= 1


class _Listener:
    """What one page was told already."""

    def __init__(self, sign: str) -> None:
        self._sign, self._told = sign, dict[str, Headway]()
        self._beat = time.monotonic()

    def hear(self, seen: Seen | None) -> str:
        """What to send of what was seen: what is new, or now and then a sign of life."""
        parts = [] if seen is None else self._new(seen)
        if not parts and time.monotonic() - self._beat > BEAT:
            parts.append(": still here\n\n")
        if parts:
            self._beat = time.monotonic()
        return "".join(parts)

    def _new(self, seen: Seen) -> list[str]:
        parts = []
        new = {name: one for name, one in seen.headway.items() if self._told.get(name) != one}
        self._told = dict(seen.headway)
        if new:
            parts.append(_event("headway", {name: _shown(one) for name, one in new.items()}))
        if seen.sign != self._sign:
            self._sign = seen.sign
            parts.append(_event("changed", {"sign": self._sign}, self._sign))
        if seen.over:
            parts.append(_event("over", {}))
        return parts


def _event(name: str, told: Any, number: str | None = None) -> str:
    """One event; JSON in ASCII has no line in it that another could begin."""
    at = f"id: {number}\n" if number else ""
    return f"event: {name}\n{at}data: {json.dumps(told)}\n\n"


def _shown(headway: Headway) -> dict[str, Any]:
    cost = took(headway.cpu_seconds or None)
    return {"text": said(headway), "cost": cost, "done": headway.done + headway.failed, "total": headway.total}


def said(headway: Headway) -> str:
    """How far a run is, in words."""
    words = f"{headway.done:,} of {headway.total:,} {headway.of}"
    return words + (f", {headway.failed:,} failed" if headway.failed else "")
