"""What people see of work that lasts: nothing for two seconds, then how far it is."""

from __future__ import annotations

import sys
import time

import click

#: Seconds before anything is said, and between lines where a line cannot be rewritten.
PATIENCE, PAUSE = 2.0, 10.0


class Waiting:
    """Told how much of how many is done, says so on stderr: in place on a terminal, else in a line now and then."""

    def __init__(self, what: str, quiet: bool = False) -> None:
        self._what, self._quiet = what, quiet
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + PATIENCE
        self._said = False

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        if self._said and self._terminal:
            click.echo("\r\x1b[2K", nl=False, err=True)

    def __call__(self, done: int, total: int) -> None:
        """Take note of how far it is; ``total`` is 0 where nobody knows."""
        now = time.monotonic()
        if self._quiet or now < self._next:
            return
        self._said, self._next = True, now + (0.1 if self._terminal else PAUSE)
        line = f"{self._what}: {done}" + (f" of {total}" if total else "")
        click.echo(f"\r\x1b[2K{line}" if self._terminal else line, nl=not self._terminal, err=True)
