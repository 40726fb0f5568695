"""Where inputs enter a chain: which scale they belong to, which stages they reach, and on which way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.errors import ContractError, UnknownName, did_you_mean
from bridge.scale import Scale

if TYPE_CHECKING:
    from bridge.chain.chain import Chain

Set = frozenset[str]
Entries = Mapping[str, Sequence[tuple[str, str]]]

#: The group of inputs that choose random numbers and nothing else.
SEEDS = "random numbers"


@dataclass(frozen=True)
class Seen:
    """One stage of a chain: its scale, and the stages that it waits for."""

    name: str
    scale: str
    upstream: tuple[str, ...] = ()
    middle: tuple[float, float] = (math.inf, math.inf)  # logarithms of the scale's length and time, to sort by


@dataclass(frozen=True)
class Wiring:
    """The stages of a chain in order, and the ports (with their stage) at which each input enters."""

    stages: tuple[Seen, ...]
    entries: Mapping[str, tuple[tuple[str, str], ...]]

    def stage(self, name: str) -> Seen:
        """A stage by its name. Raises UnknownName."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise UnknownName(f"the flow has no stage {name!r}. {did_you_mean(name, (s.name for s in self.stages))}")

    def own(self, stage: str) -> Set:
        """Inputs that enter a stage itself."""
        return frozenset(name for name, places in self.entries.items() if any(at == stage for at, _ in places))

    def above(self, stage: str) -> Set:
        """Inputs that reach a stage through those upstream of it."""
        return frozenset().union(*(self.reach(before) for before in self.stage(stage).upstream))

    def reach(self, stage: str) -> Set:
        """Inputs that can change what a stage gives."""
        return self.own(stage) | self.above(stage)

    def parts(self, stage: str) -> dict[str, Set]:
        """Inputs of a stage by the way they take to it; ways that nothing takes are left out."""
        own, above = self.own(stage), self.above(stage)
        ways = {"upstream": above - own, "own": own - above, "both": own & above}
        return {way: inputs for way, inputs in ways.items() if inputs}

    def scales(self) -> dict[str, Set]:
        """Inputs by the scale of the models that they enter, from fine to coarse.

        One that enters several scales is of a group of its own, ``atomistic + mesoscopic``; those that only choose
        random numbers are one group, the last.
        """
        groups: dict[tuple[Any, ...], tuple[str, set[str]]] = {}
        for name in self.entries:
            key, label = self._group(name)
            groups.setdefault(key, (label, set()))[1].add(name)
        return {label: frozenset(inputs) for _, (label, inputs) in sorted(groups.items(), key=lambda item: item[0])}

    def _group(self, name: str) -> tuple[tuple[Any, ...], str]:
        """The label of an input's group, and what it is sorted by."""
        if self.is_seed(name):
            return (1,), SEEDS
        order = {stage.name: number for number, stage in enumerate(self.stages)}
        found: dict[str, tuple[Any, ...]] = {}
        for at, _ in self.entries[name]:
            stage = self.stage(at)
            found.setdefault(stage.scale, (stage.middle, order[at]))
        scales = sorted(found, key=lambda scale: found[scale])
        middles = [found[scale][0] for scale in scales]
        return (0, sum(m[0] for m in middles) / len(middles), len(scales), tuple(middles), tuple(scales)), " + ".join(
            scales
        )

    def is_seed(self, name: str) -> bool:
        """Whether an input does nothing but choose random numbers, which the name of its port says."""
        return all(port == "seed" or port.endswith("_seed") for _, port in self.entries[name])

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "stages": [
                {
                    "name": s.name,
                    "scale": s.scale,
                    "upstream": list(s.upstream),
                    "middle": [None if math.isinf(x) else x for x in s.middle],
                }
                for s in self.stages
            ],
            "entries": {name: [list(place) for place in places] for name, places in self.entries.items()},
        }

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Wiring:
        """The wiring that ``document`` wrote down."""
        stages = []
        for told in document["stages"]:
            length, time = (math.inf if x is None else float(x) for x in told["middle"])
            stages.append(Seen(told["name"], told["scale"], tuple(told["upstream"]), (length, time)))
        return cls(
            tuple(stages), {name: tuple((at, port) for at, port in of) for name, of in document["entries"].items()}
        )


def wiring_of(chain: Chain, entries: Entries) -> Wiring:
    """The wiring of a traced chain whose inputs enter at the ports in ``entries``.

    Raises ContractError for an input that enters no stage.
    """
    for name, places in entries.items():
        if not places:
            raise ContractError(f"{name!r} reaches no stage, so that nothing can depend on it: leave its -p out.")
    stages = tuple(
        Seen(stage.name, stage.model.scale.name, tuple(stage.upstream), _middle(stage.model.scale))
        for stage in chain.stages.values()
    )
    return Wiring(stages, {name: tuple((at, port) for at, port in places) for name, places in entries.items()})


def _middle(scale: Scale) -> tuple[float, float]:
    """Logarithms of the middle of a scale's lengths and times; what a scale does not say sorts last."""

    def log(ends: tuple[float, float] | None) -> float:
        return math.inf if ends is None else 0.5 * math.log(ends[0] * ends[1])

    return log(scale.meters), log(scale.seconds)


def sets_of(wiring: Wiring, stages: Iterable[str]) -> list[tuple[Set, Set]]:
    """Every set of inputs whose share is told, with those among which: scales, and the ways to each of ``stages``."""
    wanted = []
    for among in dict.fromkeys([frozenset(wiring.entries), *map(wiring.reach, stages)]):
        wanted += [(inputs & among, among) for inputs in wiring.scales().values()]
    for stage in stages:
        wanted += [(inputs, wiring.reach(stage)) for inputs in wiring.parts(stage).values()]
    return wanted
