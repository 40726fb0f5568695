"""What a declaration refuses: models, ports, scales; and what files, pictures and errors are as values."""

from __future__ import annotations

import enum
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from kinds_of_port import FINE, PNG, Done, Floats, sink, source
from numpy.typing import NDArray

from bridge import File, Picture, Scale, Within, errors, model
from bridge.chain.values import UnknownPort
from bridge.errors import BridgeError, ContractError, DeclarationError
from bridge.models import model_of
from bridge.ports import kind_of
from bridge.testing import ModelFault


class Numbered(enum.Enum):
    ONE = 1


class Empty(enum.Enum):
    pass


@dataclass(frozen=True)
class Named:
    result: float


@dataclass(frozen=True)
class Nested:
    inside: Named


@dataclass(frozen=True)
class Uninitialised:
    x: float = field(init=False, default=1.0)


@dataclass(frozen=True)
class BadDefault:
    temperature: Annotated[float, "K"] = "900 K"  # type: ignore[assignment]


@dataclass(frozen=True)
class Nothing:
    pass


@dataclass(frozen=True)
class Endless:
    child: Endless


# Ports


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[float, "kelvinz"], "s.x: 'kelvinz' is not a unit"),
        (Annotated[float, "5 K"], "s.x: '5 K' is not a unit"),
        (Annotated[float, "dB"], "s.x: 'dB' is not a unit: it is logarithmic, and ports are linear"),
        (Annotated[float, ("x",)], "s.x is a float, which has no dimensions: ('x',)"),
        (Annotated[float, "K", "m"], "s.x: cannot read ('K', 'm'). Write Annotated[type, 'unit', ('dimension', …)"),
        (Annotated[float, 3], "s.x: cannot read (3,)"),
        (Annotated[float, Within(0), Within(1)], "each at most once"),
        (Annotated[int, "K"], "s.x is an int (a count; write float for a quantity), which has no unit: 'K'"),
        (Annotated[int, ("x",)], "which has no dimensions"),
        (Annotated[bool, Within(0, 1)], "s.x is a bool, which has no validity range"),
        (Annotated[str, "K"], "s.x is a str, which has no unit: 'K'"),
        (Annotated[Literal["a"], "K"], "s.x is a choice, which has no unit: 'K'"),
        (Annotated[File, "K"], "s.x is a File, which has no unit: 'K'"),
        (Annotated[File, ("x",)], "s.x is a File, which has no dimensions"),
        (Annotated[Done, "K"], "s.x is a record, whose fields have their own marks, which has no unit: 'K'"),
        (np.ndarray, "s.x: which numbers? Write NDArray[np.float64]"),
        (Annotated[NDArray[np.object_], ("x",)], "s.x: which numbers?"),
        (Floats, "s.x: an array names its dimensions: Annotated[NDArray[np.float64], 'm', ('x', 'y')]"),
        (Annotated[Floats, "K", ()], "s.x: an array names its dimensions"),
        (Annotated[Floats, ("x", "x")], "s.x: 'x' is not a dimension here; write distinct names"),
        (Annotated[Floats, ("x=-1",)], "s.x: 'x=-1' is not a dimension here"),
        (Annotated[Floats, ("two words",)], "s.x: 'two words' is not a dimension here"),
        (float | None, "(give an optional input a default of its own type)"),
        (list[float], "s.x is annotated list, which no port carries. Write float, int, bool, str, an Enum"),
        (complex, "s.x is annotated complex, which no port carries"),
        (np.float64, "s.x is annotated float64, which no port carries"),
        (Any, "s.x is annotated Any, which no port carries"),
        (Callable[[float], float], "s.x is annotated Callable, which no port carries"),
        (Literal[1, 2], "which no port carries"),
        (Numbered, "s.x is annotated Numbered, which no port carries"),
        (Empty, "s.x is annotated Empty, which no port carries"),
        (Nothing, "Nothing has no fields: a record carries at least one value"),
        (Endless, "Endless: its annotations cannot be read"),
        (Uninitialised, "Uninitialised.x is no argument of Uninitialised"),
        (BadDefault, "the default of BadDefault.temperature does not fit it"),
    ],
)
def test_an_annotation_that_no_port_carries_is_refused(annotation: Any, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        kind_of(annotation, "s.x")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (float, "float"),
        (Annotated[float, "1"], "float"),
        (Annotated[float, "K", Within(200, 1500)], "float [K]"),
        (Annotated[int, "1"], "int"),
        (bool, "bool"),
        (str, "str"),
        (Literal["fcc", "bcc"], "one of fcc, bcc"),
        (Annotated[NDArray[np.int32], ("x", "xyz=3")], "int32 array (x, xyz=3)"),
        (Annotated[Floats, "eV/angstrom", ("x",)], "float64 array [eV/angstrom] (x)"),
        (Named, "record of result"),
        (File, "File"),
        (Annotated[File, "text/csv"], "File of text/csv"),
        (Picture, "Picture"),
    ],
)
def test_an_annotation_is_read_as_the_kind_it_says(annotation: Any, kind: str) -> None:
    assert str(kind_of(annotation, "s.x")) == kind


@pytest.mark.parametrize(("low", "high"), [(2, 1), (float("nan"), 1), (0, float("nan"))])
def test_a_range_that_holds_nothing_is_refused(low: float, high: float) -> None:
    with pytest.raises(DeclarationError, match="holds no number: write the lower end first"):
        Within(low, high)


def test_a_range_is_said_in_words() -> None:
    said = [str(w) for w in (Within(0), Within(high=5), Within(0, strict=True), Within(1, 2))]
    assert said == ["at least 0", "at most 5", "above 0", "between 1 and 2"]
    assert Within(0, strict=True).outside([0.0, 0.1]).tolist() == [True, False]
    assert Within(0).outside([0.0, float("nan")]).tolist() == [False, True]


# Models


@pytest.mark.parametrize("name", ["Vacancy", "a b", "", ".a", "a/b", "../a", "a\n", "ä", "a" * 65, 3])
def test_a_name_that_is_no_model_name_is_refused(name: Any) -> None:
    with pytest.raises(DeclarationError, match="is no model name: write lower-case letters, digits"):
        model(name, scale=FINE)


def declared(function: Any, **options: Any) -> Any:
    return model_of(model("m", **{"scale": FINE, **options})(function))


def returning(annotation: Any, **parameters: Any) -> Any:
    def compute() -> Any:
        """Compute."""

    compute.__annotations__ = {"return": annotation, **parameters}
    return compute


async def later() -> Done: ...


def yielding() -> Any:
    yield Done(True)


def variadic(*x: float) -> Done: ...


def keywords(**x: float) -> Done: ...


def untyped(x) -> Done: ...  # type: ignore[no-untyped-def]


def wrong_default(x: Annotated[float, "K"] = "900 K") -> Done: ...  # type: ignore[assignment]


def outside_default(x: Annotated[float, "K", Within(200)] = 100.0) -> Done: ...


def forward(x: Unheard) -> Done: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda: model("m", scale="fine"), "model 'm': write scale=Scale('mesoscopic', length='1 nm .. 1 um')"),
        (lambda: declared(len), "model 'm' is a builtin_function_or_method: a model is a plain function"),
        (lambda: declared(Done), "model 'm' is a type: a model is a plain function"),
        (lambda: declared(later), "model 'm' is async or yields"),
        (lambda: declared(yielding), "model 'm' is async or yields"),
        (lambda: declared(variadic), "m takes *x: a model names every input"),
        (lambda: declared(keywords), "m takes *x: a model names every input"),
        (lambda: declared(untyped), "m.x is annotated nothing, which no port carries"),
        (lambda: declared(forward), "m: its annotations cannot be read: name 'Unheard' is not defined"),
        (lambda: declared(wrong_default), "the default of m.x does not fit it: m.x is float [K]"),
        (lambda: declared(outside_default), "the default of m.x does not fit it: m.x left its model as 100 K"),
        (lambda: declared(lambda: Done(True)), "m returns None. A model returns a frozen dataclass"),
        (lambda: declared(returning(float)), "m returns float. A model returns a frozen dataclass whose fields are"),
        (lambda: declared(returning(None)), "m returns NoneType"),
        (lambda: declared(returning(Named)), "m has an output 'result', a name that futures have for themselves"),
        (lambda: declared(returning(Nested)), "write e.g. 'final_result'"),
        (lambda: declared(returning(Done), depends="scipy"), "model 'm': write depends=['scipy']"),
        (lambda: declared(returning(Done), scale=Scale("s", length="wide")), "scale 's': length='wide' is not a range"),
        (lambda: model_of(len), "'len' is not a model: write @model('name', scale=Scale(…)) above it"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(declare: Any, message: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare()
    assert message in str(caught.value)


def test_a_model_is_still_its_plain_function() -> None:
    @model("plain", scale=FINE, depends=["numpy"])
    def plain(x: float, *, steps: int = 3) -> Named:
        """Add. And more."""
        return Named(x + steps)

    assert plain(1.0) == Named(4.0)
    assert plain.__name__ == "plain"


def test_an_interface_is_read_off_the_signature() -> None:
    def compute(x: Annotated[float, "K"], y: int = 2, *, steps: int = 3) -> Done:
        """First line.

        More.
        """
        return Done(True)

    found = declared(compute, depends=("numpy",))
    assert [str(port) for port in found.inputs.values()] == ["x: float [K]", "y: int", "steps: int"]
    assert [port.setting for port in found.inputs.values()] == [False, False, True]
    assert [port.required for port in found.inputs.values()] == [True, False, False]
    assert (found.summary, found.depends) == ("First line.", ("numpy",))


# Scales


@pytest.mark.parametrize(
    "text",
    ["wide", "1 nm", "1 nm .. 1 s", "1 um .. 1 nm", "0 m .. 1 m", "-1 m .. 1 m", "1 foo .. 2 foo", "1 .. 2", (1, 2), 3,
     "1 nm .. 1 um .. 1 m", "1 nm - 1 um", "1e400 m .. 1e401 m"],
)  # fmt: skip
@pytest.mark.parametrize("which", ["length", "time"])
def test_a_range_of_a_scale_is_two_quantities_in_order(which: str, text: Any) -> None:
    wrong = text.replace("m", "s") if which == "time" and isinstance(text, str) and " s" not in text else text
    scale = Scale("s", **{which: wrong})
    with pytest.raises(DeclarationError, match=rf"scale 's': {which}=.* is not a range of {which}; write e\.g\."):
        _ = scale.meters if which == "length" else scale.seconds


def test_a_scale_reads_its_ranges_and_says_them() -> None:
    scale = Scale("mesoscopic", length="1 nm..1 um", time="1 ns .. 1 ms")
    assert (scale.meters, scale.seconds) == ((1e-9, 1e-6), (1e-9, 1e-3))
    assert str(scale) == "mesoscopic (1 nm..1 um; 1 ns .. 1 ms)"
    assert (Scale("of state").meters, str(Scale("of state"))) == (None, "of state")


# Files and pictures


def test_a_file_edited_in_place_is_new_and_moved_it_is_the_same(tmp_path: Any) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n")
    first = File.read(path)
    moved = path.rename(tmp_path / "elsewhere.csv")
    assert File.read(moved) == first
    assert hash(File.read(moved)) == hash(first)
    moved.write_bytes(b"a,c\n")
    assert File.read(moved) != first
    assert File.read(moved, "text/plain").media_type == "text/plain"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("t.csv", "text/csv"),
        ("t.extxyz", "chemical/x-extxyz"),
        ("t.sbml", "application/sbml+xml"),
        ("t.csv.gz", "application/gzip"),
        ("t.unheard-of", "application/octet-stream"),
        ("t", "application/octet-stream"),
    ],
)
def test_the_media_type_is_guessed_from_the_name(tmp_path: Any, name: str, media_type: str) -> None:
    File(b"x").write(tmp_path / name)
    assert File.read(tmp_path / name).media_type == media_type


def test_a_file_that_cannot_be_read_or_holds_no_bytes_is_refused(tmp_path: Any) -> None:
    with pytest.raises(ContractError, match=r"cannot read the file '.*gone\.csv': No such file"):
        File.read(tmp_path / "gone.csv")
    with pytest.raises(ContractError, match=r"cannot read the file .*: Is a directory"):
        File.read(tmp_path)
    with pytest.raises(ContractError, match=r"a File holds bytes, got a str\. Write File\.read\('path'\)"):
        File("a,b")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"no picture", "image/png"),
        (b" " + PNG, "image/png"),
        (PNG, "image/svg+xml"),
        (PNG, "image/jpeg"),
        (b"", "image/png"),
    ],
)
def test_a_picture_that_is_none_is_refused(content: bytes, media_type: str) -> None:
    with pytest.raises(ContractError, match=r"a Picture holds a PNG or an SVG, got \d+ bytes of .* Write Picture\("):
        Picture(content, media_type)


def test_a_picture_shows_itself_in_a_notebook_and_keeps_its_bytes_out_of_its_repr() -> None:
    assert Picture(PNG, "image/png")._repr_mimebundle_() == {"image/png": PNG}
    assert Picture(b"\n<svg/>", "image/svg+xml")._repr_mimebundle_() == {"image/svg+xml": "\n<svg/>"}
    assert repr(Picture(PNG, "image/png")) == f"Picture({len(PNG)} bytes, 'image/png')"
    assert Picture(PNG, "image/png").suffix == ".png"


# Errors


def all_errors() -> list[type[BridgeError]]:
    found = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, BridgeError)]
    return [*found, UnknownPort, ModelFault]


@pytest.mark.parametrize("error", all_errors())
def test_every_error_survives_the_way_home_from_a_worker(error: type[BridgeError]) -> None:
    sent = error("s.x is in K, got the bare number 3.")
    came = pickle.loads(pickle.dumps(sent))
    assert type(came) is error
    assert str(came) == str(sent) == "s.x is in K, got the bare number 3."
    assert came.args == sent.args


def test_errors_are_also_what_python_programmers_expect() -> None:
    assert issubclass(errors.NotComputedYet, TypeError)
    assert issubclass(UnknownPort, AttributeError)
    assert issubclass(ModelFault, AssertionError)
    assert {errors.MissingInput, errors.UnknownName, errors.NotComputedYet} <= set(ContractError.__subclasses__())


def test_refusals_of_the_contract_survive_it_too() -> None:
    for refused in (lambda: model_of(source(float, "900 K")).call({}), lambda: model_of(sink(float)).require({"y": 1})):
        with pytest.raises(BridgeError) as caught:
            refused()
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_near_name_is_offered_and_else_the_known_ones() -> None:
    assert errors.did_you_mean("temprature", ["temperature", "stress"]) == "Did you mean 'temperature'?"
    assert errors.did_you_mean("zzz", ["b", "a"]) == "Known: a, b."
    assert errors.did_you_mean("zzz", []) == "There is none."
    models = ["creep.coble", "creep.nabarro_herring", "escape.ratio"]
    assert errors.did_you_mean("crepe.rate", models) == "Known: creep.coble, creep.nabarro_herring."
    assert errors.did_you_mean("crepe.cobel", models) == "Did you mean 'creep.coble'?"
    assert errors.did_you_mean("escpe.ratio", models) == "Did you mean 'escape.ratio'?"
    assert errors.did_you_mean("creep.ratio", models) == "Did you mean 'escape.ratio'?", "it is in another family"
    assert errors.did_you_mean("zzz", map(str, range(50))).endswith(", …."), "a long list is cut"


def test_records_made_on_the_fly_are_ports_like_any() -> None:
    holder = make_dataclass("Made", [("x", Annotated[float, "K"])], frozen=True)
    assert str(kind_of(holder, "s.x")) == "record of x"
