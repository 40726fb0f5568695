"""Units of a document as units of ports: what its definitions mean, spelled as pint reads it."""

from __future__ import annotations

import math
from typing import Any

from bridge_pharmacology.sbml.refused import Refused, libsbml

_SYMBOLS = {
    "ampere": "A",
    "avogadro": "avogadro_number",
    "becquerel": "Bq",
    "candela": "cd",
    "celsius": None,
    "coulomb": "C",
    "dimensionless": "",
    "farad": "F",
    "gram": "g",
    "gray": "Gy",
    "henry": "H",
    "hertz": "Hz",
    "item": "count",
    "joule": "J",
    "katal": "kat",
    "kelvin": "K",
    "kilogram": "kg",
    "liter": "L",
    "litre": "L",
    "lumen": "lm",
    "lux": "lx",
    "meter": "m",
    "metre": "m",
    "mole": "mol",
    "newton": "N",
    "ohm": "ohm",
    "pascal": "Pa",
    "radian": "rad",
    "second": "s",
    "siemens": "S",
    "sievert": "Sv",
    "steradian": "sr",
    "tesla": "T",
    "volt": "V",
    "watt": "W",
    "weber": "Wb",
}
_PREFIXES = {
    -24: "y",
    -21: "z",
    -18: "a",
    -15: "f",
    -12: "p",
    -9: "n",
    -6: "u",
    -3: "m",
    -2: "c",
    -1: "d",
    0: "",
    2: "h",
    3: "k",
    6: "M",
    9: "G",
    12: "T",
    15: "P",
    18: "E",
}
#: Other names than prefixes give, by the symbol and its factor.
_NAMED = {
    ("s", 60.0): "min",
    ("s", 3600.0): "h",
    ("s", 86400.0): "d",
    ("s", 604800.0): "week",
    ("s", 31557600.0): "year",
    ("m", 1e-10): "angstrom",
}
#: What a kilogram, counted in grams, adds to the power of ten of its definition.
_KILO = 3
#: What SBML Level 2 says of these where the document does not define them (Level 3 says nothing).
_BUILT_IN = {"substance": "mole", "volume": "litre", "area": "metre^2", "length": "metre", "time": "second"}


def unit_text(model: Any, reference: str) -> str:
    """What a unit reference of a document (a definition's id, or a base unit) is for pint: "mmol/L", "1/h", "1".

    Raises Refused for a definition that no combination of named units with prefixes gives, and for what is undefined.
    """
    definition = model.getUnitDefinition(reference)
    if definition is not None:
        return _composed(definition)
    if model.getLevel() < 3 and reference in _BUILT_IN:
        base, _, power = _BUILT_IN[reference].partition("^")
        return f"{_SYMBOLS[base]}^{power}" if power else f"{_SYMBOLS[base]}"
    known = _SYMBOLS.get(reference)
    if known is None:
        raise Refused(f"the unit {reference!r} is not defined in model {model.getId()!r}.")
    return known or "1"


def _composed(definition: Any) -> str:
    """Named units with prefixes whose product a definition is; a factor that is left over goes into one of them."""
    library, where = libsbml(), f"unitDefinition {definition.getId()!r}"
    factors: list[tuple[str, float, float]] = []  # symbol, factor, exponent
    rest = 1.0
    for unit in definition.getListOfUnits():
        kind = library.UnitKind_toString(unit.getKind())
        exponent = float(unit.getExponentAsDouble())
        factor = float(unit.getMultiplier()) * 10.0 ** unit.getScale()
        symbol = _SYMBOLS.get(kind)
        if symbol is None or getattr(unit, "getOffset", lambda: 0.0)():
            raise Refused(f"{where}: {kind} with an offset is no unit of a port. Map it with units=….")
        if exponent == 0:
            continue
        if symbol == "kg":
            symbol, factor = "g", factor * 10.0**_KILO
        if symbol == "":
            rest *= factor**exponent
            continue
        if _spelled(symbol, factor) is None:
            rest *= factor**exponent
            factor = 1.0
        factors.append((symbol, factor, exponent))
    words = _absorbed(factors, rest)
    if words is None:
        raise Refused(
            f"{where} has the factor {rest:.9g}, which no named unit with a prefix has. Map the ids that use it to a "
            "unit of the same size with units={'id': 'unit'}, and state values in that."
        )
    return _joined(words)


def _absorbed(factors: list[tuple[str, float, float]], rest: float) -> list[tuple[str, float]] | None:
    """Spelled factors with their exponents, once what is left over is in one of them."""
    for i in range(len(factors)) if not math.isclose(rest, 1.0, rel_tol=1e-12) else ():
        symbol, factor, exponent = factors[i]
        spelled = _spelled(symbol, factor * rest ** (1 / exponent))
        if spelled is not None:
            others = [(_spelled(s, f) or s, e) for j, (s, f, e) in enumerate(factors) if j != i]
            return [*others[:i], (spelled, exponent), *others[i:]]
    words = [(_spelled(symbol, factor) or symbol, exponent) for symbol, factor, exponent in factors]
    if math.isclose(rest, 1.0, rel_tol=1e-12):
        return words
    pure = next((name for value, name in ((0.01, "percent"), (1e-6, "ppm")) if math.isclose(rest, value)), None)
    return None if pure is None else [(pure, 1.0), *words]


def _spelled(symbol: str, factor: float) -> str | None:
    for (base, value), name in _NAMED.items():
        if base == symbol and math.isclose(factor, value, rel_tol=1e-12):
            return name
    if not factor > 0:
        return None
    power = round(math.log10(factor))
    if power in _PREFIXES and math.isclose(factor, 10.0**power, rel_tol=1e-12):
        if power and symbol in ("count", "avogadro_number"):
            return None
        return _PREFIXES[power] + symbol
    return None


def _joined(words: list[tuple[str, float]]) -> str:
    above = [_power(name, exponent) for name, exponent in words if exponent > 0]
    below = [_power(name, -exponent) for name, exponent in words if exponent < 0]
    return "/".join(["*".join(above) or "1", *below])


def _power(name: str, exponent: float) -> str:
    return name if exponent == 1 else f"{name}^{exponent:g}"
