"""Docstrings are read as Markdown: `|u|`, `x_i` and `2 * x` are what they look like, not marks of reStructuredText."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.utils import new_document
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx


def parsed(text: str, directive: Directive) -> list[nodes.Node]:
    """The nodes that a Markdown text is, with warnings that name the place of the directive."""
    document = new_document(str(directive.state.document.current_source), directive.state.document.settings)
    document.reporter = directive.state.document.reporter
    MystParser().parse(text, document)
    return document.children


class Markdown(Directive):
    """Its content, read as Markdown."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Parse the content."""
        return parsed("\n".join(self.content), self)


def wrapped(_app: Sphinx, _what: str, _name: str, _found: Any, _options: Any, lines: list[str]) -> None:
    """Put a docstring that autodoc found into the directive above."""
    if any(lines):
        # Two backticks and one mean the same here, and both are code in Markdown.
        lines[:] = [".. markdown::", "", *(f"   {line}" for line in lines), ""]


def readable(
    _app: Sphinx, _what: str, _name: str, _found: Any, _options: Any, signature: str | None, returned: str | None
) -> tuple[str | None, str | None] | None:
    """A signature with `Callable[[...], …]` is not parsed by Sphinx, and would show how autodoc shortens names."""
    if signature and "..." in signature:
        return re.sub(r"~(?:\w+\.)+(\w+)", r"\1", signature), returned
    return None


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("markdown", Markdown)
    app.connect("autodoc-process-docstring", wrapped)
    app.connect("autodoc-process-signature", readable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
