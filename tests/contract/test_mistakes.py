"""What is refused before anything runs: every kind of mistake at every kind of port, each with its legal twin."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

import pytest
from kinds_of_port import KINDS, Kind, Lattice, Mistake, accounts, cells_by_way
from mistakes import MISTAKES, wired, written
from ways import COARSE, FINE, WAYS, Done, Way, declared_by

from bridge import File, Picture, Within, check, model, stage
from bridge.errors import BridgeError, ContractError


@pytest.mark.parametrize(("way", "mistake", "kind"), cells_by_way(MISTAKES), ids=lambda x: x.name)
def test_a_mistake_is_refused_before_anything_runs_and_its_twin_passes(way: Way, mistake: Mistake, kind: Kind) -> None:
    with declared_by(way):
        refused_and_twin(mistake, kind)


def refused_and_twin(mistake: Mistake, kind: Kind) -> None:
    refused, twin = mistake.act(kind, mistake.at[kind.name])
    with pytest.raises(BridgeError) as caught:
        check(refused)
    message = str(caught.value)
    assert type(caught.value) is mistake.error, message
    assert all(end in message for end in mistake.says), message
    assert re.search(mistake.hint, message), message
    assert check(twin).stages


@pytest.mark.parametrize(("way", "count"), [("declared", (175, 63)), ("wrapped", (175, 63)), ("program", (175, 63))])
def test_every_cell_of_the_matrix_is_refused_or_declared_meaningless(way: str, count: tuple[int, int]) -> None:
    assert accounts(MISTAKES, WAYS[way]) == count


# Messages that DESIGN.md promises to the letter


@dataclass(frozen=True)
class Vacancy:
    migration_energy: Annotated[float, "eV"]
    jump_length: Annotated[float, "angstrom"]


@model("ase.vacancy", scale=FINE)
def vacancy() -> Vacancy:
    """Give a vacancy."""
    return Vacancy(0.79, 2.54)


@model("kmc.random_walk", scale=replace(COARSE, name="mesoscopic"))
def walk(
    barrier: Annotated[float, "eV"],
    temperature: Annotated[float, "K", Within(200, 1500)],
    *,
    walkers: int = 256,
) -> Done:
    """Walk."""
    return Done(True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            lambda v: {"barrier": v.jump_length, "temperature": "900 K"},
            "cannot wire ase.vacancy.jump_length [angstrom] to kmc.random_walk.barrier [eV]: [length] is not [energy].",
        ),
        (
            lambda v: {"barrier": v.migration_energy, "temperature": 900},
            "kmc.random_walk.temperature is in K, got the bare number 900. Write temperature='900 K'.",
        ),
        (
            lambda v: {"barrier": v.migration_energy, "temperature": "900"},
            "kmc.random_walk.temperature is in K, got the bare number 900. Write temperature='900 K'.",
        ),
        (
            lambda v: {"barrier": v.migration_energy, "temperature": "1600 K"},
            "kmc.random_walk.temperature was given 1600 K; it is valid between 200 and 1500 K.",
        ),
        (
            lambda v: {"barrier": v.migration_energy},
            "kmc.random_walk.temperature is float [K] and was not given. Write temperature=….",
        ),
        (
            lambda v: {"barrier": v.migration_energy, "temperature": "900 K", "walker": 3},
            "kmc.random_walk has no input 'walker'. Did you mean 'walkers'?",
        ),
    ],
)
def test_the_messages_are_those_of_the_design(given: Any, message: str) -> None:
    def flow() -> None:
        stage(walk).submit(**given(stage(vacancy).submit()))

    with pytest.raises(ContractError) as caught:
        check(flow)
    assert str(caught.value) == message


def test_an_enum_takes_its_member_as_well_as_its_text() -> None:
    chains = [check(written(KINDS["Enum"], value)[0]) for value in ("fcc", Lattice.FCC)]
    values = [chain.stages["coarse.sink"].sources["x"].value for chain in chains]
    assert values == [Lattice.FCC, Lattice.FCC]


def test_a_picture_fits_a_port_for_files() -> None:
    check(wired(Kind("any file", File, None), Picture)[0])
