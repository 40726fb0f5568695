"""An output that says it is the standard error of another: what is accepted, refused and kept."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge import Scale, StandardErrorOf, model
from bridge.errors import DeclarationError
from bridge.inspect.models import describe, describe_text
from bridge.models import model_of
from bridge.ports import kind_of, record_of
from bridge.store.spec import kind_from, spec_of

SCALE = Scale("mesoscopic", length="1 nm .. 1 um")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Inner:
    level: Annotated[float, "K"]
    level_error: Annotated[float, "K", StandardErrorOf("level")]


@dataclass(frozen=True)
class Measured:
    mean: Annotated[float, "m"]
    error: Annotated[float, "mm", StandardErrorOf("mean")]
    profile: Annotated[Floats, "V", ("x",)]
    profile_error: Annotated[Floats, "V", ("x",), StandardErrorOf("profile")]
    inner: Inner


@model("toy.measured", scale=SCALE)
def measured(x: Annotated[float, "m"]) -> Measured:
    """A length with its standard error."""
    return Measured(x, 1.0, np.ones(3), np.full(3, 0.1), Inner(300.0, 2.0))


def test_a_port_knows_whose_standard_error_it_is_and_its_kind_does_not() -> None:
    ports = {port.name: port for port in model_of(measured).outputs.ports}
    assert ports["error"].standard_error_of == "mean"
    assert ports["profile_error"].standard_error_of == "profile"
    assert ports["mean"].standard_error_of is None
    assert ports["error"].kind == kind_of(Annotated[float, "mm"], "elsewhere")  # so that no key changes


def test_what_is_written_beside_a_value_says_whose_error_it_is_and_comes_back() -> None:
    spec = spec_of(record_of(Measured))
    assert spec["fields"]["error"]["standard_error_of"] == "mean"
    assert spec["fields"]["inner"]["fields"]["level_error"]["standard_error_of"] == "level"
    assert "standard_error_of" not in spec["fields"]["mean"]
    assert spec_of(kind_from(spec)) == spec


def test_a_stored_error_is_marked_in_xarray(tmp_path: Path) -> None:
    from bridge.store.store import Store
    from bridge.store.view import Outputs

    store, of = Store(tmp_path / "store"), model_of(measured)
    store.commit("ab" * 32, of.outputs, of.call({"x": 2.0}), {"model": of.name})
    data = Outputs(store.open("ab" * 32), of.name).to_xarray()
    assert data["error"].attrs == {"units": "mm", "standard_error_of": "mean"}
    assert data["profile_error"].attrs["standard_error_of"] == "profile"
    assert data["inner.level_error"].attrs["standard_error_of"] == "inner.level"
    assert "standard_error_of" not in data["mean"].attrs


def test_the_description_of_a_model_names_its_errors() -> None:
    walk = describe("kmc.random_walk")
    told = {port["name"]: port.get("standard_error_of") for port in walk["outputs"]}
    assert told["diffusivity_error"] == "diffusivity"
    assert told["vacancy_diffusivity_error"] == "vacancy_diffusivity"
    assert "standard error of diffusivity" in describe_text(walk)


FLOAT = Annotated[float, "m"]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"mean": FLOAT, "e": Annotated[float, "m", StandardErrorOf("maen")]}, "Did you mean 'mean'"),
    ({"mean": FLOAT, "e": Annotated[float, "m", StandardErrorOf("e")]}, "no other field"),
    (
        {"mean": FLOAT, "e": Annotated[float, "s", StandardErrorOf("mean")]},
        r"\[time\] is not \[length\]. Write it in 'm'",
    ),
    ({"mean": FLOAT, "e": Annotated[Floats, "m", ("x",), StandardErrorOf("mean")]}, r"its dimensions are \(x\)"),
    ({"n": int, "e": Annotated[float, "1", StandardErrorOf("n")]}, "belongs to a float"),
    ({"name": str, "e": Annotated[float, "1", StandardErrorOf("name")]}, "belongs to a float"),
    ({"mean": FLOAT, "e": Annotated[int, StandardErrorOf("mean")]}, "has no standard error"),
    ({"mean": FLOAT, "e": Annotated[str, StandardErrorOf("mean")]}, "has no standard error"),
    (
        {
            "n": Annotated[NDArray[np.int64], "1", ("x",)],
            "e": Annotated[Floats, "1", ("x",), StandardErrorOf("n")],
        },
        "are floats",
    ),
    (
        {
            "mean": FLOAT,
            "e": Annotated[float, "m", StandardErrorOf("mean")],
            "f": Annotated[float, "m", StandardErrorOf("mean")],
        },
        "two standard errors, e and f",
    ),
    (
        {
            "mean": FLOAT,
            "e": Annotated[float, "m", StandardErrorOf("mean")],
            "f": Annotated[float, "m", StandardErrorOf("e")],
        },
        "is itself a standard error; name 'mean'",
    ),
    (
        {"mean": FLOAT, "e": Annotated[float, "m", StandardErrorOf("mean"), StandardErrorOf("mean")]},
        "each at most once",
    ),
]


@pytest.mark.parametrize(("fields", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_a_standard_error_that_fits_no_port_is_refused_at_declaration(fields: dict[str, Any], said: str) -> None:
    holder = make_dataclass("Result", list(fields.items()), frozen=True)
    with pytest.raises(DeclarationError, match=said):
        record_of(holder)


def test_an_input_is_nobodys_standard_error() -> None:
    def wrong(error: Annotated[float, "m", StandardErrorOf("mean")]) -> Measured: ...

    with pytest.raises(DeclarationError, match="is an input, marked as a standard error"):
        model_of(model("toy.wrong", scale=SCALE)(wrong))


def test_a_standard_error_names_a_port_by_its_name() -> None:
    with pytest.raises(DeclarationError, match=r"StandardErrorOf\('a b'\) names no port"):
        StandardErrorOf("a b")
