"""Individual parameters of plasma models, from typical values, random effects and body weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, NotNegative, Positive, Share, constant
from bridge_pharmacology.scales import POPULATION

#: An identifier that is not given: individuals are called by their numbers.
UNCALLED = constant(-1.0)

Individuals = ("individual",)
Eta = Annotated[Array, "1", ("individual", "effect"), Within(-50, 50)]
BodyWeight = Annotated[Array, "kg", PER_INDIVIDUAL, Within(0.5, 500)]
Identifier = Annotated[Array, "1", PER_INDIVIDUAL]
Exponent = Annotated[float, "1", Within(-3, 3)]


@dataclass(frozen=True)
class OneCompartment:
    """Parameters of `pk.one_compartment` by individual."""

    absorption_rate: Annotated[Array, "1/d", Individuals, Positive]
    clearance: Annotated[Array, "L/d", Individuals, Positive]
    volume: Annotated[Array, "L", Individuals, Positive]
    bioavailability: Annotated[Array, "1", Individuals, Share]
    lag: Annotated[Array, "d", Individuals, NotNegative]


@dataclass(frozen=True)
class TwoCompartment:
    """Parameters of `pk.two_compartment` by individual."""

    clearance: Annotated[Array, "L/d", Individuals, Positive]
    central_volume: Annotated[Array, "L", Individuals, Positive]
    intercompartmental_clearance: Annotated[Array, "L/d", Individuals, Positive]
    peripheral_volume: Annotated[Array, "L", Individuals, Positive]


@model("population.one_compartment", scale=POPULATION)
def one_compartment(
    eta: Eta,
    effects: str = "absorption_rate, clearance, volume",
    absorption_rate: Annotated[float, "1/d", Positive] = 24.0,
    clearance: Annotated[float, "L/d", Positive] = 3.0,
    volume: Annotated[float, "L", Positive] = 30.0,
    bioavailability: Annotated[float, "1", Share] = 1.0,
    lag: Annotated[float, "d", NotNegative] = 0.0,
    body_weight: BodyWeight = constant(70.0),
    reference_weight: Annotated[float, "kg", Within(0.5, 500)] = 70.0,
    clearance_exponent: Exponent = 0.0,
    volume_exponent: Exponent = 0.0,
) -> OneCompartment:
    """Individual parameters of one compartment with absorption: typical · (weight / reference)^exponent · exp(eta).

    `effects` names the parameter of each column of `eta`, separated by commas. Allometric exponents are usually 0.75
    for clearances and 1 for volumes (B. J. Anderson and N. H. G. Holford, Annu. Rev. Pharmacol. Toxicol. 48, 303,
    2008); 0, the default, leaves body weight out. A bioavailability is never drawn above 1.

    Raises ValueError for effects that name no parameter, or one twice, and for sizes that differ.
    """
    typical = {
        "absorption_rate": absorption_rate,
        "clearance": clearance,
        "volume": volume,
        "bioavailability": bioavailability,
        "lag": lag,
    }
    exponents = {"clearance": clearance_exponent, "volume": volume_exponent}
    drawn = individual(typical, exponents, eta, effects, body_weight / reference_weight)
    drawn["bioavailability"] = np.minimum(drawn["bioavailability"], 1.0)
    return OneCompartment(**drawn)


@model("population.two_compartment", scale=POPULATION)
def two_compartment(
    eta: Eta,
    effects: str = "clearance, central_volume",
    clearance: Annotated[float, "L/d", Positive] = 0.225,
    central_volume: Annotated[float, "L", Positive] = 2.95,
    intercompartmental_clearance: Annotated[float, "L/d", Positive] = 0.4838,
    peripheral_volume: Annotated[float, "L", Positive] = 4.790,
    body_weight: BodyWeight = constant(70.0),
    reference_weight: Annotated[float, "kg", Within(0.5, 500)] = 70.0,
    clearance_exponent: Exponent = 0.0,
    volume_exponent: Exponent = 0.0,
) -> TwoCompartment:
    """Individual parameters of two compartments: typical · (weight / reference)^exponent · exp(eta).

    `effects` names the parameter of each column of `eta`, separated by commas. Both clearances go with one exponent
    of body weight, both volumes with the other; 0, the default, leaves body weight out. The typical values are
    trastuzumab's: R. Bruno et al., Cancer Chemother. Pharmacol. 56, 361 (2005).

    Raises ValueError for effects that name no parameter, or one twice, and for sizes that differ.
    """
    typical = {
        "clearance": clearance,
        "central_volume": central_volume,
        "intercompartmental_clearance": intercompartmental_clearance,
        "peripheral_volume": peripheral_volume,
    }
    exponents = {name: clearance_exponent if name.endswith("clearance") else volume_exponent for name in typical}
    return TwoCompartment(**individual(typical, exponents, eta, effects, body_weight / reference_weight))


def individual(
    typical: dict[str, float], exponents: dict[str, float], eta: Array, effects: str, weight: Array
) -> dict[str, Array]:
    """Parameters of each individual by name, shape (individual,); `weight` is relative to the reference.

    Raises ValueError for effects that name no parameter, or one twice, and for sizes that differ.
    """
    names = [name.strip() for name in effects.split(",") if name.strip()]
    for name in names:
        if name not in typical or names.count(name) > 1:
            reason = "twice" if name in typical else "which is no parameter"
            raise ValueError(f"effects names {name!r}, {reason}. Write some of: {', '.join(typical)}; each once.")
    count, columns = eta.shape
    if len(names) != columns:
        raise ValueError(
            f"effects names {len(names)} parameters ({', '.join(names) or 'none'}), and eta has {columns} columns. "
            "Write one name for each column, in their order."
        )
    if weight.size not in (1, count):
        raise ValueError(f"body_weight is given for {weight.size} individuals, and eta for {count}: draw both alike.")
    found = {}
    for name, value in typical.items():
        effect = eta[:, names.index(name)] if name in names else np.zeros(count)
        found[name] = value * weight ** exponents.get(name, 0.0) * np.exp(effect)
    return found
