"""The command ``export``: a stored run as files of other programs, or as an RO-Crate."""

from __future__ import annotations

import json

import click

#: The formats of bridge.inspect.export.export, spelled here so that --help need not import it.
FORMATS = ("netcdf", "csv", "parquet", "vti", "extxyz", "files")
#: A whole run with everything it came from, which another store imports.
CRATE = "ro-crate"
#: What was left behind is named up to here, and counted beyond.
SAID = 8


@click.command()
@click.argument("run")
@click.option("--stage", metavar="NAME", help="One stage of it; else all that have outputs.")
@click.option("--to", "to", required=True, type=click.Choice([*FORMATS, CRATE]), help="The format.")
@click.option(
    "--out",
    metavar="FOLDER",
    help="Where the files go (default: a folder here, named like the run); for ro-crate a new folder, or FILE.zip "
    "(default: RUN.crate.zip).",
)
@click.option("--license", metavar="SPDX", help="ro-crate: the licence, such as CC-BY-4.0, or its https:// address.")
@click.option("--agent", metavar="NAME", help="ro-crate: who ran it, 'Ada Lovelace, https://orcid.org/…'; else nobody.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
def export(
    run: str,
    stage: str | None,
    to: str,
    out: str | None,
    license: str | None,
    agent: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write a stored run as files of other programs: RUN is its name, the beginning or end of it, or last.

    --to ro-crate writes all of it, with everything it came from: scalebridge import takes it into another store.
    """
    from bridge.store.runs import run_of

    if to == CRATE:
        if stage is not None:
            raise click.UsageError("a crate holds a whole run: leave out --stage.")
        _crate(run, out, license, agent, overwrite, as_json)
        return
    if license or agent:
        raise click.UsageError("--license and --agent belong to --to ro-crate.")
    from bridge.inspect.export.export import write

    found = run_of(run)
    written = write(found, to, out or found.id, stage, overwrite=overwrite)
    if as_json:
        document = {"run": found.id, "to": to, "files": list(map(str, written.files)), "left": written.left}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    for path in written.files:
        click.echo(str(path))
    _left(written.left)


def _crate(run: str, out: str | None, license: str | None, agent: str | None, overwrite: bool, as_json: bool) -> None:
    from bridge.inspect.commands.options import emit
    from bridge.inspect.crate.writing import write_crate
    from bridge.inspect.verifying import size
    from bridge.inspect.waiting import Waiting
    from bridge.store.runs import run_of

    found = run_of(run)
    where = out or f"{found.id}.crate.zip"
    with Waiting("objects copied and checked", quiet=as_json) as told:
        done = write_crate(found, where, license=license, agent=agent, overwrite=overwrite, told=told)
    if as_json:
        digest = f"sha256:{done.digest}"
        emit(
            {"run": found.id, "to": CRATE, "crate": str(done.path), "files": done.files, "bytes": done.bytes}
            | {"digest": digest, "left": done.left}
        )
        return
    click.echo(f"{done.path}: {done.files} files, {size(done.bytes)}, digest sha256:{done.digest[:12]}…")
    _left(done.left)


def _left(left: list[str]) -> None:
    """Say what no file holds."""
    for said in left[:SAID]:
        click.echo(f"left behind: {said}", err=True)
    if len(left) > SAID:
        click.echo(f"left behind: {len(left) - SAID} more; --json names them all.", err=True)
