"""Every link of the Markdown in the repository leads somewhere, on GitHub as on the site."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
MADE = ROOT / "docs" / "reference" / "models"  # made when the site is built; it is checked there
PAGES = sorted(
    page
    for pattern in ("*.md", "deploy/*.md", "docs/**/*.md", "plugins/*/*.md")
    for page in ROOT.glob(pattern)
    if "_build" not in page.parts and (page.parent != MADE or page.name == "index.md")
)


@functools.cache
def tokens(page: Path) -> list[Token]:
    return MarkdownIt("gfm-like", {"linkify": False}).parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Line and target of every link and picture that is not of the world outside."""
    for token in tokens(page):
        for part in token.children or []:
            target = part.attrGet("href") or part.attrGet("src")
            if target and not re.match(r"[a-z]+:", str(target)):
                yield (token.map or [0])[0] + 1, unquote(str(target))


@functools.cache
def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    found: list[str] = []
    for opened, inline in zip(tokens(page), tokens(page)[1:], strict=False):
        if opened.type == "heading_open":
            text = "".join(part.content for part in inline.children or [] if part.type in ("text", "code_inline"))
            name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            before = sum(re.fullmatch(rf"{re.escape(name)}(-\d+)?", each) is not None for each in found)
            found.append(f"{name}-{before}" if before else name)
    return set(found)


def dead(page: Path) -> list[str]:
    wrong = []
    for line, target in links(page):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or not place.is_relative_to(ROOT):
            wrong.append(f"line {line}: {target}: no such file")
        elif anchor and anchor not in anchors(place):
            wrong.append(f"line {line}: {target}: no such heading")
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert dead(page) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One title, of `two`\n\n[a](#one-title-of-two) [b](#other) [c](nothing.md) ![d](https://x.y/z)\n")
    assert [target.split(": ", 1)[1] for target in dead(page)][-1] == "nothing.md: no such file"
    assert anchors(page) == {"one-title-of-two"}
