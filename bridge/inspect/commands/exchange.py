"""The command ``import``: a run that somebody exported as an RO-Crate."""

from __future__ import annotations

import dataclasses

import click

from bridge.inspect.commands.options import as_json, emit


@click.command(name="import")
@click.argument("path")
@as_json
def import_(path: str, as_json: bool) -> None:
    """Take a run from an RO-Crate into the store: PATH is its folder or its zip.

    Everything is verified before anything is taken. Import what comes from people you trust with your results:
    digests show damage, not forgery.
    """
    from bridge.inspect.crate.importing import import_crate
    from bridge.inspect.waiting import Waiting

    with Waiting("objects checked and taken", quiet=as_json) as told:
        done = import_crate(path, told=told)
    taken = done.taken
    if as_json:
        emit({"crate": done.crate, "digest": done.digest, "flows": done.flows, **dataclasses.asdict(taken)})
        return
    here = "is here already, the same" if taken.there else "imported"
    new = f"{taken.artifacts} artifacts and {taken.blocks} blocks of rows are new, {taken.kept} were here"
    click.echo(f"run {taken.run} {here}: {new}\nlook at it: scalebridge show {taken.run}")
    for flow in done.flows:
        click.echo(f"its flow is {flow} in the crate: scalebridge resume {taken.run} --flow PATH goes on with it there")
