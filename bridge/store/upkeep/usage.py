"""What a store holds: bytes by model, by run, and of everything beside."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bridge.store.spaces.space import Space
from bridge.store.upkeep.aside import ASIDE
from bridge.store.upkeep.derived import pyramids
from bridge.store.upkeep.reach import Progress, Reach, reach_of


@dataclass
class OfModel:
    """What the results of one model weigh; rows of blocks are counted one by one."""

    model: str
    results: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class OfRun:
    """What one run weighs: its record and logs, what only it reaches, and what it shares with others."""

    run: str
    record: int
    logs: int
    alone: int
    shared: int

    @property
    def freed(self) -> int:
        """Bytes that removing it, and then reclaiming, makes free."""
        return self.record + self.logs + self.alone


@dataclass
class Usage:
    """What a store holds."""

    store: str
    models: list[OfModel] = field(default_factory=list)
    runs: list[OfRun] = field(default_factory=list)
    artifacts: int = 0
    blocks: int = 0
    journals: int = 0
    #: Pyramids of fields, which are made again by looking.
    pyramids: int = 0
    records: int = 0
    logs: int = 0
    aliases: int = 0
    #: Reached by no run, left behind by killed writers, set aside by verification.
    unreached: int = 0
    abandoned: int = 0
    aside: int = 0
    #: What cannot be read, and why: its share is not known.
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """All of it."""
        held = self.artifacts + self.blocks + self.journals + self.pyramids
        return held + self.records + self.logs + self.aliases + self.abandoned + self.aside


def usage(space: Space, told: Progress | None = None) -> Usage:
    """Weigh everything in a store."""
    reach = reach_of(space, told)
    found = Usage(space.address, unreadable=reach.unreadable)
    models: dict[str, OfModel] = {}
    for folder, holding in reach.holdings.items():
        one = models.setdefault(holding.model, OfModel(holding.model))
        one.results += holding.rows
        one.bytes += holding.bytes
        shelf = folder.partition("/")[0]
        setattr(found, _SHELVES[shelf], getattr(found, _SHELVES[shelf]) + holding.bytes)
    found.models = sorted(models.values(), key=lambda one: -one.bytes)
    found.runs, kept = _by_run(reach)
    found.unreached = sum(holding.bytes for folder, holding in reach.holdings.items() if folder not in kept)
    found.records = sum(one.record for one in found.runs)
    found.logs = sum(one.logs for one in found.runs)
    found.aliases = sum(size for _, size in space.walk("plans"))
    found.pyramids = sum(size for _, size in pyramids(space))
    found.abandoned = sum(size for _, size in space.abandoned())
    found.aside = sum(size for _, size in space.walk(ASIDE))
    return found


_SHELVES = {"artifacts": "artifacts", "blocks": "blocks", "journal": "journals"}


def _by_run(reach: Reach) -> tuple[list[OfRun], set[str]]:
    """What each run weighs, the heaviest first, and all that runs reach."""
    reached = {run: reach.of([run]) for run in reach.runs}
    count = Counter(folder for folders in reached.values() for folder in folders)
    found = []
    for run, folders in reached.items():
        roots = reach.runs[run]
        alone = sum(reach.holdings[folder].bytes for folder in folders if count[folder] == 1)
        shared = sum(reach.holdings[folder].bytes for folder in folders if count[folder] > 1)
        found.append(OfRun(run, roots.record, roots.logs, alone, shared))
    return sorted(found, key=lambda one: -one.freed), set(count)
