"""Where doses enter: straight into a compartment, or into a depot that empties into it at first order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np

from bridge_pharmacology.ports import PER_INDIVIDUAL, Array, NotNegative, Positive, Share
from bridge_pharmacology.systems.system import System

if TYPE_CHECKING:
    from bridge_pharmacology.dosing.running import Into

Absorption = Literal["none", "first order"]
AbsorptionRate = Annotated[Array, "1/d", PER_INDIVIDUAL, Positive]
Bioavailability = Annotated[Array, "1", PER_INDIVIDUAL, Share]
Lag = Annotated[Array, "d", PER_INDIVIDUAL, NotNegative]


@dataclass(frozen=True)
class Entry:
    """How doses enter: by which absorption, at which rate, which share of them and how much later."""

    absorption: Absorption
    rate: Array
    bioavailability: Array
    lag: Array

    def into(
        self, system: System, parameters: Mapping[str, Array], *states: str, per_mg: Array | float = 1.0
    ) -> tuple[System, dict[str, Array], dict[int, Into]]:
        """The system and its parameters, with a depot where there is absorption, and where each compartment is.

        Doses enter the first of `states` by the depot, and each of them directly; 1 mg makes `per_mg` of it. Without
        absorption the compartments are numbered 1, 2, ...; with it the depot is 1, and the others follow, as in NONMEM.
        Raises ValueError for a lag or a loss on the way where there is no depot.
        """
        from bridge_pharmacology.dosing.running import Into

        direct = [Into(state, per_mg) for state in states]
        if self.absorption == "none":
            for name, value, without in (("lag", self.lag, 0), ("bioavailability", self.bioavailability, 1)):
                if (odd := value[value != without]).size:
                    raise ValueError(
                        f"{name} is {odd[0]:g}, and nothing is absorbed: it would count for nothing. Write "
                        f"absorption='first order', or leave {name} out."
                    )
            return system, dict(parameters), dict(enumerate(direct, 1))
        depot = Into("depot", per_mg * self.bioavailability, self.lag)
        given = {**parameters, "absorption_rate": self.rate}
        return with_depot(system, states[0]), given, dict(enumerate([depot, *direct], 1))


@lru_cache(maxsize=64)
def with_depot(system: System, into: str) -> System:
    """The same system, and a depot in the unit of one of its states that empties into it at `absorption_rate`."""
    at = system.states.index(into)

    def rates(depot: Any, *given: Any) -> tuple[Any, ...]:
        comes = given[-1] * depot
        others = list(system.rates(*given[:-1]))
        others[at] = others[at] + comes
        return (-comes, *others)

    parameters = (*system.parameters, "absorption_rate")
    return System(f"{system.name}_absorbed", ("depot", *system.states), parameters, rates, totals=system.totals)


def in_depot(values: Mapping[str, Array]) -> Array | float:
    """What the depot holds, (patient, time), where there is one."""
    return values.get("depot", np.float64(0))
