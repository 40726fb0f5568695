"""Commands of a run's life: begun, resumed, cancelled, listened to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from bridge.errors import ContractError
from bridge.inspect.commands.options import (
    as_json,
    emit,
    on_cluster,
    parameters,
    with_accepted,
    with_parameters,
)
from bridge.inspect.commands.schedules import by_the_clock, in_zone, make, now_only

if TYPE_CHECKING:
    from bridge.store.runs import Run


@click.command()
@click.argument("flow")
@with_parameters
@click.option("--name", metavar="NAME", help="What to call the run, to find it by.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A word to find it by; may be repeated.")
@with_accepted
@on_cluster
@by_the_clock
@in_zone
@as_json
@click.pass_context
def run(
    ctx: click.Context,
    flow: str,
    written: tuple[str, ...],
    name: str | None,
    tags: tuple[str, ...],
    accept: tuple[str, ...],
    cluster: str | None,
    every: str | None,
    timezone: str | None,
    as_json: bool,
) -> None:
    """Run a flow: FLOW is flows/creep.py, flows/creep.py:name or a chain.yaml.

    Ctrl-C or SIGTERM ends it so that it can be resumed. With --every it is run by the clock, as scalebridge schedules
    lists it, while scalebridge serve runs.
    """
    from bridge.inspect.running import run_flow

    given = parameters(written)
    if every is not None:
        now_only(accept)
        make(flow, given, every, as_json, cluster=cluster, name=name, tags=tags, timezone=timezone)
        return
    if timezone is not None:
        raise ContractError("--timezone is that of --every: write --every '0 2 * * *' with it.")
    told(ctx, as_json, lambda: run_flow(flow, given, cluster, quiet=as_json, name=name, tags=tags, accept=accept))


@click.command()
@click.argument("run")
@click.option("--flow", metavar="FLOW", help="Where the flow is now, if its file was moved.")
@with_accepted
@on_cluster
@as_json
@click.pass_context
def resume(
    ctx: click.Context, run: str, flow: str | None, accept: tuple[str, ...], cluster: str | None, as_json: bool
) -> None:
    """Go on with a RUN that was interrupted, cancelled, or failed: what had finished is not computed again."""
    from bridge.inspect.running import resume_run
    from bridge.store.runs import run_of
    from bridge.store.upkeep.cleaning import patience

    stored = run_of(run)
    if stored.state == "running" and stored.space.leases:
        click.echo(
            f"run {stored.id} is held: watching for {patience(stored.space):.0f} s if its driver lives", err=True
        )
    told(ctx, as_json, lambda: resume_run(stored, flow, cluster, quiet=as_json, accept=accept))


@click.command()
@click.argument("run")
@as_json
@click.pass_context
def cancel(ctx: click.Context, run: str, as_json: bool) -> None:
    """End a RUN that is under way, on whichever machine; it can be resumed."""
    from bridge.run.stopping import cancel as end
    from bridge.store.runs import run_of

    stored = run_of(run)
    state = end(stored)
    if as_json:
        emit({"id": stored.id, "state": state})
    elif state == "running":
        click.echo(f"run {stored.id} has been asked to end, and has not yet: see scalebridge show {stored.id}")
    else:
        click.echo(f"run {stored.id} is {state}. Go on with it: scalebridge resume {stored.id}")
    if state == "running":
        ctx.exit(1)


@click.command()
@click.argument("run")
@click.argument("stage", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as long as the run does.")
@as_json
def logs(run: str, stage: str | None, follow: bool, as_json: bool) -> None:
    """Print what the models of a RUN logged, printed and warned of, or those of one STAGE."""
    from bridge.inspect.logs import followed, of_run
    from bridge.store.runs import run_of

    stored = run_of(run)
    if follow:
        for line in followed(stored, stage):
            click.echo(line)
        return
    found = of_run(stored, stage)
    if as_json:
        emit(found)
    for one in () if as_json else found:
        said = one["log"] or "said nothing"
        click.echo(f"{one['stage']} ({one['state']}{one['from']})")
        click.echo("\n".join(f"  {line}" for line in said.splitlines()))


def told(ctx: click.Context, as_json: bool, go: Callable[[], Run]) -> None:
    """Run, then tell what became of it; a run that was ended from outside says how to go on."""
    from bridge.inspect.stored import describe, text, to_look_at

    try:
        stored = go()
    except KeyboardInterrupt as ended:
        from bridge.inspect.progress import cut_off

        told = cut_off()
        click.echo(
            f"interrupted by {ended}. " * bool(str(ended)) + told if told else "interrupted: nothing had run.", err=True
        )
        ctx.exit(130)
    files = to_look_at(stored)
    document = describe(stored) | files
    if as_json:
        emit(document)
    else:
        click.echo(text(document))
        for path in files["pictures"]:
            click.echo(f"picture: {path}")
        for path in files["pages"]:
            click.echo(f"page: {path}")
        for said in files.get("notes", []):
            click.echo(said)
        click.echo(f"again: scalebridge show {stored.id}")
    if stored.state != "completed":
        ctx.exit(1)
