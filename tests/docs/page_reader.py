"""Someone who reads a page of the documentation and does what it says, in an empty folder of his own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from page_blocks import Block, Step, steps, typed, unseen

LINE = 600.0  # s that one command may take, on a busy machine too


class Stumbled(AssertionError):
    """A page does not do what it says."""


class Reader:
    """Follows pages in one folder.

    He has a Python of his own, in which all that this Python has is found, and state of his own: what a page installs
    or computes is gone with the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.desk = folder / "desk"
        self.cwd = self.desk
        self.desk.mkdir(parents=True)
        self.kept = folder / "kept"
        self.bin = _python(folder / "python")
        self.environment = _surroundings(self.bin, folder)

    def follow(self, page: Path) -> None:
        """Do everything a page says. Raises Stumbled, with the line of the page, at the first thing that differs."""
        self.page = page
        for step in steps(page.read_text(encoding="utf-8")):
            self._do(step)

    def leave(self) -> None:
        """End the server that commands may have started."""
        stop = [self.bin / "python", "-m", "bridge.run.server", "stop"]
        subprocess.run(stop, env=self.environment, cwd=self.desk, check=False, timeout=LINE, capture_output=True)

    def _do(self, step: Step) -> None:
        block = step.block
        if block.path:
            place = self.cwd / block.path
            if not place.resolve().is_relative_to(self.desk.resolve()):
                raise self._stumble(block, f"{block.path} is outside of the reader's folder")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(block.text, encoding="utf-8")
            return
        lines = typed(block.text) if block.language == "sh" else [None]
        printed = ""
        for number, line in enumerate(lines, 1):
            status, said = self._type(line, block.text)
            printed += said
            refused = step.fails and number == len(lines)
            if (status != 0) != refused:
                ended = f"ended with {status}" if status else "succeeded, and the page shows an error"
                raise self._stumble(block, f"{line or 'the program'}\n{ended}:\n{said}")
        if step.seen and (missing := unseen(step.seen.text, printed)):
            listed = "\n".join(missing)
            raise self._stumble(step.seen, f"these lines were not printed:\n{listed}\n\nprinted was:\n{printed}")

    def _type(self, line: str | None, program: str) -> tuple[int, str]:
        """Run one line in a shell that goes on where the last one ended, or a program."""
        if line is None:
            words, given = [str(self.bin / "python"), "-"], program
        else:
            after = f'\nstatus=$?; pwd > "{self.kept}.cwd"; env -0 > "{self.kept}.env"; exit $status\n'
            words, given = ["bash", "-c", line + after], None
        try:
            done = subprocess.run(
                words,
                cwd=self.cwd,
                env=self.environment,
                input=given,
                stdin=subprocess.DEVNULL if given is None else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LINE,
                check=False,
            )
        except subprocess.TimeoutExpired as reason:
            said = reason.stdout.decode(errors="replace") if isinstance(reason.stdout, bytes) else reason.stdout or ""
            return -1, f"{said}\nit had not ended after {LINE:g} s"
        if line is not None and (cwd := Path(f"{self.kept}.cwd")).exists():
            self.cwd = Path(cwd.read_text().strip())
            pairs = Path(f"{self.kept}.env").read_text().split("\0")
            self.environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        return done.returncode, done.stdout

    def _stumble(self, block: Block, what: str) -> Stumbled:
        return Stumbled(f"{self.page.name}, line {block.line}: {what}")


def _python(folder: Path) -> Path:
    """A virtual environment that finds what this Python has, and takes more; ``pip`` in it adds without asking."""
    venv.create(folder, symlinks=True, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    own = [path for path in sys.path if path.endswith("site-packages")]
    (site / "_rest.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in own))
    (folder / "var").symlink_to(Path(sys.prefix) / "var")  # what `make setup` prepared for the first server
    here, found = Path(sys.executable).parent, folder / "bin"
    for name in ("scalebridge", "pytest"):
        first, _, rest = (here / name).read_text(encoding="utf-8").partition("\n")
        assert first.startswith("#!"), name
        (found / name).write_text(f"#!{found / 'python'}\n{rest}", encoding="utf-8")
    # What it needs besides is there: nothing is fetched, not even what builds the distribution.
    install = f'exec "{here / "uv"}" pip --quiet --offline install --python "{found / "python"}" --no-deps'
    (found / "pip").write_text(f'#!/bin/sh\ntest "$1" = install && shift\n{install} --no-build-isolation "$@"\n')
    for name in ("scalebridge", "pytest", "pip"):
        (found / name).chmod(0o755)
    return found


def _surroundings(binaries: Path, folder: Path) -> dict[str, str]:
    """Environment of someone who has nothing yet."""
    own = ("SCALEBRIDGE_", "PREFECT_", "VIRTUAL_ENV", "PYTHONPATH", "PYTEST_", "UV_PROJECT")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return environment | {
        "PATH": f"{binaries}{os.pathsep}{environment['PATH']}",
        "HOME": str(folder),
        "SCALEBRIDGE_HOME": str(folder / "state"),
        "COLUMNS": "100",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
