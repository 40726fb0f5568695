"""Commands of schedules: served, listed, paused, resumed, removed; and what ``--every`` answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.errors import ContractError
from bridge.inspect.commands.options import as_json, emit

if TYPE_CHECKING:
    from bridge.run.schedules.listing import Schedule

by_the_clock = click.option(
    "--every",
    metavar="WHEN",
    help="Do it by the clock, not now: a cron '0 2 * * *', an interval '6 h', or 'RRULE:FREQ=WEEKLY;BYDAY=MO'.",
)
in_zone = click.option("--timezone", metavar="ZONE", help="Time zone of --every; that of this machine unless given.")


def now_only(accept: Sequence[str]) -> None:
    """Refuse to override a separation by the clock. Raises ContractError."""
    if accept:
        raise ContractError(
            f"--accept {accept[0]} overrides a separation in one run, and --every begins many: write it into the flow, "
            f"stage('MODEL', accept={accept[0]!r})."
        )


def make(
    flow: str,
    parameters: Mapping[str, str],
    every: str,
    as_json: bool,
    *,
    sweep_options: Mapping[str, Any] | None = None,
    cluster: str | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
    timezone: str | None = None,
) -> None:
    """Make a schedule, and say when it fires and what must run for that: what ``--every`` does."""
    from bridge.run.schedules.making import schedule

    made = schedule(
        flow,
        parameters,
        every,
        sweep_options=sweep_options,
        cluster=cluster,
        name=name,
        tags=tags,
        timezone=timezone,
    )
    if as_json:
        emit(made)
        return
    click.echo(f"schedule {made['name']}: {made['flow']}, {made['every']} ({made['timezone']})")
    click.echo("next: " + ", ".join(_clock(one) for one in made["next"]))
    if made["served"]:
        click.echo("scalebridge serve is running: it will start the runs.")
    else:
        click.echo("Its runs are started by scalebridge serve, which is not running. Start it: scalebridge serve")


@click.command()
@click.option("--limit", type=click.IntRange(min=1), help="Runs at a time; 2 unless given.")
@click.option("--environment", is_flag=True, help="Print what lets Prefect's own command reach the server; see docs.")
def serve(limit: int | None, environment: bool) -> None:
    """Start the runs of schedules, and keep Prefect's server up, until Ctrl-C or SIGTERM.

    Runs that are under way then are ended so that they can be resumed.
    """
    from bridge.run.schedules import pool, serving

    if environment:
        import shlex

        for variable, value in pool.variables():
            click.echo(f"export {variable}={shlex.quote(value)}")
        return
    serving.serve(_line, limit or serving.LIMIT)


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def schedules(ctx: click.Context, as_json: bool) -> None:
    """List schedules: when they fire next, and what became of their last run."""
    if ctx.invoked_subcommand:
        return
    from bridge.run.schedules.attendance import who_serves
    from bridge.run.schedules.listing import schedules as listed

    found, who = listed(), who_serves()
    if as_json:
        emit({"served": who, "schedules": [dataclasses.asdict(one) for one in found]})
        return
    if not found:
        click.echo("no schedules. Make one: scalebridge run FLOW --every '0 2 * * *'")
        return
    click.echo("\n\n".join(map(_text, found)))
    click.echo("\n" + (f"served by process {who.get('pid')} on {who.get('host')}" if who else _NOBODY))


_NOBODY = "scalebridge serve is not running: no run is started until it is."


def _with(name: str, of: Callable[[str], Schedule], as_json: bool, said: str) -> None:
    """Do something with a schedule, and say that it was done."""
    done = of(name)
    if as_json:
        emit(dataclasses.asdict(done))
    else:
        click.echo(f"schedule {done.name} {said}" + (f"; next: {_clock(done.next[0])}" if done.next else ""))


@schedules.command()
@click.argument("name")
@as_json
def pause(name: str, as_json: bool) -> None:
    """Let a schedule NAME fire no more until it is resumed."""
    from bridge.run.schedules.listing import pause as go

    _with(name, go, as_json, "is paused")


@schedules.command()
@click.argument("name")
@as_json
def resume(name: str, as_json: bool) -> None:
    """Let a paused schedule NAME fire again."""
    from bridge.run.schedules.listing import go_on

    _with(name, go_on, as_json, "fires again")


@schedules.command()
@click.argument("name")
@as_json
def remove(name: str, as_json: bool) -> None:
    """Remove a schedule NAME; what its runs stored stays."""
    from bridge.run.schedules.listing import remove as go

    done = dataclasses.replace(go(name), next=())
    _with(name, lambda _: done, as_json, "is removed; what its runs stored stays")


def _text(one: Schedule) -> str:
    """A schedule in a few lines."""
    given = " ".join(f"{name}={value!r}" for name, value in one.parameters.items())
    lines = [
        f"{one.name}{'  (paused)' if one.paused else ''}",
        f"  {one.kind}: {one.flow} {given}".rstrip(),
        f"  when: {'; '.join(one.every)} ({', '.join(one.timezone)})",
    ]
    if one.next:
        lines.append("  next: " + ", ".join(map(_clock, one.next)))
    if one.late:
        lines.append(f"  due, and waiting for scalebridge serve: {one.late}")
    if one.last:
        where = f", run {one.last.run}" if one.last.run else ""
        lines.append(f"  last: {one.last.state} at {_clock(one.last.at)}{where}")
        if one.last.said:
            lines.append(f"        {one.last.said.splitlines()[0]}")
            if one.last.run:
                lines.append(f"        scalebridge show {one.last.run}")
    return "\n".join(lines)


def _clock(at: str) -> str:
    """A moment in the time zone that it was told in."""
    from datetime import datetime

    moment = datetime.fromisoformat(at)
    return f"{moment:%a %d %b %Y %H:%M:%S} {moment:%z}"


def _line(said: str) -> None:
    """A line of the log, with the local time."""
    from datetime import datetime

    click.echo(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}  {said}")
