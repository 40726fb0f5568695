"""``plugins``: distributions of your own that bring models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from bridge.errors import ContractError
from bridge.inspect.commands.options import as_json, emit

#: Entry points that make a plugin of a document, by the document's kind: ``new(document, folder, **options)``.
GROUP = "bridge.documents"


@click.group()
def plugins() -> None:
    """Plugins: distributions that bring models of their own."""


@plugins.command()
@click.argument("folder", type=click.Path(file_okay=False))
@click.option(
    "--from-sbml",
    "document",
    required=True,
    type=click.Path(exists=True, dir_okay=False),
    help="An SBML or Antimony file, whose species and parameters become ports.",
)
@click.option("--name", metavar="NAME", help="What the model is called, such as mine.decay.")
@click.option("--unit", "units", multiple=True, metavar="ID=UNIT", help="A unit that the file leaves open.")
@click.option("--undeclared", type=click.Choice(["dimensionless"]), help="All the others are pure numbers.")
@click.option("--course", "courses", multiple=True, metavar="PORT=ID", help="A course of patients, by its id.")
@as_json
def new(
    folder: str,
    document: str,
    name: str | None,
    units: tuple[str, ...],
    undeclared: str | None,
    courses: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write a plugin into FOLDER, which is not there yet: a model, its registration and a test."""
    written = _writer("sbml", "scalebridge-pharmacology[sbml]")(
        document,
        folder,
        name=name,
        units=_pairs(units, "--unit time=h"),
        undeclared=undeclared,
        as_course=_pairs(courses, "--course concentration=C") or None,
    )
    if as_json:
        emit({"folder": folder, "module": str(written.module), "entry_point": written.entry_point})
    else:
        click.echo(f"{written.module} registers {written.entry_point}; install it: pip install {folder}")


def _writer(kind: str, distribution: str) -> Callable[..., Any]:
    """What makes a plugin of such a document. Raises ContractError where nothing installed does."""
    from importlib import metadata

    for point in metadata.entry_points(group=GROUP, name=kind):
        loaded: Callable[..., Any] = point.load()
        return loaded
    raise ContractError(
        f"nothing that is installed makes plugins of {kind} files. Write: pip install '{distribution}'."
    )


def _pairs(listed: tuple[str, ...], example: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in listed]
    for name, equals, value in pairs:
        if not (name.strip() and equals and value.strip()):
            raise ContractError(f"{name + equals + value!r} is no pair. Write {example}.")
    return {name.strip(): value.strip() for name, _, value in pairs}
