"""Sensitivity of a flow: its sweep over a design of its uncertain inputs, and the analysis of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.axes.points import LIMIT
from bridge.errors import BridgeError, ContractError
from bridge.sensitivity.analysis import NOISE, analyse
from bridge.sensitivity.design import Design, design
from bridge.sensitivity.estimates import salib
from bridge.sensitivity.inputs import Inputs, read_inputs
from bridge.sensitivity.outputs import Wanted, values_of, wanted
from bridge.sensitivity.wiring import Wiring, sets_of
from bridge.store.recorded import Form, refuse_lacking
from bridge.store.runlog import Listener
from bridge.store.sweeps import Sweep

if TYPE_CHECKING:
    from bridge.store.runs import Run

#: Where a run's record says that it was made for this.
FACT = "sensitivity"
#: What it holds there.
_ASKED: Form = {
    "design": {"inputs": list, "n": int, "seed": int, "blocks": list},
    "inputs": dict,
    "wiring": {"stages": [{"name": str, "scale": object, "upstream": list, "middle": list}], "entries": dict},
    "outputs": [{"stage": str, "path": list, "unit": str, "reduction": object, "error": object}],
    "second": bool,
    "noise": object,
}


@dataclass(frozen=True)
class Question:
    """What is asked of a flow, ready to be run: nothing of it has run."""

    flow: Any
    inputs: Inputs
    design: Design
    wiring: Wiring
    outputs: Sequence[Wanted]
    second: bool
    noise: str | None

    def executions(self) -> dict[str, int]:
        """How often each stage runs at most; less where two samples of an input are alike, or the store has some."""
        return {stage.name: self.design.executions(self.wiring.reach(stage.name)) for stage in self.wiring.stages}

    def document(self) -> dict[str, Any]:
        """What a run's record keeps of it: all that the analysis needs beside the results."""
        return {
            "design": self.design.document(),
            "inputs": self.inputs.texts,
            "wiring": self.wiring.document(),
            "outputs": [dataclasses.asdict(output) for output in self.outputs],
            "second": self.second,
            "noise": self.noise,
        }


class Sensitivity:
    """Sobol indices of a flow's outputs: ``sensitivity["strain_rate"]["inputs"]["temperature"]["ST"]``."""

    def __init__(self, run: Run) -> None:
        if FACT not in run.about:
            raise BridgeError(f"run {run.id} was not made for sensitivities: write scalebridge sensitivity FLOW -p ….")
        refuse_lacking(run, FACT, _ASKED)
        self.run = run
        self.document = _analysed(Sweep(run), run.about[FACT])

    @property
    def sweep(self) -> Sweep:
        """The points and their results."""
        return Sweep(self.run)

    def __getitem__(self, output: str) -> dict[str, Any]:
        from bridge.sensitivity.analysis import of_output

        names = [str(one["name"]) for one in self.document["outputs"]]
        ending = [name for name in names if name.endswith(f".{output}")]
        return of_output(self.document, ending[0] if output not in names and len(ending) == 1 else output)

    def __repr__(self) -> str:
        design = self.document["design"]
        return f"<sensitivity {self.run.id}: {', '.join(design['inputs'])}; n = {self.document['used']}>"


def sensitivity_of(
    flow: Any,
    inputs: Mapping[str, Any] | None = None,
    /,
    *,
    n: int = 1024,
    seed: int = 0,
    outputs: Sequence[str] = (),
    second_order: bool = False,
    noise: str | None = None,
    cluster: str | None = None,
    failures: int | None = None,
    points_limit: int = LIMIT,
    run_name: str | None = None,
    tags: Sequence[str] = (),
    **more: Any,
) -> Sensitivity:
    """Sobol indices of a flow: ``sensitivity_of(creep, temperature="900 K ± 10 K", stress="uniform(1 MPa, 2 MPa)")``.

    Inputs whose names are options here (a flow's own ``seed``) stand in a mapping: ``{"seed": "0..9999"}``. ``n`` is a
    power of two; the flow runs at n (d + 2) points for d inputs, and a few more for scales with several inputs. What
    points share runs once. ``outputs`` names what is analysed: every single number of the last stage unless given.
    Raises what the contract refuses before anything runs, and TooManyFailed.
    """
    written = {**(inputs or {}), **more}
    asked = ask(flow, written, n=n, seed=seed, outputs=outputs, second_order=second_order, noise=noise)
    run = run_question(asked, cluster=cluster, failures=failures, points_limit=points_limit, name=run_name, tags=tags)
    return Sensitivity(run)


def ask(
    flow: Any,
    written: Mapping[str, Any],
    *,
    n: int = 1024,
    seed: int = 0,
    outputs: Sequence[str] = (),
    second_order: bool = False,
    noise: str | None = None,
) -> Question:
    """Read what was written and design the points; nothing runs. Raises ContractError and UnknownName."""
    from bridge.chain.trace import refuse_fixed
    from bridge.run.check import body_of
    from bridge.run.sweeps.empirical import fetcher
    from bridge.run.sweeps.written import annotations_of
    from bridge.sensitivity.entering import wired

    if noise not in (None, *NOISE):
        raise ContractError(f"noise is independent or common, got {noise!r}: write --noise independent.")
    salib("SALib.analyze.sobol")  # what is missing is said before anything runs
    function, name = body_of(flow)
    refuse_fixed(function, written, name)
    inputs = read_inputs(written, annotations_of(flow), fetcher())
    chain, wiring = wired(flow, inputs)
    chosen = wanted(chain, outputs)
    stages = list(dict.fromkeys(output.stage for output in chosen))
    drawn = design(inputs.uncertain, n, seed, sets_of(wiring, stages), second_order)
    return Question(flow, inputs, drawn, wiring, chosen, second_order, noise)


def run_question(
    asked: Question,
    *,
    cluster: str | None = None,
    failures: int | None = None,
    points_limit: int = LIMIT,
    listener: Listener | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
) -> Run:
    """Run the sweep of a question; its run comes back whatever became of it. Raises as ``sweep_with`` does."""
    from bridge.run.sweeps.sweep import sweep_with

    points = asked.inputs.points(asked.design.unit_cube(), points_limit)
    return sweep_with(
        asked.flow,
        points,
        asked.inputs.fixed,
        cluster=cluster,
        listener=listener,
        name=name,
        tags=tags,
        failures=failures,
        facts={FACT: asked.document()},
    ).run


def _analysed(sweep: Sweep, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The analysis of a stored sweep by what its record says was asked."""
    chosen = [
        Wanted(
            one["stage"],
            tuple(one["path"]),
            one["unit"],
            one["reduction"],
            None if one["error"] is None else (tuple(one["error"][0]), one["error"][1]),
        )
        for one in asked["outputs"]
    ]
    told = analyse(
        Design.read(asked["design"]),
        Wiring.read(asked["wiring"]),
        values_of(sweep, chosen),
        second=asked["second"],
        noise=asked["noise"],
    )
    first = next((said for _, said in sweep.errors(1)), None)
    return told | {"texts": dict(asked["inputs"])} | ({"first_error": first} if first else {})
