"""Kinds that are things of their own: atoms and files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import ContractError, ValueRefused
from bridge.kinds.base import Kind, first_bad, short
from bridge.media import File


@dataclass(frozen=True)
class Structure(Kind):
    """Atoms with their cell: ``ase.Atoms``, in angstrom as ASE has it; a calculator does not travel."""

    def __str__(self) -> str:
        return "Atoms"

    def literal(self, value: Any, at: str) -> Any:
        if not _is_atoms(value):
            raise self._wrong(value, at, "ase.io.read('structure.cif')")
        return self._finite(value, at, ContractError)

    def leave(self, value: Any, at: str) -> Any:
        if not _is_atoms(value):
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}.")
        return self._finite(value, at, ValueRefused)

    def _finite(self, atoms: Any, at: str, error: type[Exception]) -> Any:
        for name, values in (*atoms.arrays.items(), ("cell", np.asarray(atoms.cell))):
            bad = ~np.isfinite(values) if values.dtype.kind in "fc" else np.zeros((), bool)
            if bad.any():
                raise error(f"{at}.{name}{first_bad(bad, bad)[0]} is not finite.")
        return atoms


def _is_atoms(value: Any) -> bool:
    return any(c.__module__ == "ase.atoms" and c.__name__ == "Atoms" for c in type(value).__mro__)


@dataclass(frozen=True)
class Bytes(Kind):
    """A File or a Picture, of a declared media type or of any."""

    holder: type[File] = File
    media_type: str | None = None

    def __str__(self) -> str:
        return self.holder.__name__ + (f" of {self.media_type}" if self.media_type else "")

    def literal(self, value: Any, at: str) -> File:
        if not isinstance(value, self.holder):
            raise self._wrong(value, at, f"{self.holder.__name__}.read({str(value)!r})")
        return self._typed(value, at, ContractError)

    def leave(self, value: Any, at: str) -> File:
        if not isinstance(value, self.holder):
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}.")
        return self._typed(value, at, ValueRefused)

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        fits = isinstance(source, Bytes) and issubclass(source.holder, self.holder)
        if fits and (self.media_type is None or source.media_type in (None, self.media_type)):  # type: ignore[attr-defined]
            return None
        return f"{source} is not {self}."

    def deliver(self, value: Any, source: Kind, at: str, molar_mass: str | None = None) -> File:
        return self._typed(value, at, ValueRefused)

    def _typed(self, value: File, at: str, error: type[Exception]) -> File:
        if self.media_type and value.media_type != self.media_type:
            raise error(f"{at} is {self}, got a file of {value.media_type}.")
        return value
