"""Leases: claims on shared file systems and in buckets, where no lock goes with its process.

Lease n of a name is the object ``<name>.lease/<n>``. Its holder rewrites it with a fresh nonce while it works; who
waits judges by its own watch whether the nonce still changes, so that no two clocks are compared. A lease that went
stale is taken over by creating the next one, which one of several can. Whether a process of the same machine lives
is seen at once; its lease is not stale because it is too busy to renew it.

A lease keeps work from being done twice; it does not protect what is written: commits have one winner by themselves.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import platform
import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError
from bridge.store.spaces.space import StoreUnusable

if TYPE_CHECKING:
    from bridge.store.spaces.space import Space

#: Seconds without a renewal after which a lease of another machine is stale.
EXPIRY = 15.0
#: How much longer a living process of this machine may be too busy to renew, say in a solver that holds the GIL.
_BUSY = 20
#: What a lease may weigh.
_LIMIT = 4096
_GENERATION = re.compile(r"[0-9]{8}")


@contextlib.contextmanager
def leased(
    space: Space,
    name: str,
    *,
    waiting: Callable[[], None] | None = None,
    patience: float = float("inf"),
    expiry: float = EXPIRY,
) -> Iterator[None]:
    """Hold a name; wait while somebody else does. It is renewed every ``expiry`` / 3 seconds.

    ``waiting`` is called once if somebody holds it. Raises StoreUnusable after ``patience`` seconds.
    """
    lease = _acquired(space, name, waiting, patience, expiry)
    threading.Thread(target=lease.keep, name="lease", daemon=True).start()
    try:
        yield
    finally:
        lease.release()


def lease_of(space: Space, name: str, expiry: float) -> Lease | None:
    """A lease of a name that nobody holds, without waiting; its holder has it renewed. None if somebody does."""
    held = _leases(space, name)
    if _Watch().all_stale(held):
        lease = Lease(space, name, max(held, default=0) + 1, expiry)
        return lease if lease.take(held) else None
    return None


def lease_held(space: Space, name: str, watch: float = 0.0) -> bool:
    """Whether somebody living holds a name.

    A process of this machine is looked at. That of another is taken to live, unless the lease does not change for
    its expiry while it is watched, ``watch`` seconds at most.
    """
    watcher, pause = _Watch(), 0.05
    while True:
        held = _leases(space, name)
        if watcher.all_stale(held):
            return False
        if watcher.renewed or watcher.someone_here(held) or watcher.watched >= watch:
            return True
        time.sleep(pause)
        pause = min(0.5, pause * 1.5)


def _acquired(space: Space, name: str, waiting: Callable[[], None] | None, patience: float, expiry: float) -> Lease:
    watcher, start, pause = _Watch(), time.monotonic(), 0.01
    while True:
        held = _leases(space, name)
        if watcher.all_stale(held):
            lease = Lease(space, name, max(held, default=0) + 1, expiry)
            if lease.take(held):
                return lease
        elif waiting:
            waiting()
            waiting = None
        if time.monotonic() - start > patience:
            raise StoreUnusable(f"{space.where(name)} is held by {_holder(held)} for more than {patience:g} s.")
        time.sleep(pause * random.uniform(0.5, 1.0))  # two who yielded to one another do not meet again
        pause = min(max(0.02, expiry / 30), pause * 1.5)


def _leases(space: Space, name: str, but: int | None = None) -> dict[int, bytes]:
    """Content of every lease of a name by its number, ``but`` one; several while one is taken over."""
    held = {}
    for child in space.children(f"{name}.lease"):
        if _GENERATION.fullmatch(child) and int(child) != but:
            with contextlib.suppress(FileNotFoundError):  # released since
                held[int(child)] = space.read(f"{name}.lease/{child}", limit=_LIMIT)
    return held


class _Watch:
    """What one who waits has seen, by its own watch."""

    def __init__(self) -> None:
        self._since: dict[int, tuple[bytes, float]] = {}
        self._start: float | None = None
        self.renewed, self.watched = False, 0.0

    def all_stale(self, held: dict[int, bytes]) -> bool:
        """Whether nobody living holds any of these."""
        now = time.monotonic()
        self._start = now if self._start is None else self._start
        self.watched = now - self._start
        for number, content in held.items():
            seen = self._since.get(number)
            if seen is None or seen[0] != content:
                self.renewed = self.renewed or seen is not None
                self._since[number] = (content, now)
        return all(self._stale(content, now - self._since[number][1]) for number, content in held.items())

    def someone_here(self, held: dict[int, bytes]) -> bool:
        """Whether a living process of this machine holds one."""
        return any(_alive(_said(content)) for content in held.values())

    def _stale(self, content: bytes, unchanged: float) -> bool:
        said = _said(content)
        alive = _alive(said)
        if alive is False:
            return True
        return unchanged >= _expiry(said) * (_BUSY if alive else 1)


class Lease:
    """One lease of this process."""

    def __init__(self, space: Space, name: str, number: int, expiry: float) -> None:
        self._space, self._name, self._number, self._expiry = space, name, number, expiry
        self._pid = os.getpid()
        self._below: list[int] = []  # what it succeeds
        self._contents = [self._fresh()]  # as it may be in the space: two where a renewal was not answered
        self._over, self._writing = threading.Event(), threading.Lock()

    def take(self, stale: Mapping[int, bytes]) -> bool:
        """Create it, in succession to leases that are stale; False if somebody else was faster.

        Between judging and creating, a stale lease may have been renewed, or released and its number used again;
        and where there was none, a higher one may have come and gone. So all is looked at once more.
        """
        if not self._space.create(self._object(self._number), self._contents[0]):
            return False
        try:
            taken = _leases(self._space, self._name, but=self._number) == stale
        except BaseException:
            with contextlib.suppress(BridgeError, OSError):
                self._space.remove(self._object(self._number))
            raise
        if not taken:
            self._space.remove(self._object(self._number))
            return False
        self._below = sorted(stale)
        return True

    def release(self) -> None:
        """Give it back; what was done under it stands, also if the space does not answer just now."""
        self._over.set()
        if os.getpid() != self._pid:  # a child that was forked while its parent held the name
            return
        try:
            self._remove()
        except (BridgeError, OSError):
            threading.Thread(target=self._remove_later, name="lease", daemon=True).start()

    def _remove(self) -> None:
        """Remove it and what it succeeded, the highest number last; if it is still this process's own."""
        with self._writing:
            if self._mine():
                for number in [*self._below, self._number]:
                    self._space.remove(self._object(number))

    def _remove_later(self) -> None:
        for _ in range(3 * _BUSY):  # then it is stale for all
            time.sleep(self._expiry / 3)
            with contextlib.suppress(BridgeError, OSError):
                self._remove()
                return

    def keep(self) -> None:
        """Renew it until it is released or lost; a thread."""
        while not self._over.wait(self._expiry / 3) and self.renew():
            pass

    def renew(self) -> bool:
        """Rewrite it; False if it was released, or somebody took over."""
        with self._writing, contextlib.suppress(BridgeError, OSError):  # the next time may do better
            if self._over.is_set() or not self._mine():
                return False
            self._contents.append(self._fresh())
            self._space.put(self._object(self._number), self._contents[-1])
            self._contents = self._contents[-1:]
        return True

    def _mine(self) -> bool:
        """Whether the object is there as this process wrote it last: who took over may have removed it."""
        try:
            return self._space.read(self._object(self._number), limit=_LIMIT) in self._contents
        except FileNotFoundError:
            return False

    def _object(self, number: int) -> str:
        return f"{self._name}.lease/{number:08d}"

    def _fresh(self) -> bytes:
        said = {"nonce": uuid.uuid4().hex, "expiry": self._expiry, **_process()}
        return json.dumps(said).encode()


# Processes


def _process() -> dict[str, Any]:
    """This process, so that others of its machine can see whether it lives."""
    return {"host": platform.node(), "machine": _machine(), "pid": os.getpid(), "started": _started(os.getpid())}


@functools.cache
def _machine() -> str | None:
    """One boot of one machine, and the process numbers that count there; None where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"  # containers of a machine number their own processes
    except OSError:
        return None


def _started(pid: int) -> str | None:
    """When a process started, in ticks since boot: numbers of processes are used again. None for one that ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def _alive(said: Mapping[str, Any]) -> bool | None:
    """Whether the process that wrote a lease lives; None if it is another machine's."""
    pid = said.get("pid")
    if not isinstance(pid, int) or pid <= 0 or _machine() is None or said.get("machine") != _machine():
        return None
    if said.get("host") != platform.node():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    started = _started(pid)
    if started is None:  # ended and not yet waited for; or of another user, and hidden
        return not Path(f"/proc/{pid}").exists()
    return said.get("started") in (None, started)


def _said(content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _expiry(said: Mapping[str, Any]) -> float:
    """What the holder renews by; the usual where it says nothing sensible."""
    expiry = said.get("expiry")
    return float(expiry) if isinstance(expiry, int | float) and 0 < expiry <= 3600 else EXPIRY


def _holder(held: Mapping[int, bytes]) -> str:
    said = _said(held[max(held)]) if held else {}
    return f"process {said['pid']} of {said['host']}" if {"pid", "host"} <= set(said) else "another process"
