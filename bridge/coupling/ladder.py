"""Ladders of scales: a state brought up from rung to rung, or a problem solved down from the coarse rung to the fine.

The rungs are whatever is varied: frequencies, sizes of a mesh, temperatures; continuation in a parameter is the same
verb. In a flow every rung is a stage, so that the store has the state of every rung and a ladder run again, or made
longer, finds them. Outside a flow the same call takes a plain function and computes at once.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bridge.chain.values import NotYet
from bridge.errors import ContractError, MissingInput
from bridge.literals import split
from bridge.run.stage import Use
from bridge.units import Q, is_quantity

Solve = Use | Callable[..., Any]
Rung = Mapping[str, Any]
#: Inputs carried from rung to rung: names of outputs that are inputs too, or each input with its output.
Carry = str | Sequence[str] | Mapping[str, str]
#: An input that limits the steps of a rung's solver, and how it follows from the rung.
StepCap = Mapping[str, Callable[[Mapping[str, Any]], Any]]

_OUTSIDE_NAMES = re.compile(r"[^A-Za-z0-9_.=+ -]")  # what the name of a stage may not have
_LONGEST_NAME = 64


def down(
    problem: Mapping[str, Any],
    rungs: Sequence[Rung],
    solve: Solve,
    *,
    carry: Carry,
    step_cap: StepCap | None = None,
) -> list[Any]:
    """Solve a problem rung by rung, each beginning where the one before ended; the states of all rungs, in order.

    ``problem`` has the inputs common to all rungs and, under the names in ``carry``, where the first rung begins.
    Each of ``rungs`` has the inputs of its own. ``solve`` is ``stage("waves.invert")`` in a flow, where each rung
    becomes a stage named for what the rung is (``waves.invert at 2 Hz``), or a plain function called with the same
    inputs. ``carry`` says what goes on: ``"velocity"`` for an output that is also an input, ``{"guess": "state"}``
    where the names differ; a function that gives a bare array or number carries that.

    ``step_cap`` ties the longest step of a rung's solver to the rung's own scale: ``{"largest_step": lambda rung:
    0.25 / rung["frequency"]}`` is a quarter of a period. Its function gets the rung with texts read as
    quantities. Without one, a solver on a coarse rung may leap out of the basin that the rung was chosen for.

    Raises ContractError or MissingInput for a ladder that cannot be meant; what a rung raises says which rung it was.
    """
    return _walk(problem, rungs, solve, _carried_names(carry), step_cap or {}, "down")


def up(
    problem: Any,
    rungs: Sequence[Any],
    restrict: Solve | None = None,
    *,
    carry: Carry = (),
) -> list[Any]:
    """Restrict a fine state rung by rung: the states of all coarser rungs, in order.

    With transfers for rungs, as ``up(field, [block_mean(2), block_mean(2)])``, each restricts what the one before
    left. With ``restrict`` the rungs are mappings and everything is as in ``down``, so that in a flow each coarser
    state is a stage's. Raises ContractError or MissingInput for a ladder that cannot be meant.
    """
    if restrict is not None:
        return _walk(problem, rungs, restrict, _carried_names(carry), {}, "up")
    _some(rungs, "up")
    states, state = [], problem
    for number, rung in enumerate(rungs, 1):
        if not callable(getattr(rung, "restrict", None)):
            raise ContractError(
                f"ladder.up: rung {number} is {rung!r}, which cannot restrict. Write transfers, as in "
                "up(field, [block_mean(2), block_mean(2)]), or say restrict=stage('…') and give mappings."
            )
        state = rung.restrict(state)
        states.append(state)
    return states


def _walk(
    problem: Mapping[str, Any],
    rungs: Sequence[Rung],
    solve: Solve,
    carry: Mapping[str, str],
    step_cap: StepCap,
    verb: str,
) -> list[Any]:
    _check(problem, rungs, solve, carry, step_cap, verb)
    states: list[Any] = []
    going = {name: problem[name] for name in carry}
    for number, rung in enumerate(rungs, 1):
        caps = {name: cap(_read(rung)) for name, cap in step_cap.items()}
        inputs = {**problem, **rung, **going, **caps}
        if isinstance(solve, Use):
            base = solve.name or solve.model.name
            state = dataclasses.replace(solve, name=_name(base, rung, number)).submit(**inputs)
        else:
            try:
                state = solve(**inputs)
            except Exception as error:
                error.add_note(f"at rung {number} of {len(rungs)} of the ladder: {_told(rung)}")
                raise
        states.append(state)
        if number < len(rungs):
            going = {into: _part(state, output, len(carry), number) for into, output in carry.items()}
    return states


def _check(problem: Any, rungs: Any, solve: Any, carry: Mapping[str, str], step_cap: Any, verb: str) -> None:
    """Refuse a ladder that cannot be meant. Raises ContractError or MissingInput."""
    if not isinstance(solve, Use) and not callable(solve):
        write = f"stage({solve!r})" if isinstance(solve, str) else "stage('name of a model')"
        raise ContractError(f"ladder.{verb} takes a stage or a function for each rung, got {solve!r}. Write {write}.")
    if not isinstance(problem, Mapping):
        raise ContractError(
            f"ladder.{verb}: the problem is given as inputs by name, got {problem!r}. "
            "Write {'velocity': '2000 m/s'}, where velocity is what the first rung begins with."
        )
    _some(rungs, verb)
    if not carry:
        raise ContractError(f"ladder.{verb} carries nothing from rung to rung. Write carry='velocity', say.")
    for name in carry:
        if name not in problem:
            raise MissingInput(
                f"ladder.{verb}: the first rung has nothing to begin with for {name!r}. "
                f"Write {name!r} with its first value into the problem."
            )
    for number, rung in enumerate(rungs, 1):
        if not isinstance(rung, Mapping):
            raise ContractError(
                f"ladder.{verb}: rung {number} is {rung!r}. Write the inputs of the rung by name: "
                "{'frequency': '2 Hz'}."
            )
        for name in (*carry, *step_cap):
            if name in rung:
                why = "carried from the rung before" if name in carry else "what step_cap computes"
                raise ContractError(f"ladder.{verb}: rung {number} gives {name!r}, which is {why}. Leave it out there.")
    for name, cap in step_cap.items():
        if not callable(cap):
            raise ContractError(
                f"ladder.{verb}: the cap on {name!r} is {cap!r}, and is to follow from the rung. "
                f"Write step_cap={{{name!r}: lambda rung: 0.25 / rung['frequency']}}."
            )


def _some(rungs: Any, verb: str) -> None:
    if isinstance(rungs, (str, Mapping)) or not isinstance(rungs, Sequence) or not rungs:
        raise ContractError(f"ladder.{verb} takes a list of rungs, one at least, got {rungs!r}.")


def _carried_names(carry: Carry) -> dict[str, str]:
    if isinstance(carry, Mapping):
        return dict(carry)
    return {name: name for name in ([carry] if isinstance(carry, str) else carry)}


def _part(state: Any, output: str, count: int, number: int) -> Any:
    """What goes on from a rung's state: an output by name, or all of it where it is one bare value."""
    if isinstance(state, (np.ndarray, np.generic, int, float)) or is_quantity(state):
        if count == 1:
            return state
    elif isinstance(state, Mapping):
        if output in state:
            return state[output]
    elif isinstance(state, NotYet) or hasattr(state, output):
        return getattr(state, output)
    raise ContractError(
        f"the state of rung {number} is of type {type(state).__name__} and has no {output!r}, which is to be carried. "
        "Name one of its outputs: carry={'input': 'output'}."
    )


def _read(rung: Rung) -> dict[str, Any]:
    """A rung with texts that are quantities read as such."""
    read: dict[str, Any] = {}
    for name, value in rung.items():
        try:
            split(value)
        except (ContractError, TypeError):
            read[name] = value
        else:
            read[name] = Q(value)
    return read


def _name(base: str, rung: Rung, number: int) -> str:
    """Name of the stage of a rung: the model's and what is written in the rung, or the rung's number."""
    told = _told(rung)
    label = f"{base} at {told}"
    if not told or _OUTSIDE_NAMES.search(label.replace(", ", " ")) or len(label) > _LONGEST_NAME:
        return f"{base} rung {number}"
    return label.replace(", ", " ")


def _told(rung: Rung) -> str:
    shown = (str(v) for v in rung.values() if isinstance(v, (str, int, float)) or is_quantity(v))
    return ", ".join(shown)
