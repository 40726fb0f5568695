"""What several commands take, and how all of them print for machines."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from bridge.errors import ContractError

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
with_parameters = click.option(
    "-p",
    "--parameter",
    "written",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the flow; may be repeated.",
)
with_accepted = click.option(
    "--accept",
    "accept",
    multiple=True,
    metavar="NAME",
    help="Go on where these two scales are not separated: the name in the error; may be repeated.",
)
on_cluster = click.option(
    "--cluster",
    metavar="NAME",
    help="local (embedded, the default), a cluster file's name or path, or a scheduler's tls:// address.",
)


def looking(plugin: str) -> None:
    """Say which plugin is looked at for the first time, to people who wait for it."""
    if sys.stderr.isatty():
        click.echo(f"looking at {plugin} …", err=True)


def emit(document: Any) -> None:
    """Print a document as JSON."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))


def parameters(written: tuple[str, ...]) -> dict[str, str]:
    """Read ``name=value`` pairs. Raises ContractError."""
    found: dict[str, str] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise ContractError(f"-p {text!r} is no parameter. Write -p name='900 K'.")
        if name.strip() in found:
            raise ContractError(f"-p {name.strip()} was given twice: {found[name.strip()]!r} and {value!r}.")
        found[name.strip()] = value.strip()
    return found
