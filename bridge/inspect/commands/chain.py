"""The command ``chain``: a flow as plain YAML, which other programs read and ``scalebridge`` runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bridge.errors import ContractError
from bridge.inspect.commands.options import as_json, emit, parameters, with_parameters


@click.command()
@click.argument("flow")
@with_parameters
@click.option("--out", metavar="FILE.yaml", help="Write it there, with large values in files beside it; else print it.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@as_json
def chain(flow: str, written: tuple[str, ...], out: str | None, overwrite: bool, as_json: bool) -> None:
    """Write a flow as a chain in plain YAML: FLOW is flows/creep.py, flows/creep.py:name or another chain.

    Stages, wires and parameters are written, with the values of -p as defaults. Every command that takes a flow takes
    the file. It is read back before it is written: its stages have the keys of the flow's.
    """
    from bridge.run.flowfile import load_flow
    from bridge.run.plain.export import written as write
    from bridge.run.server import configure

    given = parameters(written)
    path = None if out is None else _free(Path(out), overwrite)
    configure(console="CRITICAL")
    found = write(load_flow(flow), given, stem=path.stem if path else None)
    files = [] if path is None else _put(path, found.text, found.files, overwrite)
    if as_json:
        about: dict[str, Any] = {"chain": found.document.name, "parameters": list(found.document.parameters)}
        about |= {"fixed": dict(found.document.fixed), "stages": [stage.name for stage in found.document.stages]}
        emit(about | ({"files": list(map(str, files))} if path else {"text": found.text}))
    elif path is None:
        click.echo(found.text, nl=False)
    else:
        for file in files:
            click.echo(str(file))
        for name, value in found.document.fixed.items():
            click.echo(f"fixed: {name} = {value}, which the flow's body decides by", err=True)


def _free(path: Path, overwrite: bool) -> Path:
    """Where the chain goes. Raises ContractError, before anything is traced."""
    from bridge.run.plain.flow import ENDINGS

    if path.suffix not in ENDINGS:
        raise ContractError(f"--out {str(path)!r}: a chain's file ends in .yaml. Write --out {path.stem}.yaml.")
    if not path.parent.is_dir():
        raise ContractError(f"--out {str(path)!r}: there is no folder {str(path.parent)!r}. Make it first.")
    _refuse_there(path, overwrite)
    return path


def _refuse_there(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise ContractError(f"{path} is there already. Write --overwrite to replace it, or another --out.")


def _put(path: Path, text: str, files: Any, overwrite: bool) -> list[Path]:
    """Write the chain and what lies beside it, the chain last and at once: it never names a file that is not there."""
    contents = {path.parent / name: content for name, content in files.items()} | {path: text.encode()}
    for one in contents:
        _refuse_there(one, overwrite)
    for one, content in contents.items():
        aside = one.with_name(f".{one.name}.part")
        aside.write_bytes(content)
        aside.replace(one)
    return list(contents)
