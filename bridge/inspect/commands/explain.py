"""The commands with which the store explains itself."""

from __future__ import annotations

import click

from bridge.inspect.commands.options import as_json, emit


@click.command()
@click.argument("run")
@click.argument("stage", required=False)
@as_json
def why(run: str, stage: str | None, as_json: bool) -> None:
    """Say why the stages of RUN, or one STAGE, were found in the store or computed."""
    from bridge.inspect.explain.why import ASKED, why
    from bridge.inspect.explain.why_text import text
    from bridge.store.runs import run_of, runs, whole

    found = whole(run_of(run))
    document = why(found, stage, runs(limit=ASKED))
    emit(document) if as_json else click.echo(text(document))


@click.command()
@click.argument("a")
@click.argument("b")
@as_json
def diff(a: str, b: str, as_json: bool) -> None:
    """Compare the runs A and B: what was asked, where they part, and what came out."""
    from bridge.inspect.explain.diff import diff
    from bridge.inspect.explain.diff_text import text
    from bridge.store.runs import run_of, whole

    document = diff(whole(run_of(a)), whole(run_of(b)))
    emit(document) if as_json else click.echo(text(document))


@click.command()
@click.argument("run")
@click.argument("where", metavar="STAGE[.PORT]")
@click.option("--picture", metavar="FILE.svg", type=click.Path(dir_okay=False), help="Also draw it.")
@click.option("--unfolded", is_flag=True, help="Tell of every stage by itself, also of many that feed one stack.")
@as_json
def lineage(run: str, where: str, picture: str | None, unfolded: bool, as_json: bool) -> None:
    """Show everything that STAGE, or one PORT of it, came from, back to what the flow's text says."""
    from bridge.inspect.explain.lineage import lineage
    from bridge.store.runs import run_of

    found = lineage(run_of(run), where, folded=not unfolded)
    if picture:
        found.draw(picture)
    emit(found.document()) if as_json else click.echo(str(found))
    if picture and not as_json:
        click.echo(f"picture: {picture}")


@click.command()
@click.argument("run")
@click.argument("where", metavar="STAGE[.PORT]")
@click.option("--fine", is_flag=True, help="Only the fine runs, each once.")
@click.option("--all", "every", is_flag=True, help="Every call; else the first and the last ones.")
@as_json
def calls(run: str, where: str, fine: bool, every: bool, as_json: bool) -> None:
    """Show what STAGE asked finer models, what it was answered, and which fine runs that came from."""
    from bridge.inspect.explain.calls import calls, text
    from bridge.store.runs import run_of

    document = calls(run_of(run), where, fine=fine)
    emit(document) if as_json else click.echo(text(document, every=every))
