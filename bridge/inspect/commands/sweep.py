"""The command of sweeps: a flow at many points, now or by the clock."""

from __future__ import annotations

from typing import Any

import click

from bridge.errors import ContractError
from bridge.inspect.commands.life import told
from bridge.inspect.commands.options import as_json, emit, on_cluster, parameters, with_accepted
from bridge.inspect.commands.schedules import by_the_clock, in_zone, make, now_only

axes = click.option(
    "-p",
    "--parameter",
    "written",
    multiple=True,
    metavar="NAME=VALUES",
    help="A parameter or an axis: '600 K .. 1200 K : 7', '20 MPa, 40 MPa', '0..99', '900 K ± 10 K'; may be repeated.",
)


@click.command()
@click.argument("flow")
@axes
@click.option("--zip", "zips", multiple=True, metavar="A,B", help="Axes that vary together; may be repeated.")
@click.option("--points", metavar="FILE", help="A CSV or Parquet file: a column a parameter, 'temperature [K]'.")
@click.option("--sampler", metavar="NAME", help="sobol (the default), latin or random, for distributions.")
@click.option("--samples", type=int, metavar="N", help="Samples to draw of the distributions.")
@click.option("--seed", type=int, metavar="N", help="Seed of the sampler; 0 unless given.")
@click.option("--points-limit", "limit", type=int, metavar="N", help="Confirm a sweep of more than a million points.")
@click.option("--failures", type=int, metavar="N", help="Failures that it goes on past; a tenth of the points.")
@click.option("--plan", "planned", is_flag=True, help="Only say what would run, and what is in the store.")
@click.option("--name", metavar="NAME", help="What to call the sweep, to find it by.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A word to find it by; may be repeated.")
@by_the_clock
@in_zone
@with_accepted
@on_cluster
@as_json
@click.pass_context
def sweep(
    ctx: click.Context,
    /,
    flow: str,
    written: tuple[str, ...],
    zips: tuple[str, ...],
    planned: bool,
    name: str | None,
    tags: tuple[str, ...],
    every: str | None,
    timezone: str | None,
    accept: tuple[str, ...],
    cluster: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Run a flow at many points: FLOW is flows/creep.py, flows/creep.py:name or a chain.yaml.

    What several points share is computed once, and what the store has not at all. Failed points are recorded and the
    sweep goes on; scalebridge resume runs what failed or is missing.
    """
    axes = parameters(written)
    options = {k: v for k, v in given.items() if v is not None} | ({"zip": list(zips)} if zips else {})
    if timezone is not None and every is None:
        raise ContractError("--timezone is that of --every: write --every '0 2 * * *' with it.")
    if planned:
        _plan(flow, axes, options, as_json)
    elif every is not None:
        now_only(accept)
        more: dict[str, Any] = {"cluster": cluster, "name": name, "tags": tags, "timezone": timezone}
        make(flow, axes, every, as_json, sweep_options=options, **more)
    else:
        from bridge.inspect.sweeps.running import run_sweep

        labels: dict[str, Any] = {"name": name, "tags": tags, "accept": accept}
        told(ctx, as_json, lambda: run_sweep(flow, axes, options, cluster, quiet=as_json, **labels))


def _plan(flow: str, axes: dict[str, str], options: dict[str, Any], as_json: bool) -> None:
    from bridge.inspect.sweeps.running import plan_of
    from bridge.inspect.sweeps.stored import plan_text
    from bridge.run.server import configure

    configure(console="CRITICAL")
    document = plan_of(flow, axes, options)
    emit(document) if as_json else click.echo(plan_text(document))
