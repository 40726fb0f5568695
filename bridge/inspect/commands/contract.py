"""Commands of the contract: the installed models, a flow's wiring, one run or artifact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.inspect.commands.options import as_json, emit, looking, parameters, with_parameters

if TYPE_CHECKING:
    from bridge.store.runs import Run


def _configured(load: Callable[[], Any]) -> Any:
    """Do something that imports Prefect, with its settings in place and no server."""
    from bridge.run.server import configure

    configure(console="CRITICAL")
    return load()


@click.command()
@click.argument("name", required=False)
@as_json
def models(name: str | None, as_json: bool) -> None:
    """List the installed models, or describe one."""
    from bridge.inspect.models import describe, describe_text, list_text, listing

    if name is None:
        found = listing(told=looking)
        emit(found) if as_json else click.echo(list_text(found))
    else:
        one = describe(name)
        emit(one) if as_json else click.echo(describe_text(one))


@click.command()
@click.argument("flow")
@with_parameters
@click.option("--plan", is_flag=True, help="Also say which stages would run, and which are in the store.")
@as_json
@click.pass_context
def check(ctx: click.Context, flow: str, written: tuple[str, ...], plan: bool, as_json: bool) -> None:
    """Check a flow's wiring without running anything: FLOW is flows/creep.py, flows/creep.py:name or a chain.yaml.

    A program that a model needs and that is not on this machine is told of; where a run would be refused for it, the
    status is 1.
    """
    from bridge.inspect.wiring import runs_here

    def look() -> tuple[dict[str, Any], str]:
        from bridge.inspect.explain.ahead import ahead
        from bridge.inspect.wiring import describe, text
        from bridge.run.check import body_of, check_with
        from bridge.run.flowfile import load_flow
        from bridge.run.plan import expected
        from bridge.store.store import Store

        loaded, store = load_flow(flow), Store()
        chain = check_with(loaded, parameters(written))
        document = describe(body_of(loaded)[1], chain, ahead(expected(chain, store), store) if plan else None)
        return document, text(document)

    document, words = _configured(look)
    emit(document) if as_json else click.echo(words)
    if not runs_here(document):
        ctx.exit(1)


#: What ``--plot`` says without a file.
_BESIDE = ""


def _pictures(run: Run, of: str | None, file: str | None) -> list[str]:
    from bridge.inspect.pictures.of_run import drawn

    return [str(path) for path in drawn(run, of, Path(file) if file else None)]


@click.command()
@click.argument("run")
@click.argument("stage", required=False)
@click.option("--point", type=int, metavar="N", help="One point of a sweep, counted from 0.")
@click.option(
    "--plot",
    "picture",
    is_flag=False,
    flag_value=_BESIDE,
    metavar="[FILE]",
    help="Draw arrays, or one STAGE.PORT, as FILE (.svg, .png, .pdf); without FILE as PNG into the state folder.",
)
@as_json
def show(run: str, stage: str | None, point: int | None, picture: str | None, as_json: bool) -> None:
    """Show a stored run, or one STAGE of it: RUN is its name, the beginning or end of it, or last."""
    from bridge.inspect.stored import describe, stage_text, text, to_look_at
    from bridge.store.runs import run_of

    stored = run_of(run)
    if picture is not None:
        paths = _pictures(stored, stage, None if picture == _BESIDE else picture)
        emit({"id": stored.id, "pictures": paths}) if as_json else click.echo("\n".join(f"picture: {p}" for p in paths))
        return
    if point is not None:
        from bridge.inspect.sweeps.stored import describe_point, point_text

        at = describe_point(stored, point)
        emit(at) if as_json else click.echo(point_text(at))
        return
    document = describe(stored, stage)
    if "sweep" in stored.about and stage is None:
        document |= to_look_at(stored)
    emit(document) if as_json else click.echo(stage_text(document) if stage else text(document))
    if not as_json:
        drawn = [f"picture: {path}" for path in document.get("pictures", [])]
        click.echo("".join(f"{line}\n" for line in [*drawn, *document.get("notes", [])]), nl=False)
