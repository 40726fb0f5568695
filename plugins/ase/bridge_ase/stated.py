"""Units that a set of results is stated in, by text or by the file itself."""

from __future__ import annotations

from dataclasses import dataclass

from bridge import Q

IN_FILE = "file"
"""In place of a unit: the file states it."""

EXAMPLES = {"energy": ("eV", "eV, hartree, Ry"), "length": ("angstrom", "angstrom, bohr, nm"), "stress": ("GPa", "")}
KEYS = ("energy_unit", "length_unit", "stress_unit", "positive_stress")
"""What a file states its units under: in comment lines of extxyz, in metadata or key-value pairs of a database."""


def energy_unit(text: str) -> str:
    """A unit of energy, or ``file``. Raises ValueError."""
    return _checked(text, "energy")


def length_unit(text: str) -> str:
    """A unit of length, or ``file``. Raises ValueError."""
    return _checked(text, "length")


def stress_unit(text: str) -> str:
    """A unit of stress, or ``file``. Raises ValueError."""
    return _checked(text, "stress")


def _checked(text: str, what: str) -> str:
    if text != IN_FILE:
        factor(text, what)
    return text


def factor(text: str, what: str) -> float:
    """How many eV, angstrom or GPa one of a unit is. Raises ValueError for what is no unit of that."""
    unit, write = EXAMPLES[what][0], EXAMPLES[what][1] or "GPa, kbar, eV/angstrom^3, hartree/bohr^3"
    try:
        return float(Q(1.0, text).to(unit).magnitude)
    except Exception:
        raise ValueError(f"{text!r} is no unit of {what}. Write {what}_unit= one of {write}, …, or 'file'.") from None


@dataclass(frozen=True)
class Units:
    """Factors to eV, angstrom and GPa, the last with the sign that makes tension positive."""

    energy: float
    length: float
    stress: float


def units(given: dict[str, str], in_file: dict[str, str]) -> Units:
    """The units of a set of results, from what was written and, where that says so, from the file.

    Raises ValueError where neither states one, or where the file states another.
    """
    found = {}
    for key in KEYS:
        written, stated = given[key], in_file.get(key)
        if written == IN_FILE and not stated:
            write = "positive_stress='tension' or 'compression'" if key == KEYS[3] else f"{key}='{_example(key)}'"
            raise ValueError(
                f"the file does not state its {key}, and numbers without a unit are not guessed. Write {write} "
                f"(ASE itself has {_ase(key)}), or state {key}=… in the file."
            )
        if written != IN_FILE and stated and not _alike(key, written, stated):
            raise ValueError(f"{key}={written!r} is written, and the file states {stated!r}: one of them is wrong.")
        found[key] = stated if written == IN_FILE else written
    if found["positive_stress"] not in ("tension", "compression"):
        raise ValueError(f"positive_stress={found['positive_stress']!r}: write 'tension' or 'compression'.")
    sign = 1.0 if found["positive_stress"] == "tension" else -1.0
    return Units(
        factor(str(found["energy_unit"]), "energy"),
        factor(str(found["length_unit"]), "length"),
        sign * factor(str(found["stress_unit"]), "stress"),
    )


def _alike(key: str, one: str, other: str) -> bool:
    if key == "positive_stress":
        return one == other
    what = key.removesuffix("_unit")
    return bool(abs(factor(one, what) / factor(other, what) - 1) < 1e-9)


def _example(key: str) -> str:
    return EXAMPLES[key.removesuffix("_unit")][0]


def _ase(key: str) -> str:
    return dict(zip(KEYS, ("eV", "angstrom", "eV/angstrom^3", "tension"), strict=True))[key]
