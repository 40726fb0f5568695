"""The command ``doctor``: whether runs can run here, or on a cluster."""

from __future__ import annotations

import click

from bridge.inspect.commands.options import as_json, emit, on_cluster


@click.command()
@on_cluster
@click.option("--wait", metavar="TIME", help="How long to wait for a worker: '10 min' (default: 1 min).")
@as_json
@click.pass_context
def doctor(ctx: click.Context, cluster: str | None, wait: str | None, as_json: bool) -> None:
    """Try what a run needs: Prefect's server, the store, and a cluster, of which one worker is started."""
    from bridge.errors import ContractError
    from bridge.inspect.doctoring import document, text
    from bridge.run.clusters.amounts import seconds
    from bridge.run.doctor import examine

    try:
        patience = seconds(wait) if wait is not None else None
    except ValueError as reason:
        raise ContractError(f"--wait {wait!r}: {reason}. Write --wait '10 min'.") from None
    found = examine(cluster or "local", patience=patience, told=lambda said: click.echo(said, err=True))
    emit(document(found)) if as_json else click.echo(text(found))
    if not found.well:
        ctx.exit(1)
