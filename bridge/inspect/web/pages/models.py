"""Models: all that are registered, by scale, and one with its ports, its equations and the runs that used it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.inspect.web.asked import Asked, Missing
from bridge.inspect.web.looking import LOOKING, Seen, words_of
from bridge.inspect.web.prose import inline, prose
from bridge.inspect.web.site import site_of
from bridge.inspect.web.words import link
from bridge.registry.offers import Entry
from bridge.registry.probe import Verdict
from bridge.scale import Scale
from bridge.store.index.conditions import Conditions
from bridge.store.index.lookup import models_used, page_of

#: Runs that a model's page lists.
NEWEST = 50
#: Powers of ten of a metre at the ends of the axis on which scales are marked.
AXIS = (-12, 8)


@dataclass(frozen=True)
class Row:
    """A model as the list shows it; ``span`` is where it is on the axis of lengths, begin and width of 100."""

    name: str
    summary: Markup
    length: str
    time: str
    origin: str
    in_place: bool
    runs: int
    span: tuple[float, float] | None
    middle: float | None = field(repr=False)


@dataclass(frozen=True)
class Group:
    """The models of a scale."""

    name: str
    rows: list[Row]


@dataclass(frozen=True)
class Place:
    """A port of a model, or a field of one, as a table shows it."""

    name: str
    depth: int
    kind: str
    unit: str
    dims: str
    valid: str
    default: str


def models(request: Request) -> Response:
    """Every registered model by scale, those that are broken with their reasons."""
    site, words = site_of(request), Asked(request).text("words", longest=200)
    seen, used = LOOKING.now(), models_used(site.store)
    rows: dict[str, list[Row]] = {}
    broken = []
    for name, verdict in sorted(seen.verdicts.items()):
        entry = seen.entries[name]
        if not _fits(words, name, entry, verdict):
            continue
        if "broken" in verdict:
            broken.append((name, f"{entry.distribution} {entry.version}", verdict["broken"]))
        else:
            rows.setdefault(verdict["scale"], []).append(_row(entry, verdict, used.get(name, (0, ""))[0]))
    groups = sorted((Group(scale, rows[scale]) for scale in rows), key=_height)
    missing = sorted(name for name in used if name not in seen.entries and words.lower() in name.lower())
    return site.page(
        request,
        "models.html",
        groups=groups,
        broken=broken,
        missing=[(name, used[name][0]) for name in missing],
        waiting=seen.waiting,
        words=words,
        found=sum(len(group.rows) for group in groups),
        total=len(seen.entries),
    )


def model(request: Request) -> Response:
    """One model: what goes in and comes out, what it computes and from which source, which runs used it."""
    site, name = site_of(request), str(request.path_params["name"])
    if len(name) > 200:
        raise Missing(f"{name[:80]!r}… is no model: names have at most 64 characters.")
    seen = LOOKING.now()
    runs = page_of(site.store, Conditions(model=name), NEWEST)
    if name not in seen.entries and not runs.total:
        raise UnknownName(f"no model is named {name!r}. {did_you_mean(name, seen.entries)}")
    told, reason = None, ""
    if (entry := seen.entries.get(name)) and (verdict := seen.verdicts.get(name)):
        told = None if "broken" in verdict else words_of(entry, verdict)
        reason = verdict.get("broken", "")
    return site.page(
        request,
        "model.html",
        name=name,
        offered=entry,
        told=told,
        reason=reason,
        ports=_tables(told) if told else [],
        lead=inline(told["summary"]) if told else "",
        description=prose(told["description"].partition("\n")[2], _linked(seen, name)) if told else "",
        module=prose(told["module"], _linked(seen, name)) if told else "",
        runs=runs,
        newest=NEWEST,
    )


def _fits(words: str, name: str, entry: Entry, verdict: Verdict) -> bool:
    """Whether all words that are looked for occur in what the list shows of a model."""
    said = " ".join([name, entry.distribution, verdict.get("scale", ""), verdict.get("summary", "")]).lower()
    return all(word in said for word in words.lower().split())


def _row(entry: Entry, verdict: Verdict, runs: int) -> Row:
    length, time = (text or "" for text in verdict["ranges"])
    ends = _logs(verdict["scale"], verdict["ranges"][0])
    origin = f"{entry.distribution.removeprefix('scalebridge-')} {entry.version}"
    in_place = any(offer.folder for offer in entry.offers)
    span = middle = None
    if ends:
        middle = sum(ends) / 2
        low, high = (100 * (min(max(end, AXIS[0]), AXIS[1]) - AXIS[0]) / (AXIS[1] - AXIS[0]) for end in ends)
        span = (round(low, 2), round(max(high - low, 1), 2))
    return Row(entry.name, inline(verdict["summary"]), length, time, origin, in_place, runs, span, middle)


def _logs(scale: str, length: str | None) -> tuple[float, float] | None:
    """Powers of ten of the ends of a range of lengths, in metres."""
    try:
        ends = Scale(scale, length=length).meters
    except BridgeError:  # it was read where the model was loaded; what is kept may be anything
        return None
    return (math.log10(ends[0]), math.log10(ends[1])) if ends else None


def _height(group: Group) -> tuple[float, str]:
    """Fine scales first, what has no length last."""
    middles = [row.middle for row in group.rows if row.middle is not None]
    return (statistics.median(middles) if middles else math.inf, group.name)


def _tables(told: Mapping[str, Any]) -> list[tuple[str, list[Place], set[str]]]:
    """Inputs, settings and outputs that there are, each with its ports and the columns that they need."""
    tables = []
    for title, part in (("Inputs", "inputs"), ("Settings", "settings"), ("Outputs", "outputs")):
        if places := list(_places(told[part])):
            shown = {name for name in ("unit", "dims", "valid", "default") if any(getattr(p, name) for p in places)}
            tables.append((title, places, shown))
    return tables


def _places(ports: Iterable[Mapping[str, Any]], depth: int = 0) -> Iterable[Place]:
    for port in ports:
        kind, dims = port["type"], ""
        if "fields" in port:
            kind = "record"
        elif "dims" in port:
            kind, _, dims = kind.rstrip(")").rpartition(" (")
            dims = dims.replace("|1", " or 1")
        if "unit" in port:
            kind = kind.partition(" [")[0]
        default = _default(port["default"]) if "default" in port else ""
        if "standard_error_of" in port:
            default = f"standard error of {port['standard_error_of']}"
        yield Place(port["name"], depth, kind, port.get("unit", ""), dims, port.get("valid", ""), default)
        yield from _places(port.get("fields", ()), depth + 1)


def _default(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "“”" if value == "" else str(value)


def _linked(seen: Seen, name: str) -> Callable[[str], str | None]:
    """Other models that a docstring names lead to their pages."""
    return lambda other: link("models", other) if other in seen.entries and other != name else None
