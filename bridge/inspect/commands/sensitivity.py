"""The command of sensitivities: what each input, and each scale, does to a flow's outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from bridge.inspect.commands.life import told
from bridge.inspect.commands.options import as_json, emit, on_cluster, parameters

if TYPE_CHECKING:
    from bridge.sensitivity.sensitivity import Question


@click.command()
@click.argument("flow")
@click.option(
    "-p",
    "--parameter",
    "written",
    multiple=True,
    metavar="NAME=DISTRIBUTION",
    help="An uncertain input: '900 K ± 10 K', 'uniform(1 MPa, 2 MPa)', 'Cu, Al', '0..9999' for a seed; or one value.",
)
@click.option("-n", "n", type=int, default=1024, show_default=True, metavar="N", help="Base rows, a power of two.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Seed of the design.")
@click.option("--output", "outputs", multiple=True, metavar="STAGE.PORT", help="What to analyse; arrays as PORT:mean.")
@click.option("--second-order", "second", is_flag=True, help="Also what pairs of inputs do together.")
@click.option(
    "--noise",
    type=click.Choice(["independent", "common"]),
    help="Whether standard errors are independent from point to point; found out unless given.",
)
@click.option("--failures", type=int, metavar="N", help="Failures that it goes on past; a tenth of the points.")
@click.option("--points-limit", "limit", type=int, metavar="N", help="Confirm more than a million points.")
@click.option("--plan", "planned", is_flag=True, help="Only say what would run, and what is in the store.")
@click.option("--name", metavar="NAME", help="What to call the run, to find it by.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A word to find it by; may be repeated.")
@on_cluster
@as_json
@click.pass_context
def sensitivity(
    ctx: click.Context,
    /,
    flow: str,
    written: tuple[str, ...],
    planned: bool,
    limit: int | None,
    failures: int | None,
    name: str | None,
    tags: tuple[str, ...],
    cluster: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Share the variance of a flow's outputs among its inputs and scales: FLOW is flows/creep.py.

    First-order and total Sobol indices with 95 % intervals, from n (d + 2) points for d inputs. What points share is
    computed once, and what the store has not at all.
    """
    from bridge.axes.points import LIMIT

    given = parameters(written)

    def ask() -> Question:
        from bridge.run.flowfile import load_flow
        from bridge.sensitivity.sensitivity import ask

        n, seed, outputs, second, noise = (asked[key] for key in ("n", "seed", "outputs", "second", "noise"))
        return ask(load_flow(flow), given, n=n, seed=seed, outputs=outputs, second_order=second, noise=noise)

    if planned:
        from bridge.run.server import configure

        configure(console="CRITICAL")
        document, words = _plan(ask(), limit or LIMIT)
        emit(document) if as_json else click.echo(words)
        return

    def go() -> Any:
        from bridge.inspect.running import going
        from bridge.inspect.sweeps.progress import progress_of

        with going(progress_of(as_json)) as progress:
            from bridge.sensitivity.sensitivity import run_question

            more: dict[str, Any] = {"points_limit": limit or LIMIT, "failures": failures, "name": name, "tags": tags}
            return run_question(ask(), cluster=cluster, listener=progress, **more)

    told(ctx, as_json, go)


def _plan(asked: Question, limit: int) -> tuple[dict[str, Any], str]:
    """What would run, as JSON and in words."""
    from bridge.inspect.table import table
    from bridge.run.sweeps.sweep import plan

    prepared = plan(asked.flow, asked.inputs.points(asked.design.unit_cube(), limit), asked.inputs.fixed)
    stages = [told | {"missing": told["executions"] - told["found"]} for told in prepared.cost()]
    outputs = [output.name for output in asked.outputs]
    scales = {label: sorted(inputs) for label, inputs in asked.wiring.scales().items()}
    document = {
        "flow": prepared.name,
        "points": asked.design.points,
        "inputs": asked.inputs.texts,
        "design": asked.design.document(),
        "outputs": outputs,
        "scales": scales,
        "stages": stages,
    }
    lines = [(one["stage"], *(f"{one[key]:,}" for key in ("executions", "found", "missing"))) for one in stages]
    words = [
        f"{prepared.name} at {asked.design.points:,} points ({asked.design.n:,} × {len(asked.design.blocks)})",
        "",
        table(list(asked.inputs.texts.items())),
        "",
        table([("scale", "inputs"), *((label, ", ".join(inputs)) for label, inputs in scales.items())]),
        "",
        table([("stage", "executions", "in the store", "to run"), *lines]),
        "",
        f"analysed: {', '.join(outputs)}",
    ]
    return document, "\n".join(words)
