"""What a record must hold, and in which words one that lacks something of it is told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridge.store.spaces.space import Damaged

if TYPE_CHECKING:
    from bridge.store.runs import Run

#: Of the records that are written here; those of schema 1 have no seal.
SCHEMA = 2
#: Every name that must be there, with its kind: a type, the form of what it holds, or [the form of each in a list].
#: ``object`` stands for anything. Whatever else a record holds is read where it is needed, and may be missing.
Form = Mapping[str, Any]

RUN: Form = {
    "id": str,
    "flow": str,
    "parameters": dict,
    "stages": [{"name": str}],
    "edges": [{"source": str, "target": str}],
    "started": str,
}
#: What the record of a sweep holds besides, as "sweep".
SWEEP: Form = {
    "points": int,
    "axes": [{"dim": str, "columns": [{"name": str, "distinct": int, "origin": dict}]}],
}
_KINDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    object: "a value",
}


def lacks(part: Any, form: Any, at: str = "") -> str | None:
    """The first that is missing of a form or is of another kind, such as ``it lacks sweep.points, a whole number``."""
    if isinstance(form, Mapping):
        if not isinstance(part, dict):
            return f"its {at} is no object" if at else "it is no object"
        for name, inner in form.items():
            where = f"{at}.{name}" if at else name
            if name not in part:
                return f"it lacks {where}, {_kind(inner)}"
            if said := lacks(part[name], inner, where):
                return said
        return None
    if isinstance(form, list):
        if not isinstance(part, list):
            return f"its {at} is no list"
        return next(filter(None, (lacks(one, form[0], f"{at}[{n}]") for n, one in enumerate(part))), None)
    if isinstance(part, form) and not (form is int and isinstance(part, bool)):
        return None
    return f"its {at} is not {_kind(form)}"


def _kind(form: Any) -> str:
    return _KINDS[dict if isinstance(form, Mapping) else list if isinstance(form, list) else form]


def refuse_lacking(run: Run, name: str, form: Form) -> None:
    """Raise Damaged unless a part of a run's record, such as "sweep", has this form."""
    if wrong := lacks(run.about[name], form, name):
        place = run.space.where(f"{run.folder}/run.json")
        raise Damaged(f"{place} cannot be read as a {name}: {wrong}. {cure(run.about, run.id)}")


def cure(about: Mapping[str, Any], run: str) -> str:
    """What to do about the record of a run that lacks something."""
    schema = about.get("schema", 1)
    if isinstance(schema, int) and schema > SCHEMA:
        return f"It is of schema {schema}, this scalebridge knows {SCHEMA}: open it with the version that wrote it."
    return (
        "Another version wrote it, or it was made by hand: open it with that version, or remove it with "
        f"scalebridge rm --yes {run}; its results stay in the store until scalebridge gc."
    )
