"""Runs the one problem, and every mistake made in it, in scalebridge, OpenMDAO and MUSCLE3: the tables of the page.

``python tests/comparison/side_by_side.py`` prints them; ``-v`` also what each platform said.
"""

from __future__ import annotations

import ast
import functools
import io
import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tokenize
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for `interface_mistakes`, which a test run in importlib mode does not find
from interface_mistakes import BRIDGE, HOP, MDAO, MISTAKES, PLATFORMS, WALL, YMMSL, Edit, Mistake  # noqa: E402

PROGRAMS = HERE / "sidebyside"
VENVS = runpy.run_path(str(HERE.parent / "bench" / "sweep_venvs.py"))
FILES = {"scalebridge": (BRIDGE,), "OpenMDAO": (MDAO,), "MUSCLE3": (HOP, WALL, YMMSL)}
READ = """
import json, bridge
print(json.dumps(bridge.runs()[0]["tungsten.permeation"].permeated.to("mol/m^2").magnitude.tolist()))
"""


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit status, what had been computed, its number, seconds, and what it printed."""

    status: int | None  # None: it hung
    computed: tuple[str, ...]
    started: bool  # a model, or for MUSCLE3 a program, was started
    permeated: tuple[float, ...] | None
    seconds: float
    cpu: float  # of the command and of what it has waited for: not of a server that it leaves running
    said: str


class Place:
    """A folder with a platform's files, edited or not, and the environment to run them in."""

    def __init__(self, platform: str, folder: Path, home: Path, edits: tuple[Edit, ...] = ()) -> None:
        self.platform, self.folder, self.home = platform, folder, home
        folder.mkdir(parents=True)
        for name in (*FILES[platform], "tungsten.py"):
            shutil.copy(PROGRAMS / name, folder)
        self.edit(*edits)
        if platform == "MUSCLE3":
            self.edit(*((YMMSL, f"FOLDER/{name}", f"{folder}/{name}") for name in (HOP, WALL)))

    @functools.cached_property
    def variables(self) -> dict[str, str]:
        """The environment to run it in."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_", "OPENMDAO_"))}
        return kept | {
            "PATH": os.pathsep.join([str(Path(self.python).parent), kept.get("PATH", "")]),
            "PYTHONPATH": str(self.folder),
            "COMPUTED": str(self.folder / "computed"),
            "SCALEBRIDGE_HOME": str(self.home),
            "SCALEBRIDGE_STORE": str(self.folder / "store"),  # nothing is found that another mistake had computed
            "HOME": str(self.home),
            "OMP_NUM_THREADS": "1",
        }

    @property
    def python(self) -> str:
        """The Python that has the platform."""
        return str(VENVS["python_of"](self.platform.lower()))

    def edit(self, *edits: Edit) -> None:
        """Replace texts, each of which stands in its file exactly once."""
        for name, old, new in edits:
            text = (self.folder / name).read_text(encoding="utf-8")
            if text.count(old) != 1:
                raise ValueError(f"{name} has {old!r} {text.count(old)} times, not once.")
            (self.folder / name).write_text(text.replace(old, new), encoding="utf-8")

    @property
    def command(self) -> tuple[str, ...]:
        """What a user types."""
        beside = Path(self.python).parent
        return {
            "scalebridge": (str(beside / "scalebridge"), "run", f"{BRIDGE}:wall"),
            "OpenMDAO": (self.python, MDAO),
            "MUSCLE3": (str(beside / "muscle_manager"), "--start-all", YMMSL),
        }[self.platform]

    def run(self, timeout: float = 300) -> Ended:
        """Run the program as it stands."""
        computed = self.folder / "computed"
        computed.unlink(missing_ok=True)
        before = set(self.folder.glob("run_*"))
        began, before_cpu = time.perf_counter(), _cpu()
        status, said = _ran(self.command, self.folder, self.variables, timeout)
        seconds, cpu = time.perf_counter() - began, _cpu() - before_cpu
        (new,) = set(self.folder.glob("run_*")) - before or (None,)
        told = tuple(computed.read_text().split()) if computed.exists() else ()
        started = bool(told) or bool(new and list(new.glob("instances/*/stdout.txt")))
        if new:
            said += "".join(
                p.read_text(errors="replace") for p in sorted(new.rglob("*.*")) if p.suffix in (".log", ".txt")
            )
        return Ended(status, told, started, self.number(new, said) if status == 0 else None, seconds, cpu, said)

    def number(self, new: Path | None, said: str) -> tuple[float, ...] | None:
        """What has left at the back, as the platform hands it to its user."""
        if self.platform == "scalebridge":
            done = subprocess.run(
                [self.python, "-c", READ],
                env=self.variables,
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=True,
            )
            return tuple(json.loads(done.stdout))
        if self.platform == "OpenMDAO":
            (numbers,) = re.findall(r"^\[(.*)\]$", said, re.M)
            return tuple(float(word) for word in numbers.split(","))
        (file,) = new.glob("instances/permeation/workdir/wall.npz") if new else (None,)
        return tuple(np.load(file)["permeated"].tolist()) if file else None


def _cpu() -> float:
    """CPU seconds of the processes that have been waited for."""
    times = os.times()
    return times.children_user + times.children_system


def _ran(command: tuple[str, ...], cwd: Path, env: dict[str, str], timeout: float) -> tuple[int | None, str]:
    """Run a command in a process group of its own, which a hang does not outlive."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        try:
            status: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            status = None
        out.seek(0)
        return status, out.read()


REFUSED, STOPS, WRONG, RIGHT = "refused", "stops while running", "wrong number", "converted"
COMPUTES, HANGS, UNSAID = "computed without a word", "hangs", "cannot be said"


def right(wanted: str) -> tuple[float, ...]:
    """The number that the maker of a mistake wants, by the physics alone."""
    sys.path.insert(0, str(PROGRAMS))
    import tungsten

    mass, blocked = np.array([1.008, 2.014, 3.016]), 0.0
    for _ in range(30 if wanted == "cycle" else 1):
        rate = tungsten.hop_rate(1200.0, 600.0, mass, 0.39, 10.0, blocked, 3 if wanted == "three cells" else 40)
        diffusivity = 1e-8 * tungsten.hop_diffusivity(rate, 1.12)
        concentration, permeated = tungsten.permeation(diffusivity, np.ones(3), 2e-3, 43200.0, 200)
        blocked = tungsten.occupied(concentration)
    return tuple(permeated.tolist())


def _warnings(said: str) -> set[str]:
    """Lines that warn, without what differs from run to run, and the indented lines that belong to them."""
    found, inside = set(), False
    for line in said.splitlines():
        inside = bool(re.search(r"warning", line, re.I)) or (inside and line.startswith("  "))
        if inside:
            found.add(re.sub(r"[\d.:-]+", "", line).strip())
    return found


def outcome(mistake: Mistake, ended: Ended, working: Ended) -> str:
    """What became of a mistake."""
    warned = ", with a warning" if _warnings(ended.said) - _warnings(working.said) else ""
    if ended.status is None:
        return HANGS
    if ended.status:
        return STOPS if ended.started else REFUSED
    if mistake.wanted is None:
        return COMPUTES + warned
    same = ended.permeated is not None and np.allclose(ended.permeated, right(mistake.wanted), rtol=1e-9, atol=0)
    return (RIGHT if same else WRONG) + warned


@contextmanager
def bench() -> Iterator[Path]:
    """A folder to run in; the Prefect server that scalebridge starts there ends with it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        (folder / "home").mkdir()
        try:
            yield folder
        finally:
            home = str(folder / "home")
            subprocess.run(
                [sys.executable, "-m", "bridge.run.server", "stop"],
                env=os.environ | {"SCALEBRIDGE_HOME": home, "HOME": home},
                check=False,
                capture_output=True,
                timeout=60,
            )


def outcomes(folder: Path, platform: str, verbose: bool = False) -> dict[str, str]:
    """What becomes of each mistake in a platform."""
    working = Place(platform, folder / platform / "working", folder / "home").run()
    if working.permeated is None or not np.allclose(working.permeated, right("working"), rtol=1e-12, atol=0):
        raise AssertionError(f"{platform}: {working.said}")
    found = {}
    for number, mistake in enumerate(MISTAKES):
        edits = mistake.edits(platform)
        if edits is None:
            found[mistake.name] = UNSAID
            continue
        ended = Place(platform, folder / platform / str(number), folder / "home", edits).run()
        found[mistake.name] = outcome(mistake, ended, working)
        if verbose:
            print(f"--- {platform}: {mistake.name}: {found[mistake.name]}; {ended.seconds:.1f} s, {ended.computed}")
            print("\n".join(ended.said.splitlines()[-12:]), ended.permeated, sep="\n", flush=True)
    return found


def lines(path: Path) -> int:
    """Lines that hold something other than comments, docstrings, imports and, in YAML, descriptions."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return sum(bool(re.match(r"\s*(?!#|description:)\S", line)) for line in text.splitlines())
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in blank:
            held.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        said = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if said or isinstance(node, ast.Import | ast.ImportFrom):
            held -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(held)


LONGER: dict[str, tuple[Edit, ...]] = {
    "scalebridge": ((BRIDGE, 'duration="12 h"', 'duration="24 h"'),),
    "OpenMDAO": ((MDAO, '"permeation.duration", 12.0', '"permeation.duration", 24.0'),),
    "MUSCLE3": ((YMMSL, "permeation.duration: 43200.0", "permeation.duration: 86400.0"),),
}
EDITED: Edit = ("tungsten.py", "NEIGHBOURS = 4", "NEIGHBOURS = 6")


@dataclass(frozen=True)
class Again:
    """The working program run, run again, run for longer in the wall, and run with other code."""

    first: Ended
    same: Ended
    longer: Ended
    edited: Ended
    left: dict[str, int]  # files by suffix, after the first run


def again(folder: Path, platform: str) -> Again:
    """Run a platform's working program four times in one place."""
    place = Place(platform, folder / platform / "again", folder / "home")
    given = set(place.folder.rglob("*"))
    first = place.run()
    left: dict[str, int] = {}
    for path in sorted(set(place.folder.rglob("*")) - given):
        if path.is_file() and path.name != "computed" and path.suffix != ".pyc":
            left[path.suffix or path.name] = left.get(path.suffix or path.name, 0) + 1
    same = place.run()
    place.edit(*LONGER[platform])
    longer = place.run()
    place.edit(EDITED)
    return Again(first, same, longer, place.run(), left)


def version_of(platform: str) -> str:
    """The version that runs here."""
    from importlib.metadata import version

    return version("scalebridge") if platform == "scalebridge" else str(VENVS["version_of"](platform.lower()))


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table as the page has it."""
    marked = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in marked)


def of_mistakes(found: dict[str, dict[str, str]]) -> str:
    """The table of mistakes, and how many of them each platform refuses or converts before any model runs."""
    rows = [(m.name, *(found[p][m.name] for p in PLATFORMS)) for m in MISTAKES]
    before = [sum(found[p][m.name] in (REFUSED, RIGHT) for m in MISTAKES) for p in PLATFORMS]
    silent = [sum(found[p][m.name].startswith((WRONG, COMPUTES)) for m in MISTAKES) for p in PLATFORMS]
    count = f"of {len(MISTAKES)}"
    rows.append(("**refused or converted rightly**", *(f"**{n} {count}**" for n in before)))
    rows.append(("**ended well, with a number that is wrong**", *(f"**{n} {count}**" for n in silent)))
    return table(("mistake", *PLATFORMS), rows)


def of_lines() -> str:
    """The table of lines written."""
    rows = [("files", *(", ".join(f"`{n}`" for n in FILES[p]) for p in PLATFORMS))]
    rows.append(("lines", *(" + ".join(str(lines(PROGRAMS / n)) for n in FILES[p]) for p in PLATFORMS)))
    return table(("", *PLATFORMS), rows)


def of_runs(found: dict[str, Again]) -> str:
    """The table of which models were computed."""
    asked = (("run", "first"), ("run again", "same"), ("24 h in place of 12", "longer"), ("other physics", "edited"))
    rows = [
        (what, *(" and ".join(getattr(found[p], which).computed) or "nothing" for p in PLATFORMS))
        for what, which in asked
    ]
    return table(("what is computed", *PLATFORMS), rows)


def of_seconds(found: dict[str, Again]) -> str:
    """The table of seconds, by the clock and of CPU."""
    asked = (("first run", "first"), ("run again", "same"))
    rows = [
        (what, *(f"{getattr(found[p], which).seconds:.1f} s ({getattr(found[p], which).cpu:.1f})" for p in PLATFORMS))
        for what, which in asked
    ]
    return table(("clock (CPU)", *PLATFORMS), rows)


def main() -> None:
    """Print the tables of the page."""
    verbose = "-v" in sys.argv
    with bench() as folder:
        runs = {platform: again(folder, platform) for platform in PLATFORMS}
        found = {platform: outcomes(folder, platform, verbose) for platform in PLATFORMS}
    print(", ".join(f"{platform} {version_of(platform)}" for platform in PLATFORMS))
    print(of_lines(), of_runs(runs), of_seconds(runs), of_mistakes(found), sep="\n\n")
    print({platform: runs[platform].left for platform in PLATFORMS})


if __name__ == "__main__":
    main()
