"""How far a run is, from what its log says so far: read once for a list, or followed while it grows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bridge.store.events import read_events
from bridge.store.index.lines import Line
from bridge.store.spaces.space import Damaged, Space

#: Bytes of a log that is followed, and stages whose states are kept apart; of more only the counts are told.
LONGEST, STAGES = 64 * 2**20, 10_000
_DONE = ("computed", "found")
_ENDED = (*_DONE, "failed", "not run", "interrupted")


@dataclass(frozen=True)
class Headway:
    """What of a run is done: stages, or for a sweep the executions of its stages."""

    of: str
    total: int
    done: int = 0
    failed: int = 0
    running: int = 0
    #: CPU time of the stages that were computed so far; None for a sweep, which tells it at its end.
    cpu_seconds: float | None = None


class Following:
    """The log of one run, of which only what is new is read again; to be used by one thread."""

    def __init__(self, space: Space, line: Line) -> None:
        self._space, self._log = space, f"runs/{line.id}/events.jsonl"
        self._swept = line.points is not None
        self.line, self._read = line, 0
        self._begin()

    def _begin(self) -> None:
        self._read, self._cpu = 0, 0.0
        self._done, self._failed = self.line.found or 0, 0
        #: Stages by name: their state and what they took.
        self.stages: dict[str, tuple[str, float | None]] = {}

    def look(self) -> Headway:
        """Read what was written since, and tell how far the run is. Raises Damaged for a log that is none."""
        for event in read_events(self._new()):
            self._hear(event)
        if self._swept:
            total = self.line.executions or 0
            return Headway("executions", total, min(self._done, total), min(self._failed, total))
        states = [state for state, _ in self.stages.values()]
        done = sum(state in _DONE for state in states)
        running = sum(state not in _ENDED for state in states)
        total = max(self.line.stages, len(states))
        return Headway("stages", total, done, states.count("failed"), running, round(self._cpu, 6))

    def _new(self) -> bytes:
        """Whole lines that were not read yet."""
        if self._space.remote:
            raw = self._space.read_log(self._log)[self._read :]
        else:
            size = self._space.size(self._log) or 0
            if size < self._read:
                self._begin()
            if size > LONGEST:
                raise Damaged(f"{self._space.where(self._log)} has {size} bytes, expected at most {LONGEST}.")
            raw = self._space.read_from(self._log, self._read) if size > self._read else b""
        whole = raw[: raw.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole

    def _hear(self, event: dict[str, Any]) -> None:
        stage, state = event["stage"], event["state"]
        if not stage:
            if state == "resumed" and self._swept:  # the record counts anew what is in the store
                self._done, self._failed = self.line.found or 0, 0
            return
        if state == "block":
            self._done += sum(_whole(event.get(name)) for name in _DONE)
            self._failed += _whole(event.get("failed"))
        elif state not in ("warned", "judged") and (stage in self.stages or len(self.stages) < STAGES):
            self.stages[stage] = (state, _number(event.get("seconds")))
            self._cpu += _number(event.get("cpu_seconds")) or 0.0


def headway_of(space: Space, line: Line) -> Headway | None:
    """How far a run is now; None where its log cannot be read."""
    try:
        return Following(space, line).look()
    except (Damaged, FileNotFoundError):
        return None


def with_cost(line: Line, headway: Headway) -> Line:
    """The line of a run that goes on, with what it has cost so far."""
    return replace(line, cpu_seconds=headway.cpu_seconds) if line.cpu_seconds is None else line


def _whole(value: Any) -> int:
    return value if type(value) is int and value >= 0 else 0


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and 0 <= value < 1e300 else None
