"""Whatever people may use says what it is for."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import bridge
import bridge.external
import bridge.testing
from bridge.inspect.cli import main

ROOT = Path(__file__).parents[2]


def commands(command: click.Command, words: str) -> Iterator[tuple[str, click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from commands(one, f"{words} {name}")


COMMANDS = dict(commands(main, "scalebridge"))


def errors(above: type[Any] = bridge.BridgeError) -> Iterator[type[Any]]:
    """All errors of the platform that have a public name."""
    for one in above.__subclasses__():
        if one.__module__.startswith("bridge.") and not one.__name__.startswith("_"):
            yield one
        yield from errors(one)


@pytest.mark.parametrize("name", bridge.__all__)
def test_every_public_name_says_what_it_is(name: str) -> None:
    said = getattr(bridge, name).__doc__
    assert said, name
    assert said.strip().splitlines()[0].rstrip().endswith((".", ":", "``")), said.splitlines()[0]


@pytest.mark.parametrize("name", bridge.testing.__all__)
def test_every_tool_for_tests_says_what_it_is(name: str) -> None:
    assert getattr(bridge.testing, name).__doc__


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_and_option_has_help(words: str) -> None:
    assert COMMANDS[words].help, words
    for each in COMMANDS[words].params:
        if isinstance(each, click.Option):
            assert each.help, f"{words} {each.opts}"


def test_every_error_has_a_place_on_the_page_of_errors() -> None:
    for module in pkgutil.walk_packages(bridge.__path__, "bridge."):
        importlib.import_module(module.name)
    reference = ROOT / "docs" / "reference"
    written = "".join(page.read_text(encoding="utf-8") for page in reference.glob("*.md"))
    elsewhere = {name for place in (bridge.testing, bridge.external) for name in vars(place)}  # shown with their rooms
    found = {f"{one.__module__}.{one.__name__}" for one in errors() if one.__name__ not in elsewhere}
    assert sorted(name for name in found if f".. autoexception:: {name}\n" not in written) == []
