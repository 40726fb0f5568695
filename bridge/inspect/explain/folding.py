"""Many stages of one model that feed one stack, told of as one box: ``lattice.sample × 46``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.inspect.explain.lineage import Lineage, Link, Made, Written

#: Stages of one model that feed one stack are told of together from this number on.
MANY = 4


@dataclass
class Box:
    """One stage of a lineage, or several told of as one."""

    key: str
    members: list[Made]
    written: list[Written] = field(default_factory=list)
    inner: list[tuple[str, str]] = field(default_factory=list)  # input and output of wires among its own members

    @property
    def title(self) -> str:
        """What it is called."""
        one = self.members[0]
        return one.name if len(self.members) == 1 else f"{one.model} × {len(self.members)}"

    @property
    def names(self) -> str:
        """The stages in it, the middle of many left out."""
        names = [member.name for member in self.members]
        return ", ".join(names) if len(names) < MANY else f"{names[0]}, {names[1]} … {names[-1]}"


@dataclass(frozen=True)
class Bundle:
    """The wires between an output and an input of two boxes."""

    source: str
    output: str
    target: str
    port: str
    unit: str | None
    text: str
    stages: tuple[str, ...]  # those the wires come from
    stacked: bool


@dataclass
class Folded:
    """A lineage in boxes; the first box holds its root."""

    boxes: dict[str, Box]
    bundles: list[Bundle]

    def origin(self, bundle: Bundle) -> str:
        """Which output of which stages a bundle comes from."""
        box = self.boxes[bundle.source]
        one = ".".join(filter(None, (bundle.stages[0], bundle.output)))
        if len(box.members) == 1:
            return one
        if len(bundle.stages) == 1:
            return f"{one}, one of {box.title}"
        some = "" if len(bundle.stages) == len(box.members) else f"{len(bundle.stages)} of "
        return f"{bundle.output or 'all outputs'} of {some}{box.title}"

    def into(self, key: str) -> list[Bundle]:
        """What enters a box."""
        return [bundle for bundle in self.bundles if bundle.target == key]


def fold(lineage: Lineage, folded: bool = True) -> Folded:
    """Put every stage into its box."""
    place = _places(lineage) if folded else {}
    home = {key: place.get(key, key) for key in lineage.stages}
    boxes: dict[str, Box] = {}
    for key, made in lineage.stages.items():
        boxes.setdefault(home[key], Box(home[key], [])).members.append(made)
    order = _order(lineage.links)
    for box in boxes.values():
        box.members.sort(key=lambda made: order.get(made.key, 0))
        box.written = _together(box.members)
    groups: dict[tuple[str, str, str, str], list[Link]] = {}
    for link in lineage.links:
        groups.setdefault((home[link.source], link.output, home[link.target], link.port), []).append(link)
    bundles = []
    for (source, output, target, port), links in groups.items():
        if source == target:
            boxes[source].inner.append((port, output or "all outputs"))
            continue
        texts = {link.text for link in links}
        text = texts.pop() if len(texts) == 1 else ""
        stacked = any(link.place is not None for link in links)
        names = tuple(dict.fromkeys(lineage.stages[link.source].name for link in links))
        bundles.append(Bundle(source, output, target, port, links[0].unit, text, names, stacked))
    return Folded(boxes, bundles)


def _order(links: Iterable[Link]) -> dict[str, int]:
    """Where a stage stands in the first stack it feeds."""
    found: dict[str, int] = {}
    for link in links:
        if link.place is not None:
            found.setdefault(link.source, link.place)
    return found


def _together(members: list[Made]) -> list[Written]:
    """What the flow's text says to several stages: what is the same once, what varies from the first to the last."""
    told: list[Written] = []
    for port in dict.fromkeys(one.port for made in members for one in made.written):
        here = [one for made in members for one in made.written if one.port == port]
        texts = list(dict.fromkeys(one.text for one in here))
        text = texts[0] if len(texts) == 1 else f"{texts[0]} … {texts[-1]}, {len(texts)} values"
        default = all(one.default for one in here)
        told.append(Written(port, text, here[0].unit, here[0].setting, default))
    return told


def _places(lineage: Lineage) -> dict[str, str]:
    """For stages that are told of together, the key that stands for all of them."""
    feeds: dict[tuple[str, str], set[str]] = {}
    for link in lineage.links:
        if link.place is not None and not lineage.stages[link.source].missing:
            feeds.setdefault((link.target, lineage.stages[link.source].model), set()).add(link.source)
    groups: list[set[str]] = []
    for together in sorted(feeds.values(), key=len, reverse=True):
        new = together - set().union(*groups)
        if len(new) >= MANY:
            groups.append(new)
    place: dict[str, str] = {}
    for group in groups:
        label = next(key for key in lineage.stages if key in group)
        trial = place | dict.fromkeys(group, label)
        if _acyclic(lineage.links, trial):  # else a stage between two of them would come before and after their box
            place = trial
    return place


def _acyclic(links: Iterable[Link], place: Mapping[str, str]) -> bool:
    wires = {(place.get(link.source, link.source), place.get(link.target, link.target)) for link in links}
    wires = {(source, target) for source, target in wires if source != target}
    while wires:
        fed = {target for _, target in wires}
        rest = {(source, target) for source, target in wires if source in fed}
        if len(rest) == len(wires):
            return False
        wires = rest
    return True
