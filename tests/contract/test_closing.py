"""Closures at wiring: a fine model that does not fit is refused before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import numpy as np
import pytest
from numpy.typing import NDArray

from bridge import Scale, closure, model
from bridge.chain.chain import Chain
from bridge.errors import ContractError, DeclarationError, MissingInput, UnknownName, ValueRefused
from bridge.kinds.closure import Closure
from bridge.models import model_of
from bridge.store.keys import plan_key
from bridge.testing import ModelFault, check_model, plain

SCALE = Scale("here", length="1 um .. 1 mm")


Image = Annotated[NDArray[np.float64], "K", ("x", "y")]


class Flux(Protocol):
    def __call__(
        self, gradient: Annotated[float, "K/m"], temperature: Annotated[float, "K"] = 300.0
    ) -> Annotated[float, "W/m^2"]: ...


@dataclass(frozen=True)
class Both:
    flux: Annotated[float, "W/m^2"]
    capacity: Annotated[float, "J/K"]


class Two(Protocol):
    def __call__(self, gradient: Annotated[float, "K/m"]) -> Both: ...


@dataclass(frozen=True)
class Total:
    total: Annotated[float, "W/m^2"]


@model("closing.macro", scale=SCALE)
def macro(flux: Flux, length: Annotated[float, "m"] = 1.0) -> Total:
    """One question."""
    return Total(flux(gradient=1.0 / length))


@model("closing.two", scale=SCALE)
def two(answers: Two) -> Total:
    """A question with two answers."""
    found = answers(gradient=2.0)
    many = answers.map({"gradient": [1.0, 2.0]})  # type: ignore[attr-defined]
    return Total(found.flux * found.capacity + many.flux.sum() + many.capacity.sum())


@dataclass(frozen=True)
class Conduction:
    flux: Annotated[float, "kW/m^2"]
    capacity: Annotated[float, "kJ/K"]
    heat: Annotated[float, "J"]


@model("closing.cell", scale=SCALE)
def cell(
    gradient: Annotated[float, "K/mm"], temperature: Annotated[float, "K"] = 1.0, k: Annotated[float, "W/(m*K)"] = 1.0
) -> Conduction:
    """Fourier's law."""
    return Conduction(-k * gradient * temperature, 2.0 * k, 0.0)


@dataclass(frozen=True)
class Heat:
    heat: Annotated[float, "J"]


@model("closing.heat", scale=SCALE)
def heat(gradient: Annotated[float, "K/m"], temperature: Annotated[float, "K"]) -> Heat:
    """An answer in joules."""
    return Heat(gradient)


@model("closing.slope", scale=SCALE)
def slope(slope: Annotated[float, "K/m"], temperature: Annotated[float, "K"]) -> Conduction:
    """An input of another name."""
    return Conduction(slope, slope, slope)


@model("closing.seconds", scale=SCALE)
def seconds(gradient: Annotated[float, "s"], temperature: Annotated[float, "K"]) -> Conduction:
    """An input of another dimension."""
    return Conduction(gradient, 1.0, 1.0)


def add(of: Any, **given: Any) -> Any:
    return Chain().add(model_of(of), given)


#: What is written, and words of the refusal.
REFUSED: list[tuple[Any, type[Exception], str]] = [
    (lambda: 3.0, ContractError, r"K/m\].*\) -> .*got 3.0 \(float\). Write flux=closure\('MODEL', …\)"),
    (
        lambda: closure(heat),
        ContractError,
        r"with closing.heat: float \[W/m\^2\] is wanted, .*heat: .*\[energy\] is not",
    ),
    (
        lambda: closure(slope),
        ContractError,
        r"asks with gradient: float .*closing.slope has no input 'gradient'.*lift=…",
    ),
    (
        lambda: closure(seconds),
        ContractError,
        r"asks with gradient: .*, but closing.seconds.gradient: .* is not \[time\]",
    ),
    (lambda: closure(cell, output="flow"), ContractError, "closing.cell has no output 'flow'. Known: capacity, flux"),
    (lambda: closure(cell, output="heat"), ContractError, r"is wanted, but closing.cell.heat: .*\[energy\] is not"),
    (lambda: closure(cell, k="3 W"), ContractError, r"closing.macro.flux.k is float .*, got '3 W': \[power\] is not"),
    (lambda: closure(cell, kk="3 W"), UnknownName, "flux: closing.cell has no input 'kk'. Did you mean 'k'"),
    (lambda: closure(cell, gradient="3 K/m"), ContractError, "'gradient' is what the coarse model asks with"),
    (lambda: closure(cell, tolerance="1 s"), ContractError, "tolerance='1 s' does not fit the answer"),
    (lambda: closure(cell, tolerance=0.01), ContractError, "tolerance=0.01 is no tolerance. Write '1 %'"),  # type: ignore[arg-type]
    (lambda: closure(cell, tolerance="10"), ContractError, "tolerance='10' is no tolerance. Write '1 %'"),
    (lambda: closure(cell, tolerance="100 %"), ContractError, "lets the surrogate say anything"),
    (lambda: closure(cell, tolerence="1 %"), UnknownName, "has no input 'tolerence'. Did you mean 'tolerance'"),
    (lambda: closure(cell, tolerance="-1 %"), ContractError, "tolerance='-1 %' is no tolerance. Write '1 %'"),
    (lambda: closure(cell, tolerance="0 %", noisy=True), ContractError, "closing.cell is noisy: no number of calls"),
    (lambda: closure(cell, way="cubic"), ContractError, "way='cubic' is none of 'gaussian', 'linear', 'nearest'"),
    (lambda: closure(cell, on_failure="go on"), ContractError, "on_failure='go on' is none of 'stop', 'nearest'"),
    (lambda: closure(cell, timeout="soon"), ContractError, "timeout='soon'"),
    (lambda: closure("closing.sell"), UnknownName, "closing.sell"),
    (lambda: closure(cell, k=closure(cell)), ContractError, "closing.macro.flux.k is a closure inside a closure"),
    (lambda: closure(macro), ContractError, "with closing.macro: it has a closure of its own"),
    (lambda: closure(cell, restrict=slope), ContractError, "no output of closing.cell is an input of closing.slope"),
    (lambda: closure(cell, lift=heat), ContractError, "no output of closing.heat is an input of closing.cell"),
]


@pytest.mark.parametrize(("given", "error", "said"), REFUSED, ids=[said[:40] for _, _, said in REFUSED])
def test_what_does_not_fit_is_refused_at_wiring(given: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        add(macro, flux=given())


def test_a_closure_must_be_given() -> None:
    with pytest.raises(MissingInput, match=r"closing.macro.flux is closure \(.*was not given"):
        add(macro)


def test_only_closure_ports_take_closures() -> None:
    with pytest.raises(
        ContractError,
        match=r"length is float \[m\], no closure: it was given closure\('closing.cell', …\)",
    ):
        add(macro, flux=closure(cell), length=closure(cell))


def test_a_closure_port_takes_no_wire() -> None:
    from bridge.chain.values import Output

    chain = Chain()
    chain.add(model_of(cell), {"gradient": "1 K/m"}, name="cell")
    with pytest.raises(ContractError, match="a closure is no value that a stage computes"):
        chain.add(model_of(macro), {"flux": Output(chain, "cell", model_of(cell).outputs).flux})


def test_what_a_closure_fixes_may_be_wired_and_is_part_of_the_plan() -> None:
    from bridge.chain.values import Output

    def key(**more: Any) -> str:
        chain = Chain()
        first = chain.add(model_of(cell), {"gradient": "1 K/m"}, name="first")
        wired = Output(chain, "first", model_of(cell).outputs)
        with pytest.raises(ContractError, match=r"cannot wire first.flux \[kW/m\^2\] to closing.macro.flux.k"):
            chain.add(model_of(macro), {"flux": closure(cell, k=wired.flux)})
        added = chain.add(model_of(macro), {"flux": closure(cell, **more)})
        return plan_key(added, {"first": plan_key(first, {})})

    alike: list[dict[str, Any]] = [{}, {"k": "1 W/(m*K)"}, {"where": "process"}, {"retries": 3}]
    other = [{"k": "2 W/(m*K)"}, {"tolerance": "1 %"}, {"tolerance": "1 %", "way": "linear"}]
    assert len({key(**more) for more in alike}) == 1
    assert len({key(**more) for more in (*alike, *other)}) == 4


def test_records_are_answered_by_name_and_units_converted() -> None:
    assert check_model(two, answers=closure(cell, temperature="1 K"))["total"] == pytest.approx(
        -2.0 * 2000 - 3.0 + 4000
    )
    assert check_model(macro, flux=closure(cell, k="2 W/(m*K)"), length="2 m")["total"] == pytest.approx(-0.5 * 2 * 300)


def test_a_plain_function_stands_in_for_a_closure() -> None:
    flux = plain(lambda gradient: Both(-gradient, 2.0))
    assert two(flux).total == -4.0 - 3.0 + 4.0
    assert flux.calls == 3


def test_a_state_is_checked_before_it_is_asked() -> None:
    @model("closing.wrong", scale=SCALE)
    def wrong(flux: Flux, way: str) -> Total:
        """Wrong questions."""
        asked: Any = flux
        return {
            "nan": lambda: asked(gradient=np.nan),
            "name": lambda: asked(gradiant=1.0),
            "none": lambda: asked(),
            "length": lambda: asked.map({"gradient": [1.0, 2.0], "temperature": [1.0]}),
            "list": lambda: asked.map([1.0]),
        }[way]()

    for way, error, said in (
        ("nan", ValueRefused, "flux.gradient was asked with nan: only finite numbers may be asked"),
        ("name", UnknownName, "flux was asked with 'gradiant'. Did you mean 'gradient'"),
        ("none", MissingInput, r"flux was asked without gradient \(float \[K/m\]\)"),
        ("length", ContractError, "every array has one element a state"),
        ("list", ContractError, "takes arrays by name"),
    ):
        with pytest.raises(error, match=said):
            check_model(wrong, flux=closure(cell), way=way)


def test_states_may_be_given_in_order_and_what_is_the_same_for_all_once() -> None:
    @model("closing.ways", scale=SCALE)
    def ways(flux: Flux) -> Total:
        """Four ways to ask the same."""
        asked: Any = flux
        one = [asked(2.0, 1.0), asked(2.0, temperature=1.0), asked(gradient=2.0, temperature=1.0)]
        many = [*asked.map({"gradient": [2.0], "temperature": 1.0}), *asked.map(gradient=[2.0], temperature=[1.0])]
        assert len({*one, *many}) == 1
        return Total(one[0])

    assert check_model(ways, flux=closure(cell))["total"] == pytest.approx(-2.0)

    @model("closing.often", scale=SCALE)
    def often(flux: Flux) -> Total:
        """Too many values."""
        return Total(flux(1.0, 2.0, 3.0))  # type: ignore[call-arg]

    with pytest.raises(ContractError, match=r"was asked with 3 values .*: it takes gradient, temperature"):
        check_model(often, flux=closure(cell))


def test_protocols_that_say_too_little_are_refused() -> None:
    class NoCall(Protocol):
        def map(self) -> float: ...

    class Anything(Protocol):
        def __call__(self, **state: float) -> float: ...

    class NoAnswer(Protocol):
        def __call__(self, x: Annotated[float, "m"]): ...

    class NoQuestion(Protocol):
        def __call__(self) -> Annotated[float, "m"]: ...

    class Images(Protocol):
        def __call__(self, image: Image) -> Image: ...

    for protocol, said in (
        (NoCall, "a Protocol without __call__"),
        (Anything, r"takes \*state"),
        (NoAnswer, "the answer of .* is annotated nothing"),
        (NoQuestion, "asked with values, at least one"),
    ):

        def uses(ask): ...  # type: ignore[no-untyped-def]

        uses.__annotations__ = {"ask": protocol, "return": Total}
        with pytest.raises(DeclarationError, match=said):
            model_of(model("closing.uses", scale=SCALE)(uses))

    def images(ask): ...  # type: ignore[no-untyped-def]

    images.__annotations__ = {"ask": Images, "return": Total}
    kind = model_of(model("closing.images", scale=SCALE)(images)).inputs["ask"].kind
    assert isinstance(kind, Closure)
    assert str(kind.answer) == "float64 array [K] (x, y)"


def test_a_model_that_asks_at_random_is_found_out() -> None:
    counter = iter(range(100))

    @model("closing.random", scale=SCALE)
    def random(flux: Flux) -> Total:
        """Another question each time."""
        return Total(flux(gradient=float(next(counter))))

    with pytest.raises(ModelFault, match="differs between two runs"):
        check_model(random, flux=closure(cell))
