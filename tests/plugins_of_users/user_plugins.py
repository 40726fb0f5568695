"""Plugins as users write them, good and bad, in folders of a test's own."""

from __future__ import annotations

from pathlib import Path

MODEL = '''
from dataclasses import dataclass
from typing import Annotated

from bridge import Scale, model


@dataclass(frozen=True)
class Out:
    """What comes out."""

    y: Annotated[float, "m"]


@model("{name}.twice", scale=Scale("atomistic", length="1 nm .. 1 um"))
def twice(x: Annotated[float, "m"] = 1.0) -> Out:
    """Twice a length."""
    return Out({factor} * x)
'''


def plugin(
    folder: Path,
    name: str,
    *,
    version: str = "1.0",
    first: str = "",
    factor: str = "2",
    project: str = "",
    inside: str = ".",
    distribution: str = "",
    model: str = "",
) -> Path:
    """Write a plugin with one model, ``first`` being what its module does before anything else."""
    place = folder / name
    package = place / inside / f"bridge_{name}"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "models.py").write_text(first + MODEL.format(name=model or name, factor=factor))
    (place / "pyproject.toml").write_text(
        f'[project]\nname = "{distribution or f"scalebridge-{name}"}"\nversion = "{version}"\n{project}\n'
        f'[project.entry-points."bridge.models"]\n"{model or name}.twice" = "bridge_{name}.models:twice"\n'
    )
    return place


def installed(folder: Path, name: str, *, version: str, requires: str = "") -> Path:
    """Lay a plugin down as installers do, with a dist-info; its folder must be put on the path."""
    place = plugin(folder, name, version=version)
    (place / "pyproject.toml").unlink()
    info = place / f"scalebridge_{name}-{version}.dist-info"
    info.mkdir()
    required = f"Requires-Dist: {requires}\n" if requires else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: scalebridge-{name}\nVersion: {version}\n{required}\n")
    (info / "entry_points.txt").write_text(f"[bridge.models]\n{name}.twice = bridge_{name}.models:twice\n")
    return place


#: What plugins do to the process that imports them, and what is told of it.
MISDEEDS = {
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "exits": ("raise SystemExit(2)", "SystemExit: 2"),
    "leaves": ("import os; os._exit(3)", r"ends the interpreter \(exit status 3\) when it is imported"),
    "crashes": ("import ctypes; ctypes.string_at(0)", r"crashes the interpreter \(SIGSEGV\) when it is imported"),
    "asks": ("input()", "EOFError"),
    "kills": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", r"crashes the interpreter \(SIGKILL\)"),
}
