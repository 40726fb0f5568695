"""ABINIT through ASE: pseudopotentials by content, self-consistency asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from ase.calculators.abinit import Abinit, AbinitProfile, AbinitTemplate
from ase.data import chemical_symbols
from ase.io.abinit import write_abinit_in

from bridge_ase import programs

UNCONVERGED = re.compile(r"was not enough SCF cycles to converge")
"""What ABINIT writes, as a warning, where it ends with a density that is not self-consistent."""

TOLSYM = 1e-8
"""ABINIT by itself moves atoms by up to 1e-5 to make them symmetric; strained and displaced ones stay as given."""


class SelfConsistent(AbinitTemplate):
    """ABINIT's files: one pseudopotential for each element, results refused where the density was not converged."""

    def __init__(self, pseudopotentials: Mapping[str, str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pseudopotentials = dict(pseudopotentials)

    def write_input(
        self, profile: Any, directory: PathLike[str], atoms: Any, parameters: Mapping[str, Any], properties: Any
    ) -> None:
        """The input, in ASE's form; without xc or ixc the functional is that of the pseudopotentials."""
        species = sorted({int(number) for number in atoms.numbers})
        files = [self.pseudopotentials[chemical_symbols[number]] for number in species]
        own = {} if {"xc", "ixc"} & parameters.keys() else {"pps": "pawxml"}  # for which ASE writes no ixc
        with open(Path(directory) / self.inputname, "w") as file:
            write_abinit_in(file, atoms, param={"tolsym": TOLSYM, **own, **parameters}, species=species, pseudos=files)

    def read_results(self, directory: PathLike[str]) -> Mapping[str, Any]:
        """Energy, forces and stress. Raises RuntimeError where the density is not self-consistent."""
        log = (Path(directory) / self.outputname).read_text(errors="replace")
        if UNCONVERGED.search(log):
            raise RuntimeError(
                "ABINIT did not converge its density in the steps it had. Write a larger nstep, or a tolerance that "
                "can be reached, into keywords."
            )
        found: Mapping[str, Any] = super().read_results(directory)  # type: ignore[no-untyped-call]
        return found


def made(given: Mapping[str, Any], folder: Path, elements: frozenset[str]) -> Abinit:
    """One calculator of ABINIT, for atoms of these elements. Raises ValueError for one without a pseudopotential."""
    parameters = dict(given)
    files = parameters.pop("pseudopotentials", {})
    without = sorted(elements - set(files)) if isinstance(files, dict) else sorted(elements)
    if without:
        raise ValueError(
            f'ABINIT needs a pseudopotential for {", ".join(without)}: write "pseudopotentials": {{"{without[0]}": '
            '{"file": "PATH"}} into keywords'
        )
    found = Abinit(profile=AbinitProfile(programs.command("abinit")), directory=folder, **parameters)
    found.template = SelfConsistent(files)
    return found
