"""``plugins``: distributions that bring models of their own: written, listed, checked, allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from bridge.errors import ContractError
from bridge.inspect.commands.options import as_json, emit, looking

#: Entry points that make a plugin of a document, by the document's kind: ``new(document, folder, **options)``.
GROUP = "bridge.documents"


@click.group()
def plugins() -> None:
    """Plugins: distributions that bring models of their own."""


@plugins.command()
@click.argument("name")
@click.option("--folder", metavar="DIR", type=click.Path(file_okay=False), help="Where to put its folder; here.")
@click.option("--program", is_flag=True, help="Its model is a program with input and output files.")
@click.option(
    "--from-sbml",
    "document",
    type=click.Path(exists=True, dir_okay=False),
    help="An SBML or Antimony file, whose species and parameters become ports; NAME is the folder to write.",
)
@click.option("--name", "model", metavar="NAME", help="With --from-sbml: what the model is called, such as mine.decay.")
@click.option(
    "--unit", "units", multiple=True, metavar="ID=UNIT", help="With --from-sbml: a unit the file leaves open."
)
@click.option("--undeclared", type=click.Choice(["dimensionless"]), help="With --from-sbml: all others are numbers.")
@click.option("--course", "courses", multiple=True, metavar="PORT=ID", help="With --from-sbml: a course of patients.")
@as_json
def new(name: str, folder: str | None, program: bool, document: str | None, as_json: bool, **more: Any) -> None:
    """Write a plugin that passes its own tests: the folder NAME with a model, its registration, tests and a README."""
    if document is not None:
        if program:
            raise ContractError("--from-sbml writes its own model: leave --program away.")
        _from_sbml(name, folder, document, as_json, **more)
        return
    if given := [option for option, value in more.items() if value]:
        option = {"model": "name", "units": "unit", "courses": "course"}.get(given[0], given[0])
        raise ContractError(f"--{option} is that of --from-sbml FILE, which is not given.")
    from bridge.inspect.plugins.new import described, write

    written = write(name, folder, program=program)
    emit(written) if as_json else click.echo(described(written))


def _from_sbml(name: str, folder: str | None, document: str, as_json: bool, **more: Any) -> None:
    from pathlib import Path

    place = str(Path(folder or "", name))
    written = _writer("sbml", "scalebridge-pharmacology[sbml]")(
        document,
        place,
        name=more["model"],
        units=_pairs(more["units"], "--unit time=h"),
        undeclared=more["undeclared"],
        as_course=_pairs(more["courses"], "--course concentration=C") or None,
    )
    if as_json:
        emit({"folder": place, "module": str(written.module), "entry_point": written.entry_point})
    else:
        click.echo(f"{written.module} registers {written.entry_point}; install it: pip install {place}")


@plugins.command("list")
@as_json
def list_plugins(as_json: bool) -> None:
    """List the plugins and how they are; what is broken comes with its reason."""
    from bridge.inspect.plugins.listing import listing, text

    found = listing(told=looking)
    emit(found) if as_json else click.echo(text(found))


@plugins.command()
@click.argument("path", type=click.Path())
@click.option("--test", "with_tests", is_flag=True, help="Also run its tests.")
@click.option("--patience", metavar="TIME", help="How long a model may take to be imported: '20 s' (default: 1 min).")
@as_json
@click.pass_context
def check(ctx: click.Context, path: str, with_tests: bool, patience: str | None, as_json: bool) -> None:
    """Look at the plugin in the folder PATH before others use it. Ends with 1 if anything is wrong."""
    from pathlib import Path

    from bridge.inspect.plugins.checking import document, examine, text, well
    from bridge.registry.probe import PATIENCE
    from bridge.run.clusters.amounts import seconds

    try:
        longest = PATIENCE if patience is None else seconds(patience)
    except ValueError as reason:
        raise ContractError(f"--patience {patience!r}: {reason}. Write --patience '20 s'.") from None
    found = examine(Path(path).absolute(), with_tests=with_tests, patience=longest)
    emit(document(found)) if as_json else click.echo(text(found))
    if not well(found):
        ctx.exit(1)


@plugins.command()
@click.argument("names", metavar="DISTRIBUTION...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Let every plugin be loaded again.")
@as_json
def allow(names: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Let only the named plugins be loaded, and those named before; without a name, say which may be."""
    from bridge.inspect.plugins.allowing import allow as allow_them
    from bridge.inspect.plugins.allowing import allow_all, document, text

    if names and everything:
        raise ContractError("--all lets every plugin be loaded: leave the names away, or --all.")
    if everything:
        allow_all()
    elif names:
        allow_them(names)
    emit(document()) if as_json else click.echo(text(document()))


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
