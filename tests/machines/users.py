"""Who gives commands on these machines: a home of their own, clusters in files, and notes of what was called."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

COMMAND = str(Path(sys.executable).with_name("scalebridge"))
FAR = Path(__file__).with_name("far.py")
CREEP = Path(__file__).parents[2] / "flows" / "creep.py"


@dataclass(frozen=True)
class User:
    """A user's surroundings."""

    home: Path
    environment: dict[str, str]
    store: Path = Path()
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

    def over(self, store: Path, seen: Path | None = None, **variables: str) -> User:
        """The same user with another store, which these tests may see elsewhere, and empty notes beside it."""
        seen = seen or store
        notes = seen.with_name(f"{seen.name}.notes")
        notes.touch()
        places = {"SCALEBRIDGE_STORE": str(store), "NOTES": str(notes)}
        return replace(self, environment=self.environment | places | variables, store=seen)

    def cluster(self, name: str, text: str) -> str:
        """Describe a cluster in a file of its own; its name."""
        path = Path(self.environment["SCALEBRIDGE_CLUSTERS"]) / f"{name}.toml"
        path.write_text(text)
        return name

    def begin(self, *words: str, enter: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Begin a command, on another host by ``enter``."""
        pipe = subprocess.PIPE
        command = [*enter, COMMAND, *words]
        self.begun.append(subprocess.Popen(command, env=self.environment, text=True, stdout=pipe, stderr=pipe))
        return self.begun[-1]

    def json(self, *words: str, enter: tuple[str, ...] = ()) -> Any:
        """What a command that succeeds tells machines."""
        return told(self.begin(*words, "--json", enter=enter))

    def refused(self, *words: str, enter: tuple[str, ...] = ()) -> str:
        """What a command that fails tells people."""
        begun = self.begin(*words, enter=enter)
        out, errors = begun.communicate(timeout=300)
        assert begun.returncode == 1, out + errors
        return errors

    def end(self) -> None:
        """End commands that a failed test has left."""
        for begun in self.begun:
            if begun.poll() is None:
                for process in [*psutil.Process(begun.pid).children(recursive=True), psutil.Process(begun.pid)]:
                    process.kill()
            if begun.stdout is not None and not begun.stdout.closed:
                begun.communicate()
        self.begun.clear()

    def calls(self, what: str = "start") -> Counter[str]:
        """How often the model of each stage of `far.py` was called, or came to its end."""
        return Counter(words[0] for words in self.notes() if words[1] == what)

    def notes(self) -> list[list[str]]:
        """Stage, start or end, host and time of what was called."""
        return [line.split() for line in Path(self.environment["NOTES"]).read_text().splitlines()]

    def artifacts(self) -> list[str]:
        """Content keys in the store."""
        return sorted(path.name for path in self.store.glob("artifacts/*/*"))


def user(folder: Path, **variables: str) -> User:
    """A user with nothing yet."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_", "DASK_"))}
    clusters = folder / "clusters"
    clusters.mkdir(parents=True)
    places = {"SCALEBRIDGE_HOME": str(folder / "state"), "HOME": str(folder), "SCALEBRIDGE_CLUSTERS": str(clusters)}
    return User(folder, kept | places | {"PYTHONDONTWRITEBYTECODE": "1"} | variables)


def told(begun: subprocess.Popen[str], timeout: float = 500) -> Any:
    """What a command that succeeds prints."""
    out, errors = begun.communicate(timeout=timeout)
    assert begun.returncode == 0, out + errors
    return json.loads(out)


def keys(run: dict[str, Any]) -> dict[str, str]:
    """Content keys of a run's stages by name."""
    assert run["state"] == "completed", run["failure"]
    return {stage["name"]: stage["key"] for stage in run["stages"]}


def states(run: dict[str, Any]) -> set[str]:
    """How its stages came to their results."""
    return {stage["state"] for stage in run["stages"]}


def until(condition: Callable[[], Any], timeout: float = 60, what: str = "it") -> None:
    """Wait for something to become true."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen within {timeout:g} s"
        time.sleep(0.05)
