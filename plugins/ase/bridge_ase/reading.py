"""Sets of structures with their results, read from extended XYZ or a database of ASE."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import ase.db
import ase.io
from ase import Atoms

from bridge_ase.stated import KEYS

ASKED = ("energy", "forces", "stress")
"""What every structure must have."""


def read(content: bytes) -> tuple[list[Atoms], dict[str, str]]:
    """Structures with their results, as they stand in the file, and what the file states of its units.

    A database of ASE is known by its content (SQLite, or JSON), anything else is read as extended XYZ. Raises
    ValueError for what cannot be read, holds nothing, is not all of one composition or lacks energy, forces or stress.
    """
    try:
        if content.startswith(b"SQLite format 3\0"):
            structures, stated = _database(content, "db")
        elif content.lstrip().startswith(b"{"):
            structures, stated = _database(content, "json")
        else:
            structures, stated = _extxyz(content)
    except Exception as reason:
        raise ValueError(
            "the set of results cannot be read as extended XYZ or as a database of ASE: "
            f"{type(reason).__name__}: {reason}"
        ) from reason
    if not structures:
        raise ValueError("the set of results holds no structure.")
    for number, atoms in enumerate(structures):
        _check(number, atoms, structures[0])
    return structures, _one(stated)


def _extxyz(content: bytes) -> tuple[list[Atoms], list[dict[str, Any]]]:
    found = ase.io.read(io.StringIO(content.decode()), index=":", format="extxyz")
    return list(found), [atoms.info for atoms in found]


def _database(content: bytes, kind: str) -> tuple[list[Atoms], list[dict[str, Any]]]:
    with tempfile.TemporaryDirectory(prefix="ase-") as folder:
        path = Path(folder) / f"results.{kind}"
        path.write_bytes(content)
        with ase.db.connect(str(path), use_lock_file=False) as database:
            rows = list(database.select())
            stated = [dict(database.metadata), *(row.key_value_pairs for row in rows)]
    return [row.toatoms() for row in rows], stated


def _one(stated: list[dict[str, Any]]) -> dict[str, str]:
    """What all parts of the file state alike. Raises ValueError where two differ."""
    found: dict[str, str] = {}
    for said in stated:
        for key in KEYS:
            if key in said and found.setdefault(key, str(said[key])) != str(said[key]):
                raise ValueError(f"the file states {key} as {found[key]!r} and as {said[key]!r}: state one.")
    return found


def _check(number: int, atoms: Atoms, first: Atoms) -> None:
    results = atoms.calc.results if atoms.calc is not None else {}
    missing = [name for name in ASKED if name not in results]
    if missing:
        raise ValueError(
            f"structure {number} ({atoms.get_chemical_formula()}) has no {' and no '.join(missing)}: an engine gives "
            "energy, forces and stress of every structure. Leave it out, or compute what is missing."
        )
    if sorted(atoms.numbers) != sorted(first.numbers):
        raise ValueError(
            f"structure {number} is {atoms.get_chemical_formula()}, structure 0 is {first.get_chemical_formula()}: a "
            "set has one composition. Write one file for each."
        )
    if not atoms.pbc.all():
        raise ValueError(f"structure {number} has no cell that repeats in all three directions (pbc).")
