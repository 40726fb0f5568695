"""What is written is what is read: documents, and flows with every kind of value, key by key."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import numpy as np
import pytest
from ase import Atoms
from ase.constraints import FixAtoms
from kinds_of_port import COARSE, FINE, KINDS, PNG, Floats, cell, cell_literal, copper, sink
from numpy.typing import NDArray

from bridge import File, Picture, Q, Scale, check, closure, model, stack, stage, via
from bridge.errors import ContractError, UnknownName
from bridge.run.flowfile import load_flow
from bridge.run.plain.export import Written, written
from bridge.run.plan import plan_keys

Install = Callable[[Mapping[str, Any]], None]


def put(found: Written, folder: Path) -> Any:
    """The flow in a folder of its own."""
    (folder / "test.yaml").write_text(found.text)
    for name, content in found.files.items():
        (folder / name).write_bytes(content)
    return load_flow(str(folder / "test.yaml"))


def keys(flow: Any, **parameters: Any) -> dict[str, str]:
    return plan_keys(check(flow, **parameters))


class Phase(enum.Enum):
    SOLID = "solid"


@dataclass(frozen=True)
class Out:
    y: Annotated[float, "m"]
    row: Annotated[Floats, "m", ("x",)]
    count: int


@model("fine.make", scale=FINE)
def make(
    length: Annotated[float, "m"] = 1.0,
    phase: Phase = Phase.SOLID,
    *,
    order: int = 2,
    quick: bool = False,
    of: str = "x",
) -> Out:
    """Make a length."""
    return Out(length, np.zeros(3), order)


@dataclass(frozen=True)
class Ok:
    ok: bool


ZEROS: dict[str, Any] = {
    "lengths": np.zeros(2),
    "table": np.zeros((2, 3)),
    "counts": np.zeros(2, np.int64),
    "single": np.zeros(1, np.float32),
    "waves": np.zeros(1, complex),
    "mask": np.zeros(1, bool),
    "each": np.zeros(1),
    "large": np.zeros(1, np.uint64),
}


@model("coarse.take", scale=COARSE)
def take(
    lengths: Annotated[Floats, "mm", ("n",)] = ZEROS["lengths"],
    table: Annotated[Floats, "mm", ("n", "x")] = ZEROS["table"],
    counts: Annotated[NDArray[np.int64], ("n",)] = ZEROS["counts"],
    single: Annotated[NDArray[np.float32], "K", ("a",)] = ZEROS["single"],
    waves: Annotated[NDArray[np.complex128], "V", ("a",)] = ZEROS["waves"],
    mask: Annotated[NDArray[np.bool_], ("a",)] = ZEROS["mask"],
    each: Annotated[Floats, "K", ("sample|1",)] = ZEROS["each"],
    large: Annotated[NDArray[np.uint64], ("a",)] = ZEROS["large"],
    anything: Annotated[float, "kg"] = 1.0,
) -> Ok:
    """Take arrays."""
    return Ok(True)


@dataclass(frozen=True)
class Dose:
    mass: Annotated[float, "mg/L"]


@model("fine.dose", scale=FINE)
def dose() -> Dose:
    """A concentration."""
    return Dose(1.0)


@dataclass(frozen=True)
class Inner:
    inner: Out


@model("fine.deep", scale=FINE)
def deep() -> Inner:
    """A record in a record."""
    raise NotImplementedError


@model("coarse.molar", scale=COARSE)
def molar(amount: Annotated[float, "mol/L"], out: Out, y: Annotated[float, "m"]) -> Ok:
    """Take an amount."""
    return Ok(True)


class Flux(Protocol):
    def __call__(self, gradient: Annotated[float, "K/m"]) -> Annotated[float, "W/m^2"]: ...


@dataclass(frozen=True)
class Answer:
    flux: Annotated[float, "W/m^2"]


@dataclass(frozen=True)
class Lifted:
    drop: Annotated[float, "K"]


@model("fine.lift", scale=FINE)
def lift(gradient: Annotated[float, "K/m"], width: Annotated[float, "m"]) -> Lifted:
    """Lift."""
    return Lifted(gradient * width)


@model("fine.cell", scale=FINE)
def of_cell(drop: Annotated[float, "K"], row: Annotated[Floats, "m", ("x",)], *, steps: int = 3) -> Answer:
    """Answer."""
    return Answer(drop)


@model("coarse.ask", scale=COARSE)
def ask(flux: Flux) -> Ok:
    """Ask."""
    return Ok(True)


MINE = {"fine.make": make, "coarse.take": take}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_literal_of_every_kind_of_port_keeps_its_key(kind: Any, install: Install, tmp_path: Path) -> None:
    used = sink(kind.annotation, setting=kind.setting)
    install({"coarse.sink": used})

    def flow() -> None:
        stage(used).submit(x=kind.literal)

    assert keys(put(written(flow, {}), tmp_path)) == keys(flow)


@pytest.mark.parametrize(
    "given",
    [
        {"lengths": Q([1, 2, 3], "km")},
        {"lengths": Q(np.array([0.1, 1 / 3, 1e-300]), "angstrom")},
        {"lengths": ["1 km", "2 mm"]},
        {"lengths": "1 km, 0.3 mm"},
        {"lengths": Q(np.array([0.1, 0.7], np.float32), "km")},
        {"lengths": Q(np.zeros(0), "km")},
        {"table": Q(np.zeros((0, 3)), "m")},
        {"table": Q(np.arange(12.0).reshape(4, 3) / 7, "ft")},
        {"lengths": Q(np.arange(5000.0) / 7, "m"), "table": Q(np.arange(5000.0)[:, None] / 7, "m")},
        {"counts": [1, 2, 2**62]},
        {"counts": np.array([3, 4], np.int16)},
        {"large": np.array([1, 2**64 - 1], np.uint64)},
        {"single": Q(np.array([0.1, 2.5], np.float32), "K")},
        {"waves": Q(np.array([1 + 2j, -0.1j, 1e-300]), "mV")},
        {"mask": np.array([True, False])},
        {"each": "300 K"},
        {"each": Q(25.5, "degC")},
        {"each": Q([300, 301], "K")},
        {"anything": Q(1 / 3, "lb")},
        {"anything": "1e-3 g"},
        {"anything": Q(np.float32(0.1), "g")},
    ],
    ids=str,
)  # fmt: skip
def test_arrays_and_quantities_keep_their_keys_bit_for_bit(
    given: dict[str, Any], install: Install, tmp_path: Path
) -> None:
    install(MINE)

    def flow() -> None:
        stage(take).submit(**given)

    assert keys(put(written(flow, {}, stem="test"), tmp_path)) == keys(flow)


def test_what_is_large_goes_into_files_beside_and_is_held_against_its_digest(install: Install, tmp_path: Path) -> None:
    install(MINE | {"coarse.sink": (used := sink(File))})
    content = b"0123456789" * 10_000

    def flow() -> None:
        stage(take).submit(lengths=Q(np.arange(5000.0), "m"))
        stage(used).submit(x=File(content, "text/csv"))
        stage(used, name="again").submit(x=File(content, "text/csv"))

    with pytest.raises(ContractError, match=r"coarse\.take\.lengths is given \d+ bytes, which go into a file .*--out"):
        written(flow, {})
    found = written(flow, {}, stem="big")
    assert sorted(found.files) == ["big.coarse.sink.x.csv", "big.coarse.take.lengths.npy"], "one content, one file"
    assert keys(put(found, tmp_path)) == keys(flow)
    (tmp_path / "big.coarse.sink.x.csv").write_bytes(content + b"!")
    with pytest.raises(ContractError, match=r"test\.yaml:\d+:\d+: 'big\.coarse\.sink\.x\.csv' is not the file that"):
        load_flow(str(tmp_path / "test.yaml"))


def test_small_texts_and_pictures_stand_in_the_file(install: Install) -> None:
    used = sink(File)
    install({"coarse.sink": used})

    def flow(content: bytes, media: str) -> Any:
        def body() -> None:
            stage(used).submit(x=(Picture if "image" in media else File)(content, media))

        return body

    assert "text: |\n" in written(flow(b"a,b\n1,2\n", "text/csv"), {}).text
    assert "base64: " in written(flow(b"a,b\r\n1,2\r\n", "text/csv"), {}).text, "its ends of lines are kept"
    assert "base64: " in written(flow(b"\xff" * 3000, "text/csv"), {}).text
    assert "picture: true" in written(flow(PNG, "image/png"), {}).text


def test_atoms_keep_what_they_carry(install: Install, tmp_path: Path) -> None:
    used = sink(Atoms)
    install({"coarse.sink": used})
    atoms = copper()
    atoms.set_initial_magnetic_moments([0.1, -0.3])
    atoms.set_constraint(FixAtoms([0]))
    atoms.info.update(name="pair", nested={"k": (1, 2.5, None)}, rows=np.eye(2))
    atoms.pbc = (True, False, True)

    def flow() -> None:
        stage(used).submit(x=atoms)

    assert keys(put(written(flow, {}), tmp_path)) == keys(flow)


def test_a_record_is_written_field_by_field_whatever_it_was_given_as(install: Install, tmp_path: Path) -> None:
    used = sink(KINDS["record"].annotation)
    install({"coarse.sink": used})
    for value in (cell(), cell_literal(), cell_literal(edge=Q(0.36, "nm"))):

        def flow(value: Any = value) -> None:
            stage(used).submit(x=value)

        found = written(flow, {})
        assert "record:\n" in found.text
        assert keys(put(found, tmp_path)) == keys(flow)


def test_wires_of_every_kind_keep_their_keys(install: Install, tmp_path: Path) -> None:
    install(MINE | {"fine.dose": dose, "fine.deep": deep, "coarse.molar": molar})

    def flow() -> None:
        a, b, e = stage(make).submit(), stage(make).submit(length="2 m"), stage(deep).submit()
        stage(make, name="fine").submit()
        stage(make, name="fine.make.y").submit()
        given = {"out": e.inner, "y": e.inner.y}
        stage(molar).submit(amount=via(stage(dose).submit().mass, molar_mass="148 kDa"), **given)
        stage(molar, name="whole").submit(amount=via(stage(dose).submit(), molar_mass="1 kg/mol").mass, out=a, y=b.y)
        rows = stack([a.row, b.row], dim="n", coord=Q([1, 2], "m"))
        stage(take, retries=2, timeout="10 min", memory="4 GB", accept="a/b").submit(
            lengths=stack([a.y, b.y, "3 mm", Q(4, "cm")], dim="n"), table=rows, counts=stack([a.count, 3], dim="n")
        )

    found = written(flow, {})
    assert "{from: fine.make, port: y}" in found.text, "fine.make.y alone may be a stage"
    assert "coord: [1 meter, 2 meter]" in found.text
    back = put(found, tmp_path)
    assert keys(back) == keys(flow)
    assert [s.options for s in check(back).stages.values()] == [s.options for s in check(flow).stages.values()]
    assert check(back).stages["coarse.take"].sources["table"] == check(flow).stages["coarse.take"].sources["table"]


def test_closures_keep_their_keys_with_lift_and_restrict_and_parameters(install: Install, tmp_path: Path) -> None:
    install(MINE | {"fine.lift": lift, "fine.cell": of_cell, "coarse.ask": ask})

    def flow(tolerance: str = "1 %", width: str = "2 mm", steps: int = 5) -> None:
        row = stage(make).submit().row
        given = {"row": row, "steps": steps, "width": width}
        fine = closure(of_cell, lift=lift, tolerance=tolerance, timeout="5 min", where="threads", inputs=given)
        stage(ask).submit(flux=fine)

    found = written(flow, {})
    assert list(found.document.parameters) == ["tolerance", "width", "steps"]
    back = put(found, tmp_path)
    assert keys(back) == keys(flow)
    for other in ({"tolerance": "2 %"}, {"width": "3 mm"}, {"steps": 7}):
        assert keys(back, **other) == keys(flow, **other) != keys(flow)


# Parameters


def test_a_parameter_that_the_body_looks_at_is_fixed_and_said_so(install: Install, tmp_path: Path) -> None:
    install(MINE)

    def flow(length: str = "1 m", several: int = 2, near: str = "a", maybe: Any = None, quick: bool = False) -> None:
        for _ in range(several):
            stage(make).submit(length=length, of=f"{near}!", quick=quick if maybe is None else True)

    found = written(flow, {"near": "b"})
    assert list(found.document.parameters) == ["length", "quick"]
    assert found.document.fixed == {"several": 2, "near": "b", "maybe": "None"}
    back = put(found, tmp_path)
    assert keys(back, length="3 m") == keys(flow, length="3 m", near="b")
    assert written(back, {}).document == found.document, "it says so when it is written again"
    with pytest.raises(UnknownName, match=r"several of flow 'flow' is fixed at 2: .* chain FLOW\.py -p several="):
        check(back, several=3)


def test_a_parameter_that_the_body_decides_by_unnoticed_is_fixed(install: Install, tmp_path: Path) -> None:
    install(MINE)

    def flow(length: str = "1 m", of: str = "x") -> None:
        stage(make).submit(length=length, of=of if type(of) is str else "y")

    found = written(flow, {})
    assert (list(found.document.parameters), found.document.fixed) == (["length"], {"of": "x"})
    assert keys(put(found, tmp_path)) == keys(flow)


def test_types_are_written_where_the_default_does_not_tell_them(install: Install) -> None:
    install(MINE)

    def flow(length, order: int, quick: bool = False, of: str = "no", ratio: float = 1) -> None:  # type: ignore[no-untyped-def]
        stage(make).submit(length=length, order=order, quick=quick, of=of)

    text = written(flow, {"length": "1 m", "order": 3}).text
    for line in ("length: {type: any, default: 1 m}", "order: 3", "quick: false", "of: 'no'"):
        assert f"\n  {line}\n" in text
    assert "\n  ratio: {type: float, default: 1}\n" in text, "a parameter that nothing takes is still one"


def test_a_function_of_the_flow_file_itself_cannot_be_written() -> None:
    @model("fine.make", scale=Scale("fine"))
    def own() -> Ok:
        """Not registered."""
        return Ok(True)

    def flow() -> None:
        stage(own).submit()

    with pytest.raises(
        ContractError, match=r"uses the model 'fine\.make', which is a function of the flow's own.*plugins new"
    ):
        written(flow, {})
