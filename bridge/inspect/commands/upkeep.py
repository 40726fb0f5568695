"""The commands that look after a store: listing its runs, removing them, making room, checking every bit."""

from __future__ import annotations

import click

from bridge.inspect.commands.options import as_json, emit, parameters

#: The states of bridge.store.index.conditions, spelled here so that --help need not import it.
STATES = ("completed", "failed", "cancelled", "interrupted", "running", "damaged")


@click.command()
@click.argument("words", nargs=-1)
@click.option("--flow", metavar="NAME", help="Runs of this flow.")
@click.option("--model", metavar="NAME", help="Runs that used this model.")
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
    words: tuple[str, ...],
    flow: str | None,
    model: str | None,
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
    """List stored runs, the newest first.

    All WORDS have to occur, each anywhere in a run's id, flow, name, tags or parameters: copper temperature=900
    """
    from bridge.inspect.listing import document, listing, text
    from bridge.store.index.conditions import Conditions
    from bridge.store.store import Store

    store, where, said = Store(), parameters(written), " ".join(words) or None
    asked = Conditions(flow, state, tag, name, since, until, where, words=said, model=model)
    found = listing(store, asked, limit, page, quiet=as_json)
    emit(document(found)) if as_json else click.echo(text(found, store, asked, limit, page))


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
    from bridge.store.runs import run_of
    from bridge.store.store import Store
    from bridge.store.upkeep.aside import set_aside
    from bridge.store.upkeep.verify import verify as verified

    store = Store()
    with Waiting("objects checked", quiet=as_json) as told:
        report = verified(store, None if run is None else run_of(run).id, told)
    moved = set_aside(store.space, report) if aside else []
    emit(document(report, moved)) if as_json else click.echo(text(report, moved))
    if report.damaged:
        ctx.exit(1)


@click.command()
@as_json
def du(as_json: bool) -> None:
    """Say what the store holds: bytes by model, by run, and of everything beside."""
    from bridge.inspect.room import usage_document, usage_text
    from bridge.inspect.waiting import Waiting
    from bridge.store.store import Store
    from bridge.store.upkeep.usage import usage

    with Waiting("runs and artifacts weighed", quiet=as_json) as told:
        found = usage(Store().space, told)
    emit(usage_document(found)) if as_json else click.echo(usage_text(found))


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be removed, and how many bytes.")
@click.option("--damaged", is_flag=True, help="Also remove what scalebridge verify set aside.")
@as_json
def gc(dry_run: bool, damaged: bool, as_json: bool) -> None:
    """Make room: remove what no run reaches any more, and what killed writers left behind.

    Refuses while runs are under way, and where a record cannot be read. To free what runs hold, remove them first.
    """
    from bridge.inspect.room import reclaimed_document, reclaimed_text
    from bridge.inspect.waiting import Waiting
    from bridge.store.store import Store
    from bridge.store.upkeep.reclaim import reclaim

    with Waiting("runs and artifacts read", quiet=as_json) as told:
        done = reclaim(Store(), dry_run=dry_run, aside=damaged, told=told)
    emit(reclaimed_document(done)) if as_json else click.echo(reclaimed_text(done))


@click.command()
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do it: without this, only say what would be removed.")
@as_json
@click.pass_context
def rm(ctx: click.Context, names: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Remove the records of runs; what they computed stays until scalebridge gc.

    RUN is a name, the beginning or end of it, or last; the whole name for one whose record cannot be read.
    """
    from bridge.inspect.verifying import size
    from bridge.inspect.waiting import Waiting
    from bridge.store.store import Store
    from bridge.store.upkeep.reclaim import freed, remove_runs, whole_name

    store = Store()
    runs = [whole_name(store, name) for name in names]
    if yes:
        remove_runs(store, runs)
    with Waiting("runs and artifacts read", quiet=as_json) as told:
        room, why = freed(store, () if yes else runs, told)
    if as_json:
        emit({"removed": runs if yes else [], "would_remove": [] if yes else runs, "gc_would_free": room, "why": why})
    else:
        click.echo("\n".join(f"{'removed' if yes else 'would remove'} {run}" for run in runs))
        click.echo(f"scalebridge gc would then free {size(room)}" if room is not None else f"scalebridge gc: {why}")
    if not yes:
        click.echo("nothing is removed yet: add --yes", err=True)
        ctx.exit(1)
