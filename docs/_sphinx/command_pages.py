"""The page of the command line, made of the commands themselves when the pages are built."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

COMMAND, PAGE = "scalebridge", "docs/reference/commands"


def documented(command: click.Command, words: str, above: click.Context | None = None) -> Iterator[str]:
    """A command and those below it as Markdown. Raises ValueError for one without help."""
    context = click.Context(command, info_name=words.split()[-1], parent=above)
    if not command.help:
        raise ValueError(f"{words} has no help")
    if above is not None:
        yield from (f"(command-{words.partition(' ')[2].replace(' ', '-')})=", "", f"## {words}", "")
    yield from (inspect.cleandoc(command.help).replace("\b\n", ""), "", "```text")
    yield from (re.sub(r"\s+", " ", f"{words} {' '.join(command.collect_usage_pieces(context))}"), "```", "")
    rows = [
        row for each in command.get_params(context) if (row := each.get_help_record(context)) and each.name != "help"
    ]
    if rows:
        yield from ("| option | |", "|---|---|")
        yield from (f"| {_options(names)} | {_cell(said)} |" for names, said in rows)
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (one := command.get_command(context, name)) and not one.hidden:
                yield from documented(one, f"{words} {name}", context)


def _options(names: str) -> str:
    return f"`{_cell(names)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def written(_app: Sphinx, page: str, source: list[str]) -> None:
    """Put the commands below what the page says itself."""
    if page == PAGE:
        from bridge.inspect.cli import main

        source[0] += "\n" + "\n".join(documented(main, COMMAND))


def anew(_app: Sphinx, env: BuildEnvironment, *_pages: set[str]) -> set[str]:
    """The page is made at every build: its file does not change with the commands."""
    return {PAGE} & env.found_docs


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", written)
    app.connect("env-get-outdated", anew)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
