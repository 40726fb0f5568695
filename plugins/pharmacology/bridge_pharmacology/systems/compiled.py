"""Systems made into machine code, once on a machine: the text of a program decides, and is kept beside its code.

The code lies in a folder of this user's alone, below NUMBA_CACHE_DIR where that is set, else below the user's caches.
What runs is always the text that was generated in this process; a file there only tells numba which code belongs to it,
and one that differs is written anew.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from bridge_pharmacology.systems.system import System


@dataclass(frozen=True)
class Compiled:
    """The functions of a system that `marching` calls by address, and how many constants they keep of a patient."""

    constants: Any
    rates: Any
    step: Any
    kept: int


@lru_cache(maxsize=256)
def prepared(system: System) -> Compiled:
    """Derive, write and compile a system, or find it compiled. Raises TypeError and ValueError as `writing.program`."""
    from bridge_pharmacology.systems.writing import program

    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in system.name)
    return _loaded(f"{plain[:40]}_", program(system))


@lru_cache(maxsize=256)
def _loaded(name: str, text: str) -> Compiled:
    """The functions of a program; equal texts are loaded once."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = blake2b(f"{version('numba')} {python}\n{text}".encode(), digest_size=10).hexdigest()
    path = _written(folder(), f"{name}{digest}.py", text)
    try:
        return _run(path, text)
    except Exception:  # numba's index or code beside the text is damaged: whatever reading it raised, it is made anew
        for stale in folder().parent.rglob(f"{path.stem}*.nb?"):
            stale.unlink(missing_ok=True)
        return _run(path, text)


def _run(path: Path, text: str) -> Compiled:
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # numba asks for it by name when it reads machine code
    exec(compile(text, str(path), "exec"), module.__dict__)
    return Compiled(module.constants, module.rates, module.step, module.KEPT)


@lru_cache(maxsize=1)
def folder() -> Path:
    """Where generated programs are: a folder that nobody else can write to, or one for this process only."""
    if caches := os.environ.get("NUMBA_CACHE_DIR"):
        wanted = Path(caches) / "scalebridge-systems"
    else:
        wanted = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scalebridge" / "systems"
    try:
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = wanted.lstat()
        if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and os.access(wanted, os.W_OK):
            wanted.chmod(0o700)
            return wanted.resolve()
    except (OSError, RuntimeError):
        pass
    return Path(tempfile.mkdtemp(prefix="scalebridge-systems-"))


def _written(place: Path, name: str, text: str) -> Path:
    """The file of this text, written whole or not at all where it is not there as it should be."""
    path = place / name
    try:
        if not path.is_symlink() and path.read_text(encoding="utf-8") == text:
            return path
    except (OSError, UnicodeDecodeError):
        pass
    number, fresh = tempfile.mkstemp(dir=place, prefix=name, suffix=".new")
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(fresh, path)
    return path
