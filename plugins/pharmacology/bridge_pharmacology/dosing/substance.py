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

    A mass in Da where kDa was meant is a thousandth, and outside of the range for all but the largest molecules.
    """
    return Substance(molecular_mass, name)
