"""Texts that are looked up where they are written, and things beside Python distributions that have a version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from bridge import Resolved, Scale, check, model, stage
from bridge.code import MADE_OF, code_of
from bridge.errors import ContractError, DeclarationError, ValueRefused
from bridge.models import Versioned, model_of
from bridge.store.keys import content_document, plan_key, versions

SHELF = {"emt": "3.29.0", "lj": "3.29.0"}


def shelved(text: str) -> str:
    """A name with the version that stands on the shelf."""
    name = text.partition(" ")[0]
    if name not in SHELF:
        raise ContractError(f"nothing on the shelf is named {name!r}. Write 'emt'.")
    here = f"{name} ({SHELF[name]})"
    if text not in (name, here):
        raise ContractError(f"{text!r} was asked for, and {here!r} is here.")
    return here


@dataclass(frozen=True)
class Named:
    name: str


@model("fine.named", scale=Scale("fine"))
def named(potential: Annotated[str, Resolved(shelved)] = "emt") -> Named:
    """Tell what was meant."""
    return Named(potential)


@model("fine.tells", scale=Scale("fine"))
def tells(text: str = "emt") -> Named:
    """Tell a name."""
    return Named(text)


def planned(**given: Any) -> tuple[Any, str]:
    chain = check(lambda: stage(named).submit(**given))
    (used,) = chain.stages.values()
    return used.sources["potential"].value, plan_key(used, {})


def test_a_name_is_read_as_what_it_means_here_written_or_by_default() -> None:
    assert planned(potential="emt") == planned() == planned(potential="emt (3.29.0)")
    assert planned()[0] == "emt (3.29.0)"


def test_a_new_version_is_a_new_key(monkeypatch: pytest.MonkeyPatch) -> None:
    _, old = planned()
    monkeypatch.setitem(SHELF, "emt", "3.30.0")
    value, new = planned()
    assert value == "emt (3.30.0)"
    assert new != old


def test_what_nobody_knows_is_refused_before_anything_runs() -> None:
    with pytest.raises(ContractError, match=r"fine\.named\.potential: nothing on the shelf is named 'emd'\. Write"):
        planned(potential="emd")


def test_a_name_that_is_wired_is_read_where_it_arrives() -> None:
    kind = model_of(named).inputs["potential"].kind
    source = model_of(tells).outputs.port("name", "fine.tells").kind
    assert kind.deliver("lj", source, "fine.named.potential") == "lj (3.29.0)"
    with pytest.raises(ValueRefused, match=r"fine\.named\.potential: 'lj \(3\.28\)' was asked for"):
        kind.deliver("lj (3.28)", source, "fine.named.potential")


@pytest.mark.parametrize("annotation", [float, int, bool, Annotated[float, "K"]])
def test_only_a_text_is_looked_up(annotation: Any) -> None:
    def compute(x: Any) -> Named:
        """Compute."""
        return Named("")

    compute.__annotations__ = {"x": Annotated[annotation, Resolved(shelved)], "return": Named}
    with pytest.raises(DeclarationError, match=r"fine\.wrong\.x is no str, which has no meaning"):
        model_of(model("fine.wrong", scale=Scale("fine"))(compute))


# Versions


class Program:
    """A program of some version."""

    name = "solver"

    def __init__(self, found: str | None) -> None:
        self.found = found

    def version(self) -> str:
        if self.found is None:
            raise ContractError("solver is not installed: apt-get install solver.")
        return self.found


def solved(found: str | None) -> Any:
    def solve() -> Named:
        """Solve."""
        return Named("")

    solve.__annotations__ = {"return": Named}
    return model("fine.solve", scale=Scale("fine"), depends=["ase", Program(found)])(solve)


def test_the_version_of_a_program_is_part_of_both_keys() -> None:
    assert isinstance(Program("1.2"), Versioned)
    one, other = model_of(solved("1.2")), model_of(solved("1.3"))
    assert versions(one)["solver"] == "1.2"
    assert set(versions(one)) == {"ase", "solver"}
    assert one.distributions == ("ase",)
    assert content_document(one, "code", {}) != content_document(other, "code", {})


def test_a_program_that_is_missing_is_named_before_anything_runs() -> None:
    (used,) = check(lambda: stage(solved(None)).submit()).stages.values()
    with pytest.raises(ContractError, match="apt-get install solver"):
        plan_key(used, {})


# Code of what adapters make


def made(factor: float, of: Any) -> Any:
    def function() -> Named:
        """Give a name."""
        return Named(str(of(factor)))

    setattr(function, MADE_OF, (of, {"factor": factor}))
    return function


def twice(x: float) -> float:
    return 2 * x


def thrice(x: float) -> float:
    return 3 * x


def test_what_a_function_was_made_of_is_its_code() -> None:
    """Digests are those of modules here; functions of one module differ by the values they were made with."""
    first, same, other = (code_of(made(factor, twice)).digest for factor in (1.0, 1.0, 2.0))
    assert first == same != other
    assert any(".function[1]" in name for name, _ in code_of(made(1.0, thrice)).sources)


def test_only_modules_are_waited_for_by_whoever_runs_it() -> None:
    """What a process has yet to import is read again before a run; values and functions are not imported."""
    assert code_of(made(3.0, twice)).late == frozenset()


def test_functions_of_one_name_stay_apart() -> None:
    def pair(first: Any, second: Any) -> str:
        def function() -> Named:
            """Give a name."""
            return Named(str(first(second(1.0))))

        setattr(function, MADE_OF, (first, second))
        function.__module__ = "__main__"
        return code_of(function).digest

    ways: list[Any] = [lambda x: x + 1, lambda x: x + 2]
    for way in ways:
        way.__module__ = "__main__"
    assert len({pair(a, b) for a in ways for b in ways}) > 2
