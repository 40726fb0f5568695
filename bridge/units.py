"""Quantities: the one pint registry, exact reading of text, and conversion between ports.

Text such as ``"50 um"`` is read as a fraction and converted by fractions, so that it and
``"0.05 mm"`` give the same float in the unit of a port, and with it the same key.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pint

from bridge.errors import ContractError, DeclarationError
from bridge.literals import split as split

#: The one registry: every quantity of scalebridge belongs to it.
units: pint.UnitRegistry[Any] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
pint.set_application_registry(units)

#: Counts of virus by three assays: each is a dimension of its own, for nothing converts one to another.
_COUNTED = (
    "rna_copy = [rna_copies] = _ = rna_copies",
    "plaque_forming_unit = [plaque_forming_units] = pfu",
    "median_tissue_culture_infectious_dose = [tissue_culture_infectious_doses] = tcid50",
)
for _definition in _COUNTED:
    units.define(_definition)

_POWER = re.compile(  # small and no tower: pint would work on 9**9**9**9**9 for ever
    r"(\*\*|\^)\s*([+-]?\d{1,2}(\.\d+)?|\(\s*[+-]?\d{1,2}(\.\d+)?\s*(/\s*\d{1,2}\s*)?\))"
    r"(?![\d.]|[eE][+-]?\d|\s*(\*\*|\^))"
)
_STRAY = re.compile(  # what pint drops or evaluates: it reads 'm,s' as milliseconds
    r"""\*\*|\^|[-+,;:#'"\\=!<>&|@~?\x00-\x1f]|(?<![\w.])(?!1(?![\w.]))[\d.]"""
)
_NAMED = (
    "energy force pressure velocity acceleration frequency area volume density power "
    "charge concentration molar_mass molar_energy viscosity diffusivity electric_potential"
)
_SPELLED = {
    "molar_energy": "[energy] / [substance]",
    "diffusivity": "[length] ** 2 / [time]",
    "molar_mass": "[mass] / [substance]",
}


@functools.cache
def _exact() -> pint.UnitRegistry[Any]:
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(non_int_type=Fraction)
    for definition in _COUNTED:
        registry.define(definition)
    return registry


def Q(value: Any, unit: str | None = None) -> Any:
    """Make a pint quantity: ``Q(900, "K")``, ``Q("25 degC")``, ``Q(np.linspace(600, 1200, 7), "K")``."""
    if unit is None:
        if not isinstance(value, str):
            return units.Quantity(value)
        number, unit = split(value)
        return units.Quantity(float(number), unit_of(unit))
    return units.Quantity(value, unit_of(unit))


@functools.lru_cache(maxsize=4096)
def unit_of(text: str) -> pint.Unit:
    """Read a unit; ``""`` and ``"1"`` are dimensionless. Raises DeclarationError."""
    try:
        return _read("" if text.strip() == "1" else text.strip())
    except Exception as reason:
        raise DeclarationError(
            f"{text!r} is not a unit: {str(reason).rstrip('.') or type(reason).__name__}. "
            "Write one that pint knows, such as 'K', 'm^2/s', 'eV' or '1' for a pure number."
        ) from None


def _read(text: str) -> pint.Unit:
    stray = _STRAY.search(_POWER.sub(" ", text))
    if stray:
        raise ValueError(f"{stray[0]!r} has no place there")
    unit = units.parse_units(text)
    powers: Any = units.Quantity(1, unit).unit_items()
    if any(abs(power) > 99 for _, power in powers):
        raise ValueError("its powers are too large")
    zero, one, two = (units.Quantity(x, unit).to_root_units().magnitude for x in (0.0, 1.0, 2.0))
    if not math.isclose(two - one, one - zero, rel_tol=1e-6):
        raise ValueError("it is logarithmic, and ports are linear")
    return unit


def exact(value: Any) -> tuple[Fraction, str] | None:
    """Number and unit of a scalar literal (text or pint quantity); None for anything else."""
    if isinstance(value, str):
        return split(value)
    if is_quantity(value) and np.ndim(value.magnitude) == 0:
        try:
            number = float(value.magnitude)
        except (TypeError, ValueError, OverflowError):
            raise ContractError(f"{value} is not a real number.") from None
        if not math.isfinite(number):
            raise ContractError(f"{value} is not finite.")
        return Fraction(repr(number)), str(value.units)
    return None


def is_quantity(value: Any) -> bool:
    """Whether this is a pint quantity, of this or of another registry."""
    return hasattr(value, "magnitude") and hasattr(value, "units") and hasattr(value, "dimensionality")


def dimension(unit: str) -> str:
    """Name the dimension of a unit as a physicist would: ``[energy]``, ``[length]``."""
    powers = units.get_dimensionality(unit_of(unit))
    if not powers:
        return "[dimensionless]"
    return _named_dimensions().get(_frozen(powers), str(powers))


@functools.cache
def _named_dimensions() -> dict[frozenset[tuple[str, Any]], str]:
    names: dict[frozenset[tuple[str, Any]], str] = {}
    for name in _NAMED.split():
        powers = units.get_dimensionality(_SPELLED.get(name, f"[{name}]"))
        names.setdefault(_frozen(powers), f"[{name}]")
    return names


def _frozen(powers: Any) -> frozenset[tuple[str, Any]]:
    return frozenset((str(k), v) for k, v in powers.items())


@functools.lru_cache(maxsize=4096)
def _affine(source: str, target: str) -> tuple[Fraction, Fraction]:
    """Slope and offset of the conversion, exactly; the exact registry (0.8 s) is made when units first differ."""
    if unit_of(source) == unit_of(target):
        return Fraction(1), Fraction(0)
    (here, zero_here), (there, zero_there) = to_root(source), to_root(target)
    return here / there, (zero_here - zero_there) / there


@functools.lru_cache(maxsize=4096)
def to_root(unit: str) -> tuple[Fraction, Fraction]:
    """Slope and offset to root units.

    Each unit by itself, so that nm and um stay a thousandfold apart beside bohr, whose factor
    holds a square root: pint rounds the two ratios to bohr separately.
    """
    register = _exact()
    read = register.parse_units("" if unit.strip() == "1" else unit.strip())
    zero, one = (Fraction(register.Quantity(Fraction(x), read).to_root_units().magnitude) for x in (0, 1))
    return one - zero, zero


def compatible(source: str, target: str) -> bool:
    """Whether a value in ``source`` can be written in ``target`` without further facts."""
    return bool(unit_of(source).dimensionality == unit_of(target).dimensionality)


@dataclass(frozen=True)
class Conversion:
    """Conversion from one unit to another, exact for numbers, to rounding for arrays.

    ``molar_mass`` (text with its unit) is the fact that lets mass become amount and back.
    """

    source: str
    target: str
    molar_mass: str | None = None

    @functools.cached_property
    def _terms(self) -> tuple[Fraction, Fraction]:
        if self.molar_mass is None or compatible(self.source, self.target):
            return _affine(self.source, self.target)
        number, unit = split(self.molar_mass)
        per, _ = _affine(unit, "kg/mol")
        molar = number * per
        for through, factor in (
            (f"({self.source})/(kg/mol)", 1 / molar),
            (f"({self.source})*(kg/mol)", molar),
        ):
            if compatible(through, self.target):
                slope, _ = _affine(through, self.target)
                return slope * factor, Fraction(0)
        raise ContractError(reason_why_not(self.source, self.target))

    def number(self, value: Fraction | float) -> float:
        """Convert one number; a float is taken at its shortest decimal spelling."""
        slope, offset = self._terms
        if isinstance(value, float):
            if slope == 1 and offset == 0:
                return value
            if not math.isfinite(value):
                return value
            value = Fraction(repr(value))
        try:
            return float(value * slope + offset)
        except OverflowError:
            return math.inf if value > 0 else -math.inf

    def array(self, values: Any) -> Any:
        """Convert an array of magnitudes; the same array comes back if nothing changes."""
        slope, offset = self._terms
        if slope == 1 and offset == 0:
            return values
        return values * float(slope) + float(offset) if offset else values * float(slope)


def reason_why_not(source: str, target: str) -> str:
    """Why one unit does not convert to another, with the missing fact where there is one."""
    why = f"{dimension(source)} is not {dimension(target)}."
    if compatible(f"({source})/(kg/mol)", target) or compatible(f"({source})*(kg/mol)", target):
        why += (
            " Mass and amount convert through a molar mass: wire via(VALUE, molar_mass='148 kg/mol')"
            " with the molar mass of the substance in place of VALUE alone."
        )
    elif any(compatible(f"({one})/mol", other) for one, other in ((source, target), (target, source))):
        why += (
            " Per mole and per particle differ by Avogadro's number: declare both ports alike, or convert in a model."
        )
    return why
