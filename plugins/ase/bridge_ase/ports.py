"""Ports that the models of this plugin share."""

from __future__ import annotations

from typing import Annotated, Literal

from bridge import Resolved, Scale, Within
from bridge_ase.engines import calculator
from bridge_ase.keywords import keywords

ATOMISTIC = Scale("atomistic", length="1 angstrom .. 10 nm", time="1 fs .. 1 ns")
"""From a bond to a cell of some thousand atoms, from a vibration to a jump."""

Calculator = Annotated[str, Resolved(calculator)]
"""Name of an ASE calculator, which becomes name and version: ``emt`` is read as ``emt (ase 3.29.0)``."""

Keywords = Annotated[str, Resolved(keywords)]
"""What the calculator is made with, as a JSON object: ``{"mode": {"name": "pw", "ecut": 400}}``."""

Stress = Literal["calculator", "numerical"]
"""Where stress is from: the calculator's own, or central differences of its energy, for one that has none."""

Fmax = Annotated[float, "eV/angstrom", Within(0, strict=True)]
"""The largest force that an atom may be left with."""

Steps = Annotated[int, Within(1)]
"""Steps that a relaxation may take."""


def known_keywords(calculator: str, keywords: str) -> None:
    """Refuse keywords that the calculator does not have, as far as its class says which. Raises ValueError."""
    from bridge_ase.running import refuse_unknown

    refuse_unknown(calculator, keywords)
