"""How far two models are from agreeing after a step: the commuting defect ‖R F_fine − F_coarse R‖."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pint

from bridge.errors import ContractError
from bridge.models import model_of
from bridge.scales.fields import Floats, converted, finite, joined, magnitudes
from bridge.scales.transfer import Transfer
from bridge.units import unit_of

Step = Callable[[Any], Any]


@dataclass(frozen=True, eq=False)
class Defect:
    """The defect of a coarse model against a fine one: one entry for every state asked.

    `absolute` is the root mean square over the points of the coarse state of R F_fine(x) − F_coarse(R x), in the
    unit of what the models return, `largest` its largest value; `relative` is the absolute one over the root mean
    square of R F_fine(x), and infinite where that is nought and the defect is not.
    """

    absolute: Any
    largest: Any
    relative: Floats

    @property
    def worst(self) -> int:
        """Which of the states has the largest relative defect."""
        return int(np.argmax(self.relative))


def defect(transfer: Transfer, fine_step: Step, coarse_step: Step, states: Iterable[Any]) -> Defect:
    """The closure error of a coarse model: what it misses of the restricted fine one, state by state.

    ``fine_step`` and ``coarse_step`` take a state and return one; ``states`` are fine states (an array's first axis
    counts them). A step of a declared model is made by `step`. Raises ContractError where shapes or units differ.
    """
    rows: list[tuple[float, float, float]] = []
    unit: pint.Unit | None = None
    for number, state in enumerate(states):
        whole, here = magnitudes(transfer.restrict(fine_step(state)), f"the restricted fine step of state {number}")
        part, there = magnitudes(coarse_step(transfer.restrict(state)), f"the coarse step of state {number}")
        if whole.shape != part.shape:
            raise ContractError(
                f"state {number}: the restricted fine step has shape {whole.shape}, the coarse step {part.shape}. "
                f"{transfer!r} and the coarse step are to agree on one lattice."
            )
        part = converted(part, there, here, f"state {number}, fine and coarse step")
        if number == 0:
            unit = here
        scale = converted(np.asarray([whole, part]), here, unit, f"states 0 and {number}")
        finite(scale, f"state {number}: what the steps returned", "Look at the model there, or take another state.")
        gap = np.abs(scale[0] - scale[1])
        rows.append((_rms(gap), float(gap.max(initial=0.0)), _rms(np.abs(scale[0]))))
    if not rows:
        raise ContractError("defect was given no state. Write states=[state], or an array of them.")
    absolute, largest, size = np.asarray(rows).T
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(absolute == 0, 0.0, absolute / size)
    return Defect(joined(absolute, unit), joined(largest, unit), np.asarray(relative))


def step(function: Callable[..., Any], /, state: str, result: str | None = None, **inputs: Any) -> Step:
    """Make a step of a declared model: its input ``state`` in, its output ``result`` (the same name, unless told) out.

    The other inputs are written as in a flow (``diffusivity="1e-9 m^2/s"``). The state is converted to the port's
    unit, the answer comes in the unit of its port. Raises ContractError.
    """
    model = model_of(function)
    port = model.port(state)
    name = state if result is None else result
    outputs = {one.name: one for one in model.outputs.ports}
    if name not in outputs:
        raise ContractError(f"{model.name} has no output {name!r}. Write result='{next(iter(outputs))}' or another.")
    given = {key: model.port(key).kind.literal(value, f"{model.name}.{key}") for key, value in inputs.items()}
    missing = [p.name for p in model.inputs.values() if p.required and p.name not in (state, *given)]
    if missing:
        raise ContractError(f"{model.name}.{missing[0]} was not given. Write step(…, {missing[0]}=…).")
    leaves = outputs[name].kind.unit

    def stepped(value: Any) -> Any:
        entered = port.kind.literal(value, f"{model.name}.{state}")
        left = model.call({**given, state: entered})[name]
        return joined(np.asarray(left), None if leaves is None else unit_of(leaves))

    return stepped


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if np.size(values) else 0.0
