"""What is the same has one key, and what is not has another."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
import pytest
from ase import Atoms
from numpy.typing import NDArray

from bridge import File, Picture, Q, Scale, model, stack, via
from bridge.chain.chain import Chain
from bridge.chain.values import Output
from bridge.errors import ContractError
from bridge.kinds.base import Kind
from bridge.models import model_of
from bridge.ports import kind_of
from bridge.store.keys import content_document, digest, plan_key, value_digest


@dataclass(frozen=True)
class Made:
    size: Annotated[float, "m"]
    rate: Annotated[float, "1/s"]


@model("keys.make", scale=Scale("atomistic"))
def make(
    size: Annotated[float, "um"],
    mass: Annotated[float, "kg"] = 1.0,
    field: Annotated[NDArray[np.float64], "K", ("x",)] = np.zeros(3),  # noqa: B008
    *,
    seed: int = 0,
    depth: int = 0,
) -> Made:
    """Nothing."""
    return Made(size, 1.0)


@model("keys.gather", scale=Scale("continuum"))
def gather(sizes: Annotated[NDArray[np.float64], "m", ("n",)]) -> Made:
    """Nothing."""
    return Made(1.0, 1.0)


def plan(given: dict[str, Any], name: str | None = None, **options: Any) -> str:
    return plan_key(Chain().add(model_of(make), given, name=name, options=options), {})


def test_two_spellings_of_a_length_are_one_key() -> None:
    assert (
        plan({"size": "50 um"}) == plan({"size": "0.05 mm"}) == plan({"size": "5e-5 m"}) == plan({"size": Q(50, "um")})
    )
    assert plan({"size": "50 um"}) != plan({"size": "51 um"})


def test_two_thousand_lengths_have_one_key_in_two_units() -> None:
    kind = model_of(make).inputs["size"].kind
    for number in range(1, 2001):
        micro, milli = (kind.literal(text, "size") for text in (f"{number} um", f"{number / 1000!r} mm"))
        assert value_digest(kind, micro) == value_digest(kind, milli), number


def test_a_default_written_out_is_no_other_key() -> None:
    assert plan({"size": "1 um"}) == plan({"size": "1 um", "mass": "1000 g", "seed": 0})


def test_a_stage_is_not_its_name_nor_how_often_it_is_tried() -> None:
    assert plan({"size": "1 um"}) == plan({"size": "1 um"}, name="other", retries=3)


def test_the_plan_of_every_input_and_setting_counts() -> None:
    base = {"size": "1 um", "mass": "1 kg", "field": Q([1.0, 2.0], "K"), "seed": 1, "depth": 1}
    others = {"size": "2 um", "mass": "2 kg", "field": Q([1.0, 2.5], "K"), "seed": 2, "depth": 2}
    keys = {plan(base)} | {plan(base | {name: value}) for name, value in others.items()}
    assert len(keys) == 6
    swapped = plan(base | {"seed": 0, "depth": 1}), plan(base | {"seed": 1, "depth": 0})
    assert swapped[0] != swapped[1]


def wired(first: dict[str, Any], port: str = "size", molar_mass: str | None = None) -> str:
    chain = Chain()
    plans: dict[str, str] = {}
    one = chain.add(model_of(make), first, name="one")
    plans["one"] = plan_key(one, {})
    out = Output(chain, "one", model_of(make).outputs)
    value = out[port] if molar_mass is None else via(out[port], molar_mass=molar_mass)
    two = chain.add(model_of(make), {"size": value}, name="two")
    return plan_key(two, plans)


def test_the_plan_of_a_stage_holds_the_plans_before_it() -> None:
    assert wired({"size": "1 um"}) == wired({"size": "0.001 mm"})
    assert wired({"size": "1 um"}) != wired({"size": "2 um"})
    assert wired({"size": "1 um"}) != wired({"size": "1 um"}, molar_mass="1 g/mol")


def stacked(order: tuple[int, ...]) -> str:
    chain, plans, outputs = Chain(), {}, []
    for i in range(3):
        stage = chain.add(model_of(make), {"size": f"{i + 1} um"}, name=str(i))
        plans[stage.name] = plan_key(stage, plans)
        outputs.append(Output(chain, stage.name, model_of(make).outputs).size)
    last = chain.add(model_of(gather), {"sizes": stack([outputs[i] for i in order], dim="n")})
    return plan_key(last, plans)


def test_the_order_of_stacked_values_counts() -> None:
    assert stacked((0, 1, 2)) == stacked((0, 1, 2))
    assert len({stacked((0, 1, 2)), stacked((2, 1, 0)), stacked((0, 1))}) == 3


def test_the_content_key_knows_values_and_not_where_they_come_from() -> None:
    found = model_of(make)
    values = {"size": 1.0, "mass": 1.0, "field": np.zeros(3), "seed": 0, "depth": 0}
    first = digest(content_document(found, "code", values))
    assert digest(content_document(found, "code", dict(reversed(values.items())))) == first
    assert digest(content_document(found, "code", values | {"size": np.nextafter(1.0, 2)})) != first
    assert digest(content_document(found, "other code", values)) != first


def test_a_version_in_depends_is_part_of_both_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.store import keys

    found = replace(model_of(make), depends=("numpy",))

    def both() -> tuple[str, str]:
        stage = replace(Chain().add(model_of(make), {"size": "1 um"}), model=found)
        return plan_key(stage, {}), digest(content_document(found, "code", {"size": 1.0}))

    before = both()
    assert before == both()
    monkeypatch.setattr(keys, "_version", lambda name: "0.1")
    after = both()
    assert before[0] != after[0]
    assert before[1] != after[1]
    monkeypatch.undo()
    with pytest.raises(ContractError, match=r"depends on 'no-such-thing'.*pip install no-such-thing"):
        content_document(replace(found, depends=("no-such-thing",)), "code", {})


class Colour(enum.Enum):
    red = "red"
    blue = "blue"


NUMBER, LENGTH = kind_of(float, "a"), kind_of(Annotated[float, "m"], "a")
FIELD = kind_of(Annotated[NDArray[np.float64], "m", ("x", "y")], "a")
TEXT, COUNT, SWITCH, CHOICE = (kind_of(t, "a") for t in (str, int, bool, Colour))
THING, BYTES = kind_of(Atoms, "a"), kind_of(File, "a")


def bent(**changes: Any) -> Atoms:
    atoms = Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 2.5]])
    for name, value in changes.items():
        getattr(atoms, f"set_{name}")(value) if name != "info" else atoms.info.update(value)
    return atoms


DIFFERENT: list[tuple[Kind, Any]] = [
    (NUMBER, 1.0),
    (NUMBER, np.nextafter(1.0, 2)),
    (LENGTH, 1.0),
    (COUNT, 1),
    (SWITCH, True),
    (TEXT, "1"),
    (TEXT, "red"),
    (TEXT, ""),
    (FIELD, np.zeros((2, 3))),
    (FIELD, np.zeros((3, 2))),
    (FIELD, np.zeros((2, 3)) - 0.0),
    (FIELD, -np.zeros((2, 3))),
    (FIELD, np.zeros((0, 3))),
    (FIELD, np.zeros((3, 0))),
    (FIELD, np.arange(6.0).reshape(2, 3)),
    (kind_of(Annotated[NDArray[np.float64], "m", ("y", "x")], "a"), np.zeros((2, 3))),
    (kind_of(Annotated[NDArray[np.float64], "K", ("x", "y")], "a"), np.zeros((2, 3))),
    (kind_of(Annotated[NDArray[np.float32], "m", ("x", "y")], "a"), np.zeros((2, 3), np.float32)),
    (kind_of(Annotated[NDArray[np.int64], "m", ("x", "y")], "a"), np.zeros((2, 3), np.int64)),
    (BYTES, File(b"a", "text/plain")),
    (BYTES, File(b"a", "text/csv")),
    (BYTES, File(b"b", "text/csv")),
    (BYTES, Picture(b"<svg/>", "image/svg+xml")),
    (THING, bent()),
    (THING, bent(positions=[[0, 0, 0], [0, 0, 2.6]])),
    (THING, bent(pbc=True)),
    (THING, bent(tags=[0, 1])),
    (THING, bent(initial_charges=[0, 1])),
    (THING, bent(info={"a": 1})),
    (THING, bent(info={"a": (1,)})),
    (THING, bent(info={"a": [1]})),
]


def test_different_values_have_different_digests() -> None:
    same = {8, 10}  # 0 - 0 is 0
    digests = [value_digest(kind, value) for kind, value in DIFFERENT]
    assert digests[8] == digests[10]
    rest = [d for i, d in enumerate(digests) if i not in same]
    assert len(set(rest)) == len(rest)


def test_equal_values_have_equal_digests_however_they_lie_in_memory() -> None:
    array = np.arange(6.0).reshape(2, 3)
    for twin in (np.asfortranarray(array), array[::1].copy(), np.ascontiguousarray(array.T).T, array.astype(">f8")):
        assert value_digest(FIELD, twin) == value_digest(FIELD, array)
    assert value_digest(THING, bent(tags=[0, 1])) == value_digest(THING, bent(tags=[0, 1]))
    assert value_digest(CHOICE, Colour.red) == value_digest(CHOICE, Colour("red"))
    assert value_digest(kind_of(Annotated[float, "m^2/s"], "a"), 1.0) == value_digest(
        kind_of(Annotated[float, "meter**2 / second"], "a"), 1.0
    )
