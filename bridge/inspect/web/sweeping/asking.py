"""What of a sweep is looked at: an output over its dimensions, and a cloud of any two numbers."""

from __future__ import annotations

from dataclasses import dataclass

from bridge.axes.points import Group
from bridge.errors import ContractError
from bridge.inspect.sweeps.slices import ALL, is_seed
from bridge.inspect.sweeps.survey import Output, Survey
from bridge.inspect.web.asked import Asked

#: How results over two dimensions may be drawn.
HOWS = {"auto": "as suits it", "map": "a map", "lines": "lines"}
#: Values of a dimension among which one may be chosen to hold it at, and names that a dimension may have.
HELD, NAMED = 500, 60
_NONE = "none"


@dataclass(frozen=True)
class Choice:
    """Something that is chosen on the form: its name in the address, its words, and what it may be."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True)
class View:
    """An output over one dimension or two, the first of them up; the others are held."""

    output: Output
    dims: tuple[str, ...]
    held: dict[str, int]
    how: str
    form: tuple[Choice, ...]


@dataclass(frozen=True)
class Cloud:
    """Two numbers of every point, each an output or a parameter, and what colours the dots, if anything."""

    x: str
    y: str
    colour: str
    form: tuple[Choice, ...]


def view_of(asked: Asked, survey: Survey) -> View | None:
    """Read a view; None where there is nothing to be drawn over dimensions. Raises UnknownName, ContractError."""
    groups = [group for group in survey.points.groups if drawable(group)]
    if not survey.outputs or not groups:
        return None
    output = survey.output(asked.text("out") or survey.outputs[0].name)
    up, across = _dims(asked, groups)
    how = asked.one_of("how", HOWS, "auto")
    names = tuple((group.dim, group.dim) for group in groups)
    form = [_outputs_form("out", "Output", survey, output.name)]
    if len(groups) > 1:
        form.append(Choice("across", "Across", names, across))
        form.append(Choice("up", "Up, or a line each", (*names, (_NONE, "nothing")), up or _NONE))
        form.append(Choice("how", "Drawn as", tuple(HOWS.items()), how))
    dims = (up, across) if up else (across,)
    held: dict[str, int] = {}
    for number, group in enumerate(survey.points.groups):
        if group.dim not in dims:
            usual = ALL if is_seed(group) and ALL not in held.values() else 0
            held[group.dim] = asked.whole(f"hold{number}", usual, ALL if is_seed(group) else 0, group.size - 1)
            form.append(_held_form(number, group, held[group.dim]))
    return View(output, dims, held, how, tuple(form))


def drawable(group: Group) -> bool:
    """Whether a dimension has an order, or few names: samples have neither."""
    if group.dim in ("sample", "sample_dim"):
        return False
    names = len(group.columns) > 1 or group.columns[0].values.dtype.kind not in "iuf"
    return group.size <= NAMED if names else True


def _dims(asked: Asked, groups: list[Group]) -> tuple[str | None, str]:
    """The dimensions up (None for none) and across: the two with most values, where nobody asked for others."""
    known = [group.dim for group in groups]
    plain = [group for group in groups if group.size > 1 and not is_seed(group)] or groups
    largest = {group.dim for group in sorted(plain, key=lambda group: -group.size)[:2]}
    usual = [dim for dim in known if dim in largest]
    across = asked.one_of("across", known, usual[-1])
    if len(known) == 1:
        return None, across
    others = [dim for dim in (*usual, *known) if dim != across]
    first = others[0] if len(usual) > 1 or asked.text("up") else _NONE
    up = asked.one_of("up", [*known, _NONE], first)
    if up == across:
        raise ContractError(f"{up} cannot be drawn up and across at once. Choose two dimensions, or nothing up.")
    return (None if up == _NONE else up), across


def _held_form(number: int, group: Group, place: int) -> Choice:
    every = range(group.size) if group.size <= HELD else range(0, group.size, -(-group.size // HELD))
    shown = sorted({*every, max(place, 0)})
    texts = [
        (str(i), ", ".join(one.text(int(at[i])) for one, at in zip(group.columns, group.index, strict=True)))
        for i in shown
    ]
    everything = ((str(ALL), "the mean of all"),) if is_seed(group) else ()
    return Choice(f"hold{number}", f"{group.dim} at", (*everything, *texts), str(place))


def cloud_of(asked: Asked, survey: Survey) -> Cloud | None:
    """Read what a cloud is of; None where no stage gave a number. Raises UnknownName."""
    if not survey.outputs:
        return None
    outputs = [output.name for output in survey.outputs]
    columns = list(survey.points.columns)
    several = len(outputs) > 1 and not any(len(group.columns) > 1 for group in survey.points.groups)
    x = _known(asked.text("x") or (outputs[1] if several else columns[0]), survey)
    y = _known(asked.text("y") or outputs[0], survey)
    colour = asked.text("colour")
    colour = "" if colour in ("", _NONE) else _known(colour, survey)
    both = (*((name, name) for name in columns), *((name, name) for name in outputs))
    form = (
        Choice("x", "Across", both, x),
        Choice("y", "Up", both, y),
        Choice("colour", "Colours by", ((_NONE, "nothing"), *both), colour or _NONE),
    )
    return Cloud(x, y, colour, form)


def _known(name: str, survey: Survey) -> str:
    """A parameter or an output. Raises UnknownName."""
    return name if name in survey.points.columns else survey.output(name).name


def _outputs_form(name: str, label: str, survey: Survey, chosen: str) -> Choice:
    return Choice(name, label, tuple((one.name, one.name) for one in survey.outputs), chosen)
