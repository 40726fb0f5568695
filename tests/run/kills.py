"""Runs whose worker, driver, scheduler or server is killed at a random moment; a program for `test_kills.py`.

The flow is here, too, with models that note every call. Each trial has a store of its own, so that keys and values
can be compared with those of a run that nothing befell.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import psutil
from numpy.typing import NDArray
from prefect import flow

from bridge import Scale, model, runner, stage

COMMAND = str(Path(sys.executable).with_name("scalebridge"))
DASK = str(Path(sys.executable).with_name("dask"))
VICTIMS = ("worker", "driver", "scheduler", "server")
MARK = "SCALEBRIDGE_TEST_MARK"


# The flow


def note(name: str, what: str) -> None:
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{name} {what} {os.getpid()} {time.time()}\n")


@dataclass(frozen=True)
class Reached:
    x: Annotated[float, "m"]
    field: Annotated[NDArray[np.float64], "K", ("n",)]


@model("kills.step", scale=Scale("continuum"))
def step(x: Annotated[float, "m"], y: Annotated[float, "m"], *, name: str, seconds: float = 0.0) -> Reached:
    """One further, from two places."""
    note(name, "start")
    time.sleep(seconds)
    note(name, "end")
    return Reached(x + y + 1, x + np.arange(300.0))


@flow(task_runner=runner())
def siege(seconds: float = 0.3):  # type: ignore[no-untyped-def]
    def go(name: str, x: Any, y: Any = "0 m") -> Any:
        return stage(step, name=name).submit(x=x, y=y, name=name, seconds=seconds)

    first = go("a", "0 m")
    left, right = go("b", first.x), go("c", first.x, "1 m")
    both = go("d", left.x, right.x)
    return go("f", go("e", both.x).x)


STAGES = list("abcdef")


# Around it


@dataclass
class Place:
    """A folder with a home and stores, and the processes that were begun for it."""

    folder: Path
    mark: str = field(default_factory=lambda: f"{os.getpid()}-{time.time_ns()}")
    cluster: list[subprocess.Popen[bytes]] = field(default_factory=list)
    commands: list["subprocess.Popen[str]"] = field(default_factory=list)
    port: int = 0

    @property
    def notes(self) -> Path:
        return self.folder / "notes"

    def environment(self, store: Path, mark: str = "") -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_"))}
        home = str(self.folder / "home")
        mine = {"SCALEBRIDGE_HOME": home, "HOME": home, "NOTES": str(self.notes), "SCALEBRIDGE_STORE": str(store)}
        return kept | mine | ({MARK: mark} if mark else {})

    def start(self, store: Path, *words: str) -> "subprocess.Popen[str]":
        """Begin a command of the user's; all that it starts carries the mark."""
        environment = self.environment(store, self.mark)
        pipe = subprocess.PIPE
        begun = subprocess.Popen([COMMAND, *words, "--json"], env=environment, text=True, stdout=pipe, stderr=pipe)
        self.commands.append(begun)
        return begun

    # Dask, as it runs elsewhere

    def scheduler(self) -> None:
        words = ["scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        self.cluster.insert(0, self._dask(*words))
        until(self._listens, 30)

    def begin_cluster(self) -> str:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.scheduler()
        self.cluster.append(self._workers())
        return f"tcp://127.0.0.1:{self.port}"

    def mend_cluster(self) -> None:
        """Start the scheduler again, and its workers once they have left, as they do without one."""
        scheduler, workers = self.cluster
        scheduler.wait()
        workers.wait(timeout=60)
        self.cluster.clear()
        self.scheduler()
        self.cluster.append(self._workers())

    def _workers(self) -> "subprocess.Popen[bytes]":
        words = ["worker", f"tcp://127.0.0.1:{self.port}", "--host", "127.0.0.1", "--nworkers", "2", "--nthreads", "1"]
        return self._dask(*words, "--no-dashboard", "--local-directory", str(self.folder / "dask"))

    def _dask(self, *words: str) -> "subprocess.Popen[bytes]":
        log = open(self.folder / "dask.log", "ab")  # noqa: SIM115 - it is the process's
        with log:
            return subprocess.Popen([DASK, *words], env=self.environment(self.folder), stdout=log, stderr=log)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    # Prefect

    def server(self) -> int | None:
        """Process of the project's own server."""
        for path in (self.folder / "home").glob("prefect-*/address.json"):
            with contextlib.suppress(OSError, ValueError):
                return int(json.loads(path.read_text())["pid"])
        return None

    # Processes

    def marked(self) -> list[psutil.Process]:
        """Living processes that a command of the user's has left, but for the one server, which is meant to stay."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return [process for process in found if process.pid != self.server()]

    def end(self) -> list[str]:
        """End what was begun here; names what of the user's is left after that."""
        for process in [*self.cluster, *self.commands]:
            if process.poll() is not None:
                continue
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                with contextlib.suppress(psutil.Error):
                    one.kill()
            process.wait()
        stop = [sys.executable, "-m", "bridge.run.server", "stop"]
        subprocess.run(stop, env=self.environment(self.folder), check=True, capture_output=True, timeout=60)
        until(lambda: not self.marked(), 10, needed=False)
        return [described(process) for process in self.marked()]


def described(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline())[:120]}"
    return str(process.pid)


def until(condition: Callable[[], Any], timeout: float, needed: bool = True) -> bool:
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            assert not needed, f"it did not happen within {timeout:g} s"
            return False
        time.sleep(0.02)
    return True


# Trials


@dataclass
class Trial:
    """One run, and what befalls it."""

    place: Place
    victim: str
    store: Path
    random: random.Random
    at: str | None = None  # the scheduler's address
    said: list[str] = field(default_factory=list)  # by a run that failed

    def go(self, reference: dict[str, Any]) -> dict[str, Any]:
        """Kill, go on, and say what was seen; raises AssertionError where a promise is broken."""
        self.place.notes.write_text("")
        begun = self.place.start(self.store, "run", f"{__file__}:siege", *self._where())
        early = self.random.random() < 0.2  # at any time since the command was given, else since a model was called
        until(lambda: early or self.calls() or begun.poll() is not None, 90)
        time.sleep(self.random.uniform(0, 6.0 if early else 2.5))
        alive = begun.poll() is None
        self._kill(begun)
        committed = self._committed()
        running = self._running()
        how, done = self._finish(begun)
        assert done["state"] == "completed", done
        assert {s["name"]: s["key"] for s in done["stages"]} == reference["keys"]
        assert self.contents() == reference["contents"]
        calls = self.calls()
        twice = {name: calls[name] for name in committed if calls[name] != 1}
        assert not twice, f"stored, and executed again: {twice}"
        assert set(calls) == set(STAGES)
        assert max(calls.values()) <= 2, calls
        until(lambda: not self.place.marked(), 10, needed=False)
        assert not (left := [described(process) for process in self.place.marked()]), left
        seen = {"victim": self.victim, "committed": "".join(sorted(committed)), "running": running, "then": how}
        seen |= {"said": self.said} if self.said else {}
        return seen | {"again": sum(calls.values()) - len(STAGES), "in time": alive}

    def contents(self) -> dict[str, Any]:
        """What every artifact holds; nothing of the store may be damaged."""
        from bridge.store.store import Store
        from bridge.store.upkeep.verify import verify

        store = Store(self.store)
        assert (damaged := verify(store).damaged) == [], damaged
        return {found.key: [found.ports, found.objects] for found in store.artifacts()}

    def calls(self) -> Counter[str]:
        lines = [line.split() for line in self.place.notes.read_text().splitlines()]
        return Counter(words[0] for words in lines if words[1] == "start")

    def _where(self) -> list[str]:
        return ["--cluster", self.at] if self.at else []

    def _runs(self) -> list[str]:
        return [path.parent.name for path in self.store.glob("runs/*/run.json")]

    def _committed(self) -> list[str]:
        from bridge.store.store import Store

        return [found.about["stage"] for found in Store(self.store).artifacts()] if self.store.exists() else []

    def _running(self) -> str:
        lines = [line.split() for line in self.place.notes.read_text().splitlines()]
        ended = {(words[0], words[2]) for words in lines if words[1] == "end"}
        return "".join(words[0] for words in lines if words[1] == "start" and (words[0], words[2]) not in ended)

    def _kill(self, driver: "subprocess.Popen[str]") -> None:
        if self.victim == "driver":
            number: int | None = driver.pid
        elif self.victim == "scheduler":
            number = self.place.cluster[0].pid
        elif self.victim == "server":
            until(lambda: self.place.server() or driver.poll() is not None, 20)
            number = self.place.server()
        else:
            number = self._worker(driver)
        if number is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        if self.victim == "scheduler":
            self.place.mend_cluster()

    def _worker(self, driver: "subprocess.Popen[str]") -> int | None:
        """A worker, the one that works if one does."""
        found: list[int] = []

        def look() -> bool:
            with contextlib.suppress(psutil.Error):
                children = psutil.Process(driver.pid).children(recursive=True)
                found[:] = [one.pid for one in children if "spawn_main" in " ".join(one.cmdline())]
            return bool(found) or driver.poll() is not None

        until(look, 30, needed=False)
        lines = [line.split() for line in self.place.notes.read_text().splitlines()]
        busy = [int(words[2]) for words in lines[-1:] if words[1] == "start" and int(words[2]) in found]
        return self.random.choice(busy or found) if found else None

    def _finish(self, begun: "subprocess.Popen[str]") -> tuple[str, dict[str, Any]]:
        """Wait for the run, or go on with it as people would: resume it, or run the flow again at once."""
        if self.victim != "driver":
            out, errors = begun.communicate(timeout=150)
            if begun.returncode == 0:
                return "completed", json.loads(out)
            self.said = (errors.strip() or json.loads(out).get("failure") or "").splitlines()[-1:]
        known = self._runs()
        by_resuming = known and (self.victim != "driver" or self.random.random() < 0.5)
        if known and by_resuming:
            from bridge.store.runs import run_of

            if run_of(known[0], str(self.store)).state == "completed":
                by_resuming = False
        words = ["resume", known[0]] if by_resuming else ["run", f"{__file__}:siege"]
        again = self.place.start(self.store, *words, *self._where())
        if self.victim == "driver":
            begun.communicate()
        out, errors = again.communicate(timeout=150)
        assert again.returncode == 0, out + errors
        return words[0], json.loads(out)


def kill(folder: Path, trials: int, seed: int, victims: tuple[str, ...] = VICTIMS) -> None:
    """Do all trials; a line of JSON for each, and one of what is left in the end."""
    place = Place(folder)
    (folder / "home").mkdir(parents=True)
    try:
        at = place.begin_cluster()
        reference = undisturbed(place)
        chance = random.Random(seed)
        for number in range(trials):
            victim = victims[number % len(victims)]
            trial = Trial(place, victim, folder / f"store-{number}", chance, at if victim == "scheduler" else None)
            began = time.monotonic()
            try:
                seen = trial.go(reference)
            except (AssertionError, subprocess.TimeoutExpired) as reason:
                seen = {"victim": victim, "broken": str(reason)[:3000]}
            print(json.dumps({"trial": number, **seen, "seconds": round(time.monotonic() - began, 1)}), flush=True)
    finally:
        print(json.dumps({"left": place.end()}), flush=True)


def undisturbed(place: Place) -> dict[str, Any]:
    """Keys and contents of a run that nothing befell."""
    trial = Trial(place, "nobody", place.folder / "undisturbed", random.Random(0))
    place.notes.write_text("")
    out, errors = (begun := place.start(trial.store, "run", f"{__file__}:siege")).communicate(timeout=150)
    assert begun.returncode == 0, errors
    keys = {one["name"]: one["key"] for one in json.loads(out)["stages"]}
    assert sorted(keys) == STAGES
    assert trial.calls() == Counter(STAGES)
    return {"keys": keys, "contents": trial.contents()}


def drive(store: Path, seconds: str) -> None:
    """Run the flow in this process over a store whose claims are leases, as on a file system of many machines."""
    from bridge.run import launch, session
    from bridge.run.flowfile import load_flow
    from bridge.store.spaces.disk import Disk
    from bridge.store.store import Store

    session.Store = launch.Store = lambda: Store(Disk(store, leases=True))  # type: ignore[assignment,misc,attr-defined]
    run = launch.launch_with(load_flow(f"{__file__}:siege"), {"seconds": seconds})
    stages = [{"name": name, "key": facts["key"]} for name, facts in run.stages.items()]
    print(json.dumps({"state": run.state, "stages": stages}))


if __name__ == "__main__":
    if sys.argv[1] == "drive":
        drive(Path(sys.argv[2]), sys.argv[3])
    else:
        kill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), tuple(sys.argv[4:]) or VICTIMS)
