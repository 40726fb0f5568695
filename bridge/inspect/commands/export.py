"""The command ``export``: a stored run as files of other programs."""

from __future__ import annotations

import json

import click

#: The formats of bridge.inspect.export.export, spelled here so that --help need not import it.
FORMATS = ("netcdf", "csv", "parquet", "vti", "extxyz", "files")
#: What was left behind is named up to here, and counted beyond.
SAID = 8


@click.command()
@click.argument("run")
@click.option("--stage", metavar="NAME", help="One stage of it; else all that have outputs.")
@click.option("--to", "to", required=True, type=click.Choice(FORMATS), help="The format.")
@click.option("--out", metavar="FOLDER", help="Where the files go (default: a folder here, named like the run).")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
def export(run: str, stage: str | None, to: str, out: str | None, overwrite: bool, as_json: bool) -> None:
    """Write a stored run as files of other programs: RUN is its name, the beginning or end of it, or last."""
    from bridge.inspect.export.export import write
    from bridge.store.runs import run_of

    found = run_of(run)
    written = write(found, to, out or found.id, stage, overwrite=overwrite)
    if as_json:
        document = {"run": found.id, "to": to, "files": list(map(str, written.files)), "left": written.left}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    for path in written.files:
        click.echo(str(path))
    for said in written.left[:SAID]:
        click.echo(f"left behind: {said}", err=True)
    if len(written.left) > SAID:
        click.echo(f"left behind: {len(written.left) - SAID} more; --json names them all.", err=True)
