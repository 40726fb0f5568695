"""Programs behind ASE's calculators: which commands they are, and what tells one version from another."""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

COMMANDS = {"abinit": "abinit"}
"""Commands of programs that need no configuration where they are on the path."""

INSTALL = {"abinit": "apt-get install abinit abinit-data"}
"""What brings a program, where it is more than a search for its name."""

ASKED = {"abinit": ("--version", r"\d+\.\d+\.\d+")}
"""Programs that tell their version, with the argument that asks for it and what the answer looks like."""


def command(name: str) -> str:
    """The command line of a calculator, from where ASE itself has it. Raises ValueError where there is none.

    That is the variable ``ASE_NAME_COMMAND``, the section of ASE's configuration, or the program of `COMMANDS`.
    """
    from ase.config import cfg

    section = cfg.parser[name] if cfg.parser.has_section(name) else {}
    found = os.environ.get(f"ASE_{name.upper()}_COMMAND") or section.get("command") or COMMANDS.get(name)
    if not found:
        raise ValueError(
            f"the calculator {name!r} runs a program, and ASE is not told which. Write a section [{name}] with the "
            "line command = … into ~/.config/ase/config.ini."
        )
    return found


def version(name: str) -> str:
    """What tells the program of a calculator from another: its version, or the digest of its executable.

    Every word of the command that is an executable counts, a launcher too. Raises ValueError where there is none.
    """
    line = command(name)
    words = [word for word in shlex.split(line) if "=" not in word]
    if not words or shutil.which(words[0]) is None:
        install = INSTALL.get(name)
        raise ValueError(
            f"the calculator {name!r} runs {line!r}, and there is no such program here: "
            + (f"{install}." if install else f"install it, or mend the section [{name}] of ~/.config/ase/config.ini.")
        )
    if name in ASKED and len(words) == 1:
        return f"{name} {_told(words[0], *ASKED[name])}"
    executables = {Path(path).name: path for word in words if (path := shutil.which(word))}
    return ", ".join(f"{one} {_digest(path)}" for one, path in executables.items())


@functools.cache
def _told(program: str, argument: str, pattern: str) -> str:
    done = subprocess.run([program, argument], capture_output=True, text=True, check=False, timeout=60)
    found = re.search(pattern, done.stdout)
    if done.returncode or not found:
        raise ValueError(
            f"{program} {argument} tells no version: it ended with {done.returncode} and wrote "
            f"{(done.stdout + done.stderr).strip()[:200]!r}."
        )
    return found[0]


@functools.cache
def _digest(path: str) -> str:
    from blake3 import blake3

    return blake3(Path(path).read_bytes()).hexdigest()[:16]
