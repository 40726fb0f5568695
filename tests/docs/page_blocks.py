"""What a page of the documentation asks its reader to write, to type and to see.

The convention by which pages are run:

- A block whose preceding paragraph ends in a path and a colon (`` `melting.py`: ``) is a file, written there.
- A block of ``sh`` is typed line by line. A block of ``text`` right after it shows what it printed: every line of
  it must occur in that output, where ``…`` stands for anything. Where the text has a line that begins with
  ``error:`` or ``wrong``, the last line typed must fail; else every line typed must succeed.
- A block of ``python`` that is no file is run as a program; the ``text`` after it is what it printed.
- ``no-run`` after a language, and blocks of other languages that are no files, are only shown.
- ``<!-- science -->`` on the first line of a page: it takes long, and runs in ``make test-science``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<info>[^`\n]*)$")
PATH = re.compile(r"`(?P<path>[\w./-]+)`:\Z")
SHOWN = ("no-run",)
RUN = ("sh", "python")


@dataclass(frozen=True)
class Block:
    """One fenced block, the line its content starts at, and the end of the paragraph before it."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int
    before: str

    @property
    def path(self) -> str | None:
        """The file that the block is written to."""
        found = PATH.search(self.before)
        return found["path"] if found else None

    @property
    def shown(self) -> bool:
        """Whether the block is to be looked at only."""
        return "no-run" in self.words


@dataclass(frozen=True)
class Step:
    """Something a reader does, and what the page says that he sees then."""

    block: Block
    seen: Block | None = None

    @property
    def fails(self) -> bool:
        """Whether the page shows a refusal."""
        return self.seen is not None and re.search(r"(?mi)^(error:|wrong )", self.seen.text) is not None


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page. Raises ValueError for one that is not closed, or of no language."""
    found: list[Block] = []
    lines = text.splitlines()
    at, paragraph = 0, ""
    while at < len(lines):
        opened = FENCE.match(lines[at])
        if not opened:
            stripped = lines[at].strip()
            if stripped:
                paragraph = f"{paragraph} {stripped}" if at and lines[at - 1].strip() else stripped
            at += 1
            continue
        indent, fence = len(opened["indent"]), opened["fence"]
        start = at + 1
        end = next((k for k in range(start, len(lines)) if lines[k].strip() == fence), None)
        language, *words = opened["info"].split() or [""]
        if end is None:
            raise ValueError(f"line {at + 1}: this block is not closed")
        if not language:
            raise ValueError(f"line {at + 1}: this block has no language; write ```text")
        content = "".join(line[indent:] + "\n" for line in lines[start:end])
        found.append(Block(language, tuple(words), content, start + 1, paragraph))
        at, paragraph = end + 1, ""
    return found


def steps(text: str) -> list[Step]:
    """What is to be done on a page, in its order. Raises ValueError where the page does not say what it means."""
    done: list[Step] = []
    last: Block | None = None
    for block in blocks(text):
        if unknown := set(block.words) - set(SHOWN):
            raise ValueError(f"line {block.line}: {', '.join(sorted(unknown))} is no word after a language; use no-run")
        if block.shown:
            last = None
        elif block.path or block.language in RUN:
            done.append(Step(block))
            last = None if block.path else block
        elif block.language == "text" and last is not None:
            done[-1] = Step(last, block)
            last = None
    return done


def typed(text: str) -> list[str]:
    """The commands of a block of ``sh``: a line that ends in a backslash goes on in the next."""
    whole = re.sub(r"\\\n\s*", " ", text)
    return [line for line in whole.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def unseen(shown: str, printed: str) -> list[str]:
    """The lines of a block of ``text`` that do not occur in an output. Runs of blanks count as one."""
    output = [" ".join(line.split()) for line in printed.splitlines()]
    missing = []
    for line in shown.splitlines():
        words = " ".join(line.split())
        pattern = re.compile(".*".join(re.escape(part) for part in words.split("…")))
        if words and not any(pattern.fullmatch(each) for each in output):
            missing.append(line)
    return missing


def is_long(page: Path) -> bool:
    """Whether a page says on its first line that it takes long."""
    return page.read_text(encoding="utf-8").startswith("<!-- science -->")
