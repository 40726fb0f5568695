"""What people see while a sweep runs: a bar for every stage, or a line now and then."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from bridge.inspect.progress import Moving, Quiet
from bridge.literals import duration

#: Seconds between two lines, where there is no terminal.
APART = 5.0


def progress_of(quiet: bool) -> Quiet:
    """What fits the place where it is read."""
    if quiet:
        return Quiet()
    return SweepLive() if sys.stderr.isatty() else SweepLines()


def counted(event: dict[str, Any]) -> str:
    """How far a sweep is, on one line."""
    words = [f"{event['computed'] + event['found']:,} of {event['executions']:,} executions done"]
    words += [f"{event[name]:,} {name}" for name in ("found", "failed", "shared") if event[name]]
    if event["rate"]:
        words.append(f"{event['rate']:,.3g} a second" if event["rate"] < 100 else f"{event['rate']:,.0f} a second")
    if event["left"]:
        words.append(f"{duration(event['left'])} left")
    return ", ".join(words)


class SweepLines(Quiet):
    """A plain line every five seconds, one for each failure's first words, for files and pipes."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()
        self._said: set[str] = set()

    def __call__(self, event: dict[str, Any]) -> None:
        """Print how far the sweep is."""
        super().__call__(event)
        now = time.monotonic()
        if event["state"] == "planned":
            self._line(f"sweep {event['run']}: {event['points']:,} points")
        elif event["state"] == "progress":
            if now - self._last >= APART:
                self._last = now
                self._line(counted(event))
        elif event["state"] == "block":
            if event.get("error") and event["error"] not in self._said and len(self._said) < 10:
                self._said.add(event["error"])
                self._line(f"{event['stage']}  failed: {event['error']}")
        elif event["stage"] == "" or "executions" not in event:
            self._line(" ".join(filter(None, [event["stage"], event["state"], event.get("warning")])))

    def _line(self, text: str) -> None:
        click.echo(f"[{duration(time.monotonic() - self._began):>8}] {text}", err=True)


class SweepLive(Moving):
    """A bar for every stage, changed in place."""

    def __init__(self) -> None:
        super().__init__()
        self._event: dict[str, Any] = {}
        self._error = ""

    def __call__(self, event: dict[str, Any]) -> None:
        """Take note of how far the sweep is."""
        super().__call__(event)
        with self._lock:
            if event["state"] == "planned":
                self._title = f"sweep {event['run']}  {event['points']:,} points"
            elif event["state"] == "progress":
                self._event = event
            elif event["state"] == "block":
                self._error = event.get("error") or self._error
            elif not event["stage"]:
                self._title = event["state"]

    def _render(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        with self._lock:
            event, title, error = self._event, self._title, self._error
        words: list[Any] = [Text(f"{title}  {duration(time.monotonic() - self._began)}", "bold")]
        if event:
            grid = Table.grid(padding=(0, 2))
            for stage, its in event["stages"].items():
                bar = ProgressBar(total=max(1, its["executions"]), completed=its["done"] + its["failed"], width=30)
                failed = Text(f"{its['failed']:,} failed" if its["failed"] else "", "red")
                grid.add_row(Text(stage), bar, Text(f"{its['done']:,} of {its['executions']:,}", "dim"), failed)
            words += [grid, Text(counted(event), "dim")]
        if error:
            words.append(Text(error, "red", overflow="ellipsis", no_wrap=True))
        return Group(*words)
