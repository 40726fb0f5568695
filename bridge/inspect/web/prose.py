"""Docstrings as HTML: paragraphs, lists, indented blocks and names in backticks; all else stays as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup

from bridge.inspect.web.words import inert

#: ``name``, or `name` with a role of reStructuredText before it, which is left out.
_CODE = re.compile(r"(?::[a-z:]{1,20}:)?(?P<ticks>``?)(?P<text>[^`\n]+(?:\n[^`\n]+)?)(?P=ticks)")
_BULLET, _NUMBER = re.compile(r"[-*•]\s+"), re.compile(r"[0-9]{1,2}[.)]\s+")

#: The address of what a name stands for, None where it is no more than a name.
Where = Callable[[str], str | None]


def prose(text: str, where: Where = lambda name: None) -> Markup:
    """A docstring as people read it; names in backticks that ``where`` knows become links."""
    blocks = re.split(r"\n[ \t]*\n", text.strip("\n"))
    return Markup("\n").join(_block(block, where) for block in blocks if block.strip())


def _block(block: str, where: Where) -> Markup:
    lines = block.splitlines()
    if all(line.startswith((" ", "\t")) for line in lines if line.strip()):
        depth = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
        return Markup("<pre>{}</pre>").format(inert("\n".join(line[depth:] for line in lines)))
    for at, line in enumerate(lines):
        begins = at == 0 or lines[at - 1].rstrip().endswith(":")  # else it is a minus, or the end of a sentence
        for mark, tag in ((_BULLET, "ul"), (_NUMBER, "ol")):
            if begins and mark.match(line):
                before = _paragraph(lines[:at], where) if at else Markup("")
                return before + _list(lines[at:], mark, tag, where)
    return _paragraph(lines, where)


def _paragraph(lines: list[str], where: Where) -> Markup:
    text = "\n".join(line.strip() for line in lines)
    return Markup("<p>{}</p>").format(inline(re.sub(r"::$", ":", text), where))


def _list(lines: list[str], mark: re.Pattern[str], tag: str, where: Where) -> Markup:
    """Lines that begin with a mark, each with what is set under it."""
    items: list[list[str]] = []
    for line in lines:
        if found := mark.match(line):
            items.append([line[found.end() :]])
        else:
            items[-1].append(line.strip())
    drawn = Markup("").join(Markup("<li>{}</li>").format(inline("\n".join(item), where)) for item in items)
    listed: Markup = Markup("<{0}>{1}</{0}>").format(tag, drawn)
    return listed


def inline(text: str, where: Where = lambda name: None) -> Markup:
    """One line of a docstring, or the lines of a paragraph."""
    drawn: Markup = Markup("")
    at = 0
    for found in _CODE.finditer(text):
        name = found["text"]
        code = Markup("<code>{}</code>").format(inert(name))
        address = where(name)
        drawn += inert(text[at : found.start()])
        drawn += Markup('<a href="{}">{}</a>').format(address, code) if address else code
        at = found.end()
    drawn += inert(text[at:])
    return drawn
