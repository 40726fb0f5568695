"""What is dosed: facts of the substance that travel with it."""

from __future__ import annotations

from dataclasses import dataclass

from bridge import model
from bridge_pharmacology.ports import MolecularMass
from bridge_pharmacology.scales import MOLECULE


@dataclass(frozen=True)
class Substance:
    """A substance, and the mass of its molecule, for models that count molecules."""

    molecular_mass: MolecularMass
    substance: str


@model("dosing.substance", scale=MOLECULE)
def substance(molecular_mass: MolecularMass, name: str = "") -> Substance:
    """A substance by the mass of its molecule: offered to a chain, every model that counts molecules takes it.

    145500 kDa for 145500 Da is out of range. 145.5 Da for 145.5 kDa is a small molecule's, and a thousand times as many
    nM of it: above the range of tissues from 15 mg/L in plasma on.
    """
    return Substance(molecular_mass, name)
