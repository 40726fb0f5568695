"""SBML and Antimony as models of scalebridge: loaded for a flow, or written as a module of a plugin."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge import File, Q, Scale
from bridge_pharmacology.sbml.crossings import ready
from bridge_pharmacology.sbml.interface import Interface, interface_of
from bridge_pharmacology.sbml.reading import sbml_text
from bridge_pharmacology.sbml.refused import Refused
from bridge_pharmacology.sbml.refusing import refuse
from bridge_pharmacology.sbml.solving import compiled
from bridge_pharmacology.sbml.writing import module_text

_MEDIA_TYPE = "application/sbml+xml"


def load(
    document: str | Path,
    *,
    name: str | None = None,
    scale: Scale | None = None,
    units: Mapping[str, str] | None = None,
    undeclared: str | None = None,
    outputs: Sequence[str] | None = None,
    amounts: Iterable[str] = (),
    concentrations: Iterable[str] = (),
    as_course: Mapping[str, str] | None = None,
    duration: str | float | None = None,
    points: int = 201,
) -> Callable[..., Any]:
    """A model of an SBML or Antimony file or text, for `stage(load("model.xml")).submit(duration="10 h")`.

    Inputs are parameters, compartment sizes and initial amounts or concentrations; outputs are `time` and a course
    for each species and each quantity that changes (or `outputs`, by SBML ids), species as their ids stand for in
    formulas or as `amounts` and `concentrations` say. Ports carry the document's units; ones that it does not declare
    are refused unless `units` maps them, by id or, for the model as a whole, by time, substance, volume, area, length
    or extent; undeclared="dimensionless" makes the rest pure numbers.

    as_course={"concentration": "C"} gives `patient`, `time` and C by that name with the dimensions (patient, time),
    as the models of plasma do, and inputs that are one for each individual or one for all. Solved at rtol 1e-8 with
    the document's events. Raises Refused for what cannot be read, has no units, or would not be simulated as it says.
    """
    chosen = _choose(
        name=name,
        scale=scale,
        units=units,
        undeclared=undeclared,
        outputs=outputs,
        amounts=amounts,
        concentrations=concentrations,
        as_course=as_course,
        duration=duration,
        points=points,
    )
    return _loaded(sbml_text(document), chosen)


@dataclass(frozen=True)
class Written:
    """Where a model was written, and the line by which its distribution registers it."""

    module: Path
    document: Path
    entry_point: str
    #: The document's unit of time.
    time: str


def write(document: str | Path, folder: str | Path, **options: Any) -> Written:
    """Write a document's model into a package as a readable module, its SBML beside it; options are those of `load`.

    Raises Refused as `load` does, and for a folder that is not there.
    """
    package = Path(folder)
    if not package.is_dir():
        raise Refused(f"there is no folder {str(package)!r} to write into: give the package of your plugin.")
    text = sbml_text(document)
    chosen = _choose(**options)
    found, label = _checked(text, chosen)
    stem = re.sub(r"\W", "_", label.rpartition(".")[2])
    source = _source(found, label, text, chosen, f"{stem}.xml")
    module, beside = package / f"{stem}.py", package / f"{stem}.xml"
    module.write_text(source)
    beside.write_text(text)
    return Written(module, beside, f'"{label}" = "{package.resolve().name}.{stem}:{stem}"', found.time)


@dataclass(frozen=True)
class _Chosen:
    """What was chosen for a document's model."""

    name: str | None = None
    scale: Scale | None = None
    units: tuple[tuple[str, str], ...] = ()
    undeclared: str | None = None
    outputs: tuple[str, ...] | None = None
    amounts: tuple[str, ...] = ()
    concentrations: tuple[str, ...] = ()
    course: tuple[tuple[str, str], ...] | None = None
    duration: str | float | None = None
    points: int = 201


def _choose(
    *,
    name: str | None = None,
    scale: Scale | None = None,
    units: Mapping[str, str] | None = None,
    undeclared: str | None = None,
    outputs: Sequence[str] | None = None,
    amounts: Iterable[str] = (),
    concentrations: Iterable[str] = (),
    as_course: Mapping[str, str] | None = None,
    duration: str | float | None = None,
    points: int = 201,
) -> _Chosen:
    return _Chosen(
        name,
        scale,
        tuple(sorted((units or {}).items())),
        undeclared,
        None if outputs is None else tuple(outputs),
        tuple(amounts),
        tuple(concentrations),
        None if as_course is None else tuple(as_course.items()),
        duration,
        points,
    )


@functools.lru_cache(maxsize=64)
def _loaded(text: str, chosen: _Chosen) -> Callable[..., Any]:
    found, label = _checked(text, chosen)
    source = _source(found, label, text, chosen, None)
    namespace: dict[str, Any] = {
        "__name__": "bridge_pharmacology.sbml.running",
        "DOCUMENT": File(text.encode(), _MEDIA_TYPE),
    }
    exec(compile(source, f"<model {label} from SBML>", "exec", dont_inherit=True), namespace)
    function: Callable[..., Any] = next(
        thing for thing in namespace.values() if callable(thing) and hasattr(thing, "__bridge__")
    )
    return function


def _checked(text: str, chosen: _Chosen) -> tuple[Interface, str]:
    """The ports of a document that can be simulated, and what its model is called. Raises Refused."""
    refuse(text)
    found = interface_of(
        text,
        units=dict(chosen.units),
        undeclared=chosen.undeclared,
        outputs=chosen.outputs,
        amounts=chosen.amounts,
        concentrations=chosen.concentrations,
        course=None if chosen.course is None else dict(chosen.course),
    )
    compiled(ready(text, {one.id: 1.0 for one in found.inputs if one.default is None}).text)
    return found, chosen.name or f"sbml.{re.sub(r'[^a-z0-9_]', '_', found.id.lower())[:50]}"


def _source(found: Interface, label: str, text: str, chosen: _Chosen, file: str | None) -> str:
    span = chosen.duration
    if isinstance(span, str):
        try:
            span = float(Q(span).to(found.time).magnitude)
        except Exception as reason:
            raise Refused(f"duration={chosen.duration!r} is no time in {found.time!r}: {reason}") from None
    return module_text(
        found,
        label,
        chosen.scale or Scale("system"),
        text.encode(),
        duration=span,
        points=chosen.points,
        course=chosen.course is not None,
        file=file,
    )
