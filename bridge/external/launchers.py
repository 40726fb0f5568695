"""What starts a program on several processors: an MPI's ``mpirun``, or SLURM's ``srun`` as a job of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import ContractError, DeclarationError
from bridge.external.here import Here


@dataclass(frozen=True)
class Mpi:
    """``mpirun -n RANKS``, or what ``programs.toml`` says for the program here. Raises DeclarationError."""

    ranks: int

    def __post_init__(self) -> None:
        _counted("ranks", self.ranks)

    #: Variables of this process that the launcher needs.
    inherits = ()

    def words(self, name: str) -> list[str]:
        """What stands before the program's own words; ``name`` is of this start alone."""
        return ["mpirun", "-n", str(self.ranks)]

    def afterwards(self, name: str) -> list[str]:
        """What ends whatever the start left behind, once the launcher itself is gone; nothing."""
        return []


@dataclass(frozen=True)
class Srun:
    """A job of its own under SLURM, which the stage waits for: it may have more nodes than its worker.

    ``time`` as SLURM writes it (``"2:00:00"``) counts from when the job starts; a model's ``walltime`` counts from when
    it is queued. Working folders must be on a disk that all nodes share (``folder`` in ``programs.toml``). Raises
    DeclarationError.
    """

    nodes: int = 1
    ranks: int = 1
    time: str | None = None
    partition: str | None = None
    account: str | None = None
    options: Sequence[str] = ()

    #: Not the job that the worker is in, if it is in one: this is another.
    inherits = ("SLURM_CONF",)

    def __post_init__(self) -> None:
        _counted("nodes", self.nodes)
        _counted("ranks", self.ranks)
        if isinstance(self.options, str):
            raise DeclarationError(f"Srun: write options=[{self.options!r}].")
        object.__setattr__(self, "options", tuple(self.options))

    def words(self, name: str) -> list[str]:
        """What stands before the program's own words; ``name`` is of this start alone."""
        asked = {"time": self.time, "partition": self.partition, "account": self.account}
        given = [f"--{word}={value}" for word, value in asked.items() if value]
        return [
            "srun", f"--nodes={self.nodes}", f"--ntasks={self.ranks}", f"--job-name={name}", "--kill-on-bad-exit=1",
            "--export=ALL", *given, *self.options,
        ]  # fmt: skip

    def afterwards(self, name: str) -> list[str]:
        """Cancel the job: ``srun`` that is killed leaves it in the queue."""
        return ["scancel", f"--name={name}"]


def launched(launcher: Mpi | Srun | None, place: Here, name: str) -> list[str]:
    """What stands before a program's words here: of ``programs.toml``, else of the declared launcher. ContractError."""
    if place.launcher is None:
        return launcher.words(name) if launcher else []
    numbers: dict[str, Any] = {"ranks": getattr(launcher, "ranks", 1), "nodes": getattr(launcher, "nodes", 1)}
    try:
        return [word.format(name=name, **numbers) for word in place.launcher]
    except (KeyError, IndexError, ValueError) as reason:
        raise ContractError(
            f"programs.toml: launcher = {list(place.launcher)}: {reason} means nothing there; {{ranks}}, {{nodes}} and "
            "{name} do."
        ) from None


def _counted(what: str, number: int) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise DeclarationError(f"{what}={number!r}: write a whole number, at least 1.")
