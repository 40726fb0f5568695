"""Where programs are on this machine, and what starts them here: ``programs.toml``. Places only, no part of any key."""

from __future__ import annotations

import fnmatch
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import ContractError, did_you_mean
from bridge.places import home

#: What a program finds in its environment, where it is set here; the rest is declared by its model.
INHERITED = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
)  # fmt: skip
#: What may be written of a program.
WORDS = ("command", "launcher", "environment", "inherit", "folder")


@dataclass(frozen=True)
class Here:
    """What this machine says of one program."""

    command: tuple[str, ...] = ()
    launcher: tuple[str, ...] | None = None
    environment: tuple[tuple[str, str], ...] = ()
    inherit: tuple[str, ...] = ()
    folder: str | None = None

    def surroundings(self, declared: Mapping[str, str], more: tuple[str, ...] = ()) -> dict[str, str]:
        """The environment of a program: a few variables of this process, what is declared, what this machine adds."""
        wanted = (*INHERITED, *more, *self.inherit)
        kept = {name: value for name, value in os.environ.items() if any(fnmatch.fnmatchcase(name, w) for w in wanted)}
        kept["PATH"] = search_path()
        return kept | dict(declared) | dict(self.environment)


def search_path() -> str:
    """Where programs are looked for: in the virtual environment of this Python, then along ``PATH``."""
    before = [str(Path(sys.executable).parent)] if sys.prefix != sys.base_prefix else []
    along = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(dict.fromkeys([*before, *along]))


def files() -> list[Path]:
    """Where ``programs.toml`` may be, the one that counts first: in the state folder, or of this user."""
    return [home() / "programs.toml", Path("~/.config/scalebridge/programs.toml").expanduser()]


def here(program: str) -> Here:
    """What ``programs.toml`` says of a program on this machine. Raises ContractError for what it cannot say."""
    for path in files():
        try:
            written = tomllib.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
            raise ContractError(f"{path} cannot be read: {reason}") from None
        if program in written:
            return _read(written[program], f"{path} [{program}]")
    return Here()


def _read(written: Any, at: str) -> Here:
    if not isinstance(written, dict):
        raise ContractError(f'{at}: write a table, such as command = ["/opt/bin/abinit"].')
    for word in written:
        if word not in WORDS:
            raise ContractError(f"{at} has {word!r}. {did_you_mean(word, WORDS)}")
    environment = written.get("environment", {})
    if not isinstance(environment, dict) or not all(isinstance(value, str) for value in environment.values()):
        raise ContractError(f'{at}: write environment = {{ OMP_NUM_THREADS = "4" }}, each value a text.')
    folder = written.get("folder")
    if folder is not None and not (isinstance(folder, str) and Path(folder).is_absolute()):
        raise ContractError(f'{at}: write folder = "/scratch/me", a folder from the root on.')
    launcher = _words(written["launcher"], f"{at} launcher") if "launcher" in written else None
    command, inherit = (_words(written.get(word, []), f"{at} {word}") for word in ("command", "inherit"))
    return Here(command, launcher, tuple(environment.items()), inherit, folder)


def _words(value: Any, at: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise ContractError(f'{at} is {value!r}: write a list of words, such as ["mpirun", "-n", "{{ranks}}"].')
    return tuple(value)
