"""A state folder of its own for schedules, and `scalebridge serve` in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

FLOW = f"{Path(__file__).with_name('clocked.py')}"
COMMAND = str(Path(sys.executable).with_name("scalebridge"))


class Clock:
    """Commands of schedules in a state folder, and what came of them."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment, self.folder = environment, folder
        self.flow = FLOW
        self.notes = Path(environment["NOTES"])
        self._serving: list[subprocess.Popen[str]] = []

    def command(self, *words: str, fails: bool = False) -> str:
        """What a command prints; on stderr where it fails."""
        done = subprocess.run(
            [COMMAND, *words], env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=200
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    def serve(self, limit: int = 2) -> subprocess.Popen[str]:
        """Begin to serve; its lines go to the file serve.log."""
        with open(self.folder / "serve.log", "a") as log:
            process = subprocess.Popen(
                [COMMAND, "serve", "--limit", str(limit)], env=self.environment, cwd=self.folder, stdout=log, stderr=log
            )
        self._serving.append(process)
        return process

    def said(self) -> str:
        return (self.folder / "serve.log").read_text()

    def calls(self, tag: str) -> int:
        return sum(line.split()[0] == tag for line in self.notes.read_text().splitlines())

    def under_way(self) -> list[psutil.Process]:
        """Processes of runs that have been started."""
        found = []
        for one in (one for process in self._serving for one in psutil.Process(process.pid).children()):
            with contextlib.suppress(psutil.Error):  # it has just ended
                found += [one] * ("bridge.run.schedules.fire" in one.cmdline())
        return found

    def schedule(self, name: str) -> dict[str, Any]:
        """One schedule, as JSON has it."""
        listed = json.loads(self.command("schedules", "--json"))["schedules"]
        return next(one for one in listed if one["name"] == name)

    def fired(self, name: str) -> list[dict[str, Any]]:
        """Records of the runs of a schedule, the oldest first."""
        paths = sorted(self.folder.glob("home/store/runs/*/run.json"))
        records = [json.loads(path.read_text()) for path in paths]
        return [one for one in records if one.get("schedule") == name]

    def completed(self, name: str) -> int:
        return sum(one.get("state") == "completed" for one in self.fired(name))

    def end_serving(self) -> None:
        """End who serves, in order if that is possible, and what is left of it."""
        for process in self._serving:
            if process.poll() is None:
                children = psutil.Process(process.pid).children(recursive=True)
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
                for one in children:
                    if one.is_running():
                        one.kill()
        self._serving.clear()

    def end(self) -> None:
        """End who serves, and the server."""
        self.end_serving()
        subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=self.environment, check=False)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clock]:
    folder = tmp_path_factory.mktemp("clock")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
    environment = kept | {
        "SCALEBRIDGE_HOME": str(folder / "home"),
        "HOME": str(folder),
        "NOTES": str(folder / "notes"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TZ": "Europe/Berlin",
    }
    (folder / "notes").touch()
    clock = Clock(environment, folder)
    yield clock
    clock.end()
