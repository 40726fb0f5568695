"""Executions: what a sweep has to compute, each distinct stage execution once, and which wait for which.

Everything is known before anything runs: the plan key of an execution digests the literals of its point and the plan
keys upstream. Points that agree in the axes that reach a stage share its execution, and so do stages of other
templates that come to the same key. All of it is arrays: a point costs no Python object that stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bridge.chain.chain import Stage, Varied, Wire
from bridge.run.sweeps.templates import Entries, Template, compressed
from bridge.store.keyforms import KeyForm, blank
from bridge.store.keys import plan_document
from bridge.store.sweeps import BLOCKED, COMPUTED, FAILED, FOUND, WAITING

if TYPE_CHECKING:
    from bridge.axes.points import Points

_KEY = "S32"
#: Keys that are made at once.
_TOGETHER = 16384


@dataclass
class Use:
    """One stage of a template: the executions that its points need.

    ``of_point`` numbers the executions of this use by the template's points; ``ids`` are their numbers in the whole
    sweep. Per execution: ``places`` of its axes, ``above`` the execution of each stage upstream (numbers in the whole
    sweep), ``keys`` its plan key.
    """

    template: Template
    stage: Stage
    level: int
    axes: frozenset[str]
    of_point: np.ndarray
    places: dict[str, np.ndarray]
    above: dict[str, np.ndarray]
    keys: np.ndarray
    ids: np.ndarray

    @property
    def at_points(self) -> np.ndarray:
        """The execution of every point of the template, numbered in the whole sweep."""
        return np.asarray(self.ids[self.of_point])


class Executions:
    """All distinct executions of a sweep."""

    def __init__(self, templates: list[Template], points: Points, entries: Entries) -> None:
        self.points, self.entries = points, entries
        self.templates, self.uses = templates, list[Use]()
        self._known: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._count = 0
        owners: list[np.ndarray] = []
        for template in templates:
            uses: dict[str, Use] = {}
            for stage in template.chain.stages.values():
                uses[stage.name] = use = self._use(template, stage, uses)
                owners.append(self._entered(use))
                self.uses.append(use)
        self.use_of = np.repeat(np.arange(len(self.uses), dtype=np.int32), [len(o) for o in owners])
        self.place_of = np.concatenate(owners).astype(np.int32)
        self.state = np.full(self._count, WAITING, np.uint8)
        self.content = np.zeros((self._count, 32), np.uint8)
        self._wire_up()

    def __len__(self) -> int:
        return self._count

    # Planning

    def _use(self, template: Template, stage: Stage, before: Mapping[str, Use]) -> Use:
        own = {source.axis for source in stage.sources.values() if isinstance(source, Varied)}
        axes = frozenset(own.union(*(before[name].axes for name in stage.upstream)))
        level = 1 + max((before[name].level for name in stage.upstream), default=-1)
        places = {axis: self.points.places(axis)[template.points] for axis in sorted(axes)}
        codes = compressed(list(places.values())) if places else np.zeros(len(template.points), np.int64)
        _, first, of_point = np.unique(codes, return_index=True, return_inverse=True)
        above = {name: before[name].at_points[first] for name in stage.upstream}
        keys = self._keys(stage, {axis: places[axis][first] for axis in own}, {n: before[n] for n in above}, first)
        _, kept, same = np.unique(keys.view(_KEY).ravel(), return_index=True, return_inverse=True)
        if len(kept) < len(keys):  # two spellings of one value
            rank = np.empty(len(kept), np.int64)
            order = np.sort(kept)
            rank[np.argsort(kept)] = np.arange(len(kept))
            first, keys, of_point = first[order], keys[order], rank[same][of_point]
            above = {name: ids[order] for name, ids in above.items()}
        own_places = {axis: places[axis][first].astype(np.int32) for axis in own}
        ids = np.full(len(keys), -1, np.int32)
        return Use(template, stage, level, axes, of_point.astype(np.int32), own_places, above, keys, ids)

    def _keys(
        self, stage: Stage, places: Mapping[str, np.ndarray], before: Mapping[str, Use], first: np.ndarray
    ) -> np.ndarray:
        """Plan keys, from one document with blanks for what differs."""
        form = KeyForm(plan_document(stage, {name: blank(f"stage {name}") for name in before}, blank))
        keys = np.empty((len(first), 32), np.uint8)
        for start in range(0, len(first), _TOGETHER):
            some = slice(start, start + _TOGETHER)
            fillers = self._fillers(form, stage, {axis: its[some] for axis, its in places.items()}, before, first[some])
            rows = zip(*fillers, strict=True) if fillers else [()] * len(first[some])
            keys[some] = np.frombuffer(b"".join(map(form.key, rows)), np.uint8).reshape(-1, 32)
        return keys

    def _fillers(
        self,
        form: KeyForm,
        stage: Stage,
        places: Mapping[str, np.ndarray],
        before: Mapping[str, Use],
        first: np.ndarray,
    ) -> list[list[bytes]]:
        """What stands in each blank of a document, execution by execution."""
        fillers: list[list[bytes]] = []
        for place in form.blanks:
            kind, _, name = place.partition(" ")
            if kind == "stage":
                text = before[name].keys[before[name].of_point[first]].tobytes().hex().encode()
                fillers.append([text[at : at + 64] for at in range(0, len(text), 64)])
            else:
                source = stage.sources[name]
                assert isinstance(source, Varied)
                fillers.append(self.entries.of(stage, name).digests[places[source.axis]].tolist())
        return fillers

    def _entered(self, use: Use) -> np.ndarray:
        """Number a use's executions in the whole sweep; those that are new come back."""
        model = use.stage.model.name
        mine = use.keys.view(_KEY).ravel()
        known, numbers = self._known.get(model, (np.empty(0, _KEY), np.empty(0, np.int32)))
        at = np.minimum(np.searchsorted(known, mine), max(len(known) - 1, 0))
        there = known[at] == mine if len(known) else np.zeros(len(mine), bool)
        use.ids[there] = numbers[at[there]] if len(known) else 0
        new = np.flatnonzero(~there)
        use.ids[new] = np.arange(self._count, self._count + len(new), dtype=np.int32)
        self._count += len(new)
        together = np.concatenate([known, mine[new]])
        order = np.argsort(together)
        self._known[model] = together[order], np.concatenate([numbers, use.ids[new]])[order]
        return new

    def _wire_up(self) -> None:
        """Which executions wait for each, and how many each waits for."""
        up, down = [], []
        for number, use in enumerate(self.uses):
            mine = self.use_of == number
            for ids in use.above.values():
                up.append(ids[self.place_of[mine]])
                down.append(np.flatnonzero(mine))
        self._up = np.concatenate([*up, np.empty(0, np.int64)]).astype(np.int64)
        self._down = np.concatenate([*down, np.empty(0, np.int64)]).astype(np.int64)
        order = np.argsort(self._up, kind="stable")
        self._up, self._down = self._up[order], self._down[order]
        self.missing = np.bincount(self._down, minlength=self._count).astype(np.int32)

    # What is known of them

    def plans(self, ids: np.ndarray) -> list[str]:
        """Plan keys, in hexadecimal."""
        return [self.uses[u].keys[p].tobytes().hex() for u, p in zip(self.use_of[ids], self.place_of[ids], strict=True)]

    def below(self, ids: np.ndarray) -> np.ndarray:
        """Executions that take something from any of these, once for each that they take from."""
        left, right = np.searchsorted(self._up, ids, "left"), np.searchsorted(self._up, ids, "right")
        counts = right - left
        starts = np.repeat(left - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts)
        return np.asarray(self._down[starts + np.arange(counts.sum())])

    def settle(self, ids: np.ndarray, state: np.ndarray) -> np.ndarray:
        """Note what became of executions; those that wait for nothing any more come back, by their number.

        What waits for a failed one is blocked, with all that waits for it.
        """
        self.state[ids] = state
        good = ids[(state == COMPUTED) | (state == FOUND)]
        bad = ids[state == FAILED]
        while len(bad):
            bad = np.unique(self.below(bad))
            bad = bad[self.state[bad] == WAITING]
            self.state[bad] = BLOCKED
        waiting = self.below(good)
        np.subtract.at(self.missing, waiting, 1)
        freed = np.unique(waiting)
        return np.asarray(freed[(self.missing[freed] == 0) & (self.state[freed] == WAITING)])

    def ready(self) -> np.ndarray:
        """Executions that wait for nothing and have not been done."""
        return np.flatnonzero((self.missing == 0) & (self.state == WAITING))

    def by_use(self, ids: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Executions by the use whose stage runs them."""
        uses = self.use_of[ids]
        for number in np.unique(uses):
            yield int(number), ids[uses == number]

    # What it means for points

    def stages(self) -> list[str]:
        """Names of the stages of all templates, in the order of their first."""
        return list(dict.fromkeys(use.stage.name for use in self.uses))

    def at_points(self, stage: str) -> np.ndarray:
        """For every point the execution that its stage is, -1 where it has no such stage."""
        found = np.full(self.points.size, -1, np.int32)
        for use in self.uses:
            if use.stage.name == stage:
                found[use.template.points] = use.at_points
        return found


def wired(stage: Stage) -> list[Wire]:
    """What a stage takes from others, each once."""
    return list({(wire.stage, wire.path): wire for _, wire in stage.wires()}.values())
