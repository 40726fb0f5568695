"""What is known of models without loading them here: probed once, and kept while nothing of it changes.

Kept in the state folder by distribution: a verdict holds for one state of its source, its version, its entry points,
this Python and all that is installed. Where nothing can be written, models are probed each time.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from blake3 import blake3

from bridge.errors import BrokenModel
from bridge.places import home
from bridge.registry.allowing import normal, replace
from bridge.registry.offers import Entry, Offer
from bridge.registry.probe import PATIENCE, Probe, Verdict, probing
from bridge.registry.sources import digest, surroundings

#: Models of a distribution that nothing is known of, and the state that it is in.
Unknown = tuple[Offer, str | None, list[Entry]]
#: Form of what is kept; another one is probed again.
FORM = 2
#: Processes that probe side by side.
SIDE_BY_SIDE = 2
#: Seconds after which people are told what they wait for.
SLOW = 2.0
#: Seconds that a process which probes waits for the next model of a flow.
IDLE = 2.0


def _file(offer: Offer) -> Path:
    return home() / "plugins" / f"{normal(offer.distribution)}.json"


def _state(offer: Offer) -> str | None:
    """Digest of everything that a verdict on a distribution's models depends on; None where that cannot be read."""
    try:
        source = digest(offer)
    except OSError:
        return None
    points = "" if offer.source is None else offer.source.read_text("entry_points.txt")
    needs = [] if offer.source is None else offer.source.requires or []
    told = [FORM, offer.version, str(offer.folder), source, points, *needs, surroundings()]
    return None if source is None else blake3(json.dumps(told).encode()).hexdigest()


def _kept(offer: Offer, state: str | None) -> dict[str, Verdict]:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        document = json.loads(_file(offer).read_text(encoding="utf-8"))
        if state is not None and document["state"] == state:
            return {str(name): dict(verdict) for name, verdict in document["models"].items()}
    return {}


def _keep(offer: Offer, state: str | None, found: Mapping[str, Verdict]) -> None:
    if state is None:
        return
    document = {"distribution": str(offer), "state": state, "models": _kept(offer, state) | dict(found)}
    with contextlib.suppress(OSError):  # nothing depends on it but the time that listing takes
        replace(_file(offer), json.dumps(document, ensure_ascii=False, indent=1))


def verdicts(
    wanted: Iterable[Entry],
    *,
    again: bool = False,
    patience: float = PATIENCE,
    told: Callable[[str], None] | None = None,
) -> dict[str, Verdict]:
    """What loading each of these models comes to: scale, summary and ports, or why it is ``broken``.

    Kept verdicts are used unless ``again``; ``told`` is called with the distribution that is looked at.
    """
    found, unknown = known(wanted, again=again)
    waiting: queue.SimpleQueue[Unknown] = queue.SimpleQueue()
    for one in unknown:
        waiting.put(one)
    _side_by_side(waiting, found, patience, told)
    return found


def known(wanted: Iterable[Entry], *, again: bool = False) -> tuple[dict[str, Verdict], list[Unknown]]:
    """What is known of models without a look at them, and those that have to be looked at, by distribution."""
    found: dict[str, Verdict] = {}
    groups: dict[str, list[Entry]] = {}
    for entry in wanted:
        if reason := entry.fault() or (f"{refusal}." if (refusal := entry.refusal()) else ""):
            found[entry.name] = {"broken": reason}
        else:
            groups.setdefault(entry.distribution, []).append(entry)
    waiting = []
    for entries in groups.values():
        offer = entries[0].offers[0]
        state = _state(offer)
        kept = {} if again else _kept(offer, state)
        found |= {entry.name: kept[entry.name] for entry in entries if entry.name in kept}
        if unknown := [entry for entry in entries if entry.name not in kept]:
            waiting.append((offer, state, unknown))
    return found, waiting


def _side_by_side(
    waiting: queue.SimpleQueue[Unknown],
    found: dict[str, Verdict],
    patience: float,
    told: Callable[[str], None] | None,
) -> None:
    faults: list[BaseException] = []

    def work() -> None:
        with probing(patience) as probe, contextlib.suppress(queue.Empty):
            while not faults:
                offer, state, entries = waiting.get_nowait()
                if told:
                    told(str(offer))
                new = _judged(probe, entries, patience)
                found.update(new)
                _keep(offer, state, new)

    def guarded() -> None:
        try:
            work()
        except BaseException as reason:
            faults.append(reason)

    several = [threading.Thread(target=guarded) for _ in range(min(SIDE_BY_SIDE, waiting.qsize()))]
    for one in several:
        one.start()
    for one in several:
        one.join()
    if faults:
        raise faults[0]


def _judged(probe: Probe, entries: Iterable[Entry], patience: float) -> dict[str, Verdict]:
    """Verdicts on the models of one distribution; what looks broken is tried once more, without others before it."""
    new = {entry.name: probe.ask(entry) for entry in entries}
    for entry in entries:
        if "broken" in new[entry.name] and "died" not in new[entry.name]:
            with probing(patience) as alone:
                new[entry.name] = alone.ask(entry)
    return new


class Watch:
    """Loads models in this process only when they are known to leave it alive, and keeps what they print off stdout."""

    def __init__(self, patience: float = PATIENCE, told: Callable[[str], None] | None = None) -> None:
        self._probe = Probe(patience)
        self._told = told
        self._known: dict[str, tuple[str | None, dict[str, Verdict]]] = {}
        self._asking = threading.Lock()
        self._rest: threading.Timer | None = None

    def _verdict(self, entry: Entry) -> Verdict:
        offer = entry.offers[0]
        if offer.distribution not in self._known:
            state = _state(offer)
            self._known[offer.distribution] = state, _kept(offer, state)
        state, kept = self._known[offer.distribution]
        if entry.name not in kept:
            kept[entry.name] = self._ask(entry)
            _keep(offer, state, {entry.name: kept[entry.name]})
        return kept[entry.name]

    def _ask(self, entry: Entry) -> Verdict:
        """Probe a model; the process that does it waits for the next one a while, and ends."""
        with self._asking:
            if self._rest is not None:
                self._rest.cancel()
            with self._telling(str(entry.offers[0])):
                verdict = self._probe.ask(entry)
            self._rest = threading.Timer(IDLE, self.end)
            self._rest.daemon = True
            self._rest.start()
        return verdict

    @contextlib.contextmanager
    def _telling(self, plugin: str) -> Iterator[None]:
        """Say after a while which plugin it is that takes so long."""
        if self._told is None:
            yield
            return
        saying = threading.Timer(SLOW, self._told, (plugin,))
        saying.daemon = True
        saying.start()
        try:
            yield
        finally:
            saying.cancel()

    def end(self) -> None:
        """End the process that probes; another one is begun where it is needed."""
        with self._asking:
            self._probe.end()

    @contextlib.contextmanager
    def __call__(self, entry: Entry) -> Iterator[None]:
        """Probe a model that is not known yet.

        Raises BrokenModel for one that ends, hangs or crashes the interpreter.
        """
        if not entry.fault() and (verdict := self._verdict(entry)).get("died"):
            raise BrokenModel(verdict["broken"])
        with _off_stdout():
            yield


@contextlib.contextmanager
def _off_stdout() -> Iterator[None]:
    """What is printed goes to stderr: stdout may be read by a machine."""
    sys.stdout.flush()
    try:
        before = os.dup(1)
    except OSError:  # it is closed
        yield
        return
    try:
        os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(before, 1)
        os.close(before)
