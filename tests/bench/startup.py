"""Start-up: what a command costs before it does anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Row, compare, process

COMMAND = str(Path(sys.executable).with_name("scalebridge"))


def rows() -> Iterator[Row]:
    """CPU time of whole processes."""
    _, bare = process(sys.executable, "-c", "pass")
    for words in (("--help",), ("runs",)):
        _, cpu = process(COMMAND, *words)
        yield compare(f"`scalebridge {' '.join(words)}`, CPU of the process", cpu, "`python -c pass`", bare)
    _, cpu = process(sys.executable, "-c", "import bridge")
    yield compare("`import bridge`, CPU of the process", cpu, "`python -c pass`", bare)
