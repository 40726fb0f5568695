"""The commands that look after a store: listing its runs, removing them, making room, checking every bit."""

from __future__ import annotations

import click

from bridge.inspect.commands import _emit, as_json, parameters
from bridge.store.conditions import STATES


@click.command()
@click.option("--flow", metavar="NAME", help="Runs of this flow.")
@click.option("--state", type=click.Choice(STATES), help="Runs in this state.")
@click.option("--tag", metavar="TAG", help="Runs with this tag.")
@click.option("--name", metavar="NAME", help="Runs that were given this name.")
@click.option(
    "-p",
    "--parameter",
    "written",
    multiple=True,
    metavar="NAME=VALUE",
    help="Runs with this parameter, in any unit: temperature='900 K', a range '800 K .. 1000 K', at least '900 K ..', "
    "at most '.. 900 K'; may be repeated.",
)
@click.option("--since", metavar="TIME", help="Runs begun on this day (2026-11-01) or later; UTC, as the list.")
@click.option("--until", metavar="TIME", help="Runs begun on this day or before.")
@click.option("-n", "--limit", default=50, show_default=True, type=click.IntRange(1), help="How many to a page.")
@click.option("--page", default=1, show_default=True, type=click.IntRange(1), help="Which page; 1 has the newest.")
@as_json
def runs(
    flow: str | None,
    state: str | None,
    tag: str | None,
    name: str | None,
    written: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int,
    page: int,
    as_json: bool,
) -> None:
    """List stored runs, the newest first."""
    from bridge.inspect.listing import document, listing, text
    from bridge.store.conditions import Conditions
    from bridge.store.store import Store

    store, asked = Store(), Conditions(flow, state, tag, name, since, until, parameters(written))
    found = listing(store, asked, limit, page, quiet=as_json)
    _emit(document(found)) if as_json else click.echo(text(found, store, asked, limit, page))


@click.command()
@click.argument("run", required=False)
@click.option("--set-aside", "aside", is_flag=True, help="Move what is damaged to damaged/: the next run computes it.")
@as_json
@click.pass_context
def verify(ctx: click.Context, run: str | None, aside: bool, as_json: bool) -> None:
    """Read every object of the store again, or of RUN and all it came from, and name what differs.

    Damaged records of runs are named and stay. Ends with 1 if anything is damaged.
    """
    from bridge.inspect.verifying import document, text
    from bridge.inspect.waiting import Waiting
    from bridge.store.aside import set_aside
    from bridge.store.runs import run_of
    from bridge.store.store import Store
    from bridge.store.verify import verify as verified

    store = Store()
    with Waiting("objects checked", quiet=as_json) as told:
        report = verified(store, None if run is None else run_of(run).id, told)
    moved = set_aside(store.space, report) if aside else []
    _emit(document(report, moved)) if as_json else click.echo(text(report, moved))
    if report.damaged:
        ctx.exit(1)
