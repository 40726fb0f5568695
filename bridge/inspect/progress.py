"""What people see while a run goes on: nothing, a line for everything that happens, or a table that moves."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from bridge.literals import duration

_MARKS = {"waiting": "○", "running": "◐", "computed": "●", "found": "●", "failed": "✗", "not run": "–"}
_DONE = ("computed", "found")


_latest: list[str] = []  # the run that was begun here


def forget() -> None:
    """Begin anew: no run has begun here."""
    _latest.clear()


def cut_off() -> str | None:
    """What to do about a run that was ended before its end; None if none had begun."""
    if not _latest:
        return None
    return f"Run {_latest[0]} keeps what it finished. Go on with it: scalebridge resume {_latest[0]}"


def progress_of(quiet: bool) -> Quiet:
    """What fits the place where it is read."""
    if quiet:
        return Quiet()
    return Live() if sys.stderr.isatty() else Lines()


class Quiet:
    """Shows nothing."""

    def __enter__(self) -> Quiet:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, event: dict[str, Any]) -> None:
        """Take note of what happened to a stage."""
        if event["state"] == "planned":
            _latest[:] = [event["run"]]


class Lines(Quiet):
    """A plain line for everything that happens, for files and pipes."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, event: dict[str, Any]) -> None:
        """Print what happened to a stage."""
        super().__call__(event)
        if event["state"] == "planned":
            click.echo(f"run {event['run']}: {len(event['stages'])} stages", err=True)
            return
        took = f" in {duration(event['seconds'])}" if "seconds" in event else ""
        again = f" (attempt {event['attempt']})" if event.get("attempt", 1) > 1 else ""
        said = event.get("error", event.get("warning"))
        if "separation" in event:
            said = "; ".join(judged_briefly(event["separation"]))
        why = f": {said}" if said else ""
        at = duration(time.monotonic() - self._began)
        click.echo(f"[{at:>8}] {event['stage']}  {event['state']}{again}{took}{why}", err=True)


def judged_briefly(verdicts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Verdicts of separation in few words."""
    fates = ("not separated, accepted" if one.get("accepted") else "not separated" for one in verdicts)
    return [
        f"{one['name']} {'separated' if one['ok'] else fate}, {float(one['ratio']):.3g} of at most {one['limit']:g}"
        for one, fate in zip(verdicts, fates, strict=True)
    ]


class Moving(Quiet):
    """Something that changes in place, on a terminal."""

    def __init__(self) -> None:
        self._title, self._began, self._lock = "starting", time.monotonic(), threading.Lock()

    def __enter__(self) -> Quiet:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._console = Console(stderr=True)
        self._live = RichLive(console=self._console, get_renderable=self._render, refresh_per_second=8, transient=True)
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def _render(self) -> Any:
        """What is seen now."""
        raise NotImplementedError


class Live(Moving):
    """A line for every stage."""

    def __init__(self) -> None:
        super().__init__()
        self._stages: dict[str, tuple[str, float, str]] = {}

    def __call__(self, event: dict[str, Any]) -> None:
        """Take note of what happened to a stage."""
        super().__call__(event)
        with self._lock:
            if event["state"] == "planned":
                self._title = f"run {event['run']}"
                self._stages = dict.fromkeys(event["stages"], ("waiting", 0.0, ""))
            elif not event["stage"]:
                self._title = event["state"]
            else:
                took = duration(event["seconds"]) if "seconds" in event else ""
                self._stages[event["stage"]] = (event["state"], time.monotonic(), took)

    def _render(self) -> Any:
        from rich.table import Table
        from rich.text import Text

        now = time.monotonic()
        grid = Table.grid(padding=(0, 2))
        with self._lock:
            for name in in_view({n: state for n, (state, _, _) in self._stages.items()}, self._console.height - 6):
                state, since, took = self._stages[name]
                shown = duration(now - since) if state == "running" else took
                style = {"running": "bold", "failed": "red", "waiting": "dim", "not run": "dim"}.get(state, "green")
                mark = _MARKS.get(state, "◐")
                grid.add_row(Text(mark, style), Text(name, style), Text(state, style), Text(shown, "dim"))
            done = sum(state in _DONE for state, _, _ in self._stages.values())
            counted = f"  {done} of {len(self._stages)} stages" if self._stages else ""
            title = Text(f"{self._title}  {duration(now - self._began)}{counted}", "bold")
        outer = Table.grid()
        outer.add_row(title)
        outer.add_row(grid)
        return outer


def in_view(stages: Mapping[str, str], rows: int) -> list[str]:
    """The stages (name and state) for which a terminal has room: what runs or failed, what is next, what is done."""
    urgency = [
        [name for name, state in stages.items() if state not in ("waiting", *_DONE)],
        [name for name, state in stages.items() if state == "waiting"],
        [name for name, state in stages.items() if state in _DONE][::-1],
    ]
    chosen = set([name for names in urgency for name in names][: max(rows, 4)])
    return [name for name in stages if name in chosen]
