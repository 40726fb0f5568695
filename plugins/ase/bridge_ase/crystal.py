"""Crystals of common structures, as atoms in a cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from ase import Atoms

from bridge import Within, model
from bridge_ase.ports import ATOMISTIC

Structure = Literal[
    "fcc", "bcc", "hcp", "sc", "diamond", "zincblende", "rocksalt", "cesiumchloride", "fluorite", "wurtzite"
]


@dataclass(frozen=True)
class Crystal:
    """Atoms in a cell, and how many there are."""

    atoms: Atoms
    count: int
    volume: Annotated[float, "angstrom^3", Within(0, strict=True)]


@model("ase.crystal", scale=ATOMISTIC, depends=["ase"])
def crystal(
    formula: str,
    structure: Structure,
    lattice_constant: Annotated[float, "angstrom", Within(0.5, 100)],
    axis_ratio: Annotated[float, "1", Within(0.5, 5)] = 1.632993161855452,
    *,
    cell: Literal["primitive", "cubic", "orthorhombic"] = "primitive",
    repeat: Annotated[int, Within(1, 20)] = 1,
) -> Crystal:
    """A crystal of one of the common structures, at rest on its sites.

    `formula` is an element, or a compound such as NaCl where the structure has several sites; `axis_ratio` is c/a of
    hcp and wurtzite (by default that of spheres, √(8/3)) and means nothing for the others. The cell is repeated
    `repeat` times in each direction. Raises ValueError for a formula or cell that the structure does not have.
    """
    from ase.build import bulk

    ratio: dict[str, Any] = {"covera": axis_ratio} if structure in ("hcp", "wurtzite") else {}
    shape: dict[str, Any] = {"cubic": {"cubic": True}, "orthorhombic": {"orthorhombic": True}}.get(cell, {})
    try:
        atoms = bulk(formula, structure, a=lattice_constant, **ratio, **shape) * (repeat, repeat, repeat)
    except (RuntimeError, ValueError, KeyError, AssertionError) as reason:
        raise ValueError(f"there is no {cell} cell of {formula} as {structure}: {reason}.") from reason
    return Crystal(atoms, len(atoms), float(atoms.cell.volume))
