"""What the body does about an infection: antibody that was there, interferon, and adaptive immunity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bridge_epidemic.ports import Array

Interferon = Literal["none", "refractory cells", "reduced production"]
Adaptive = Literal["none", "killing", "antibody"]

#: What each choice needs to be given; there are no defaults to claim.
_NEEDED = {
    "refractory cells": ("refractory_rate",),
    "reduced production": ("production_effect", "interferon_clearance"),
    "killing": ("adaptive_onset", "adaptive_killing"),
    "antibody": ("adaptive_onset", "antibody_growth"),
}
_MAY = {"refractory cells": ("reversion_rate",)}
_UNITS = {"adaptive_onset": "d"}


@dataclass(frozen=True)
class Immunity:
    """The share of virus that antibody neutralises, by time, and the terms that were switched on; days throughout."""

    neutralised_at: tuple[float, ...] = (0.0,)
    neutralised: tuple[float, ...] = (0.0,)
    refractory_rate: float = 0.0
    reversion_rate: float = 0.0
    production_effect: float = 0.0
    interferon_clearance: float = 0.0
    onset: float = math.inf
    added_killing: float = 0.0
    antibody_growth: float = 0.0

    def infecting(self, time: float) -> float:
        """Share of virus that can infect: neither neutralised by antibody that was there nor by antibody made since."""
        if len(self.neutralised) == 1:
            share = self.neutralised[0]
        else:
            share = float(np.interp(time, self.neutralised_at, self.neutralised))
        if not self.antibody_growth:
            return 1 - share
        return (1 - share) / (1 + math.exp(min(self.antibody_growth * (time - self.onset), 700.0)))

    def killing(self, time: float) -> float:
        """Death rate (1/d) of infected cells that adaptive immunity adds, from its onset on."""
        return self.added_killing if time >= self.onset else 0.0

    def kinks(self) -> list[float]:
        """Instants (d) at which rates change suddenly or bend."""
        bends = list(self.neutralised_at) if len(self.neutralised) > 1 else []
        return sorted({*bends, *([self.onset] if self.added_killing else [])})


def immune(
    neutralisation: Array,
    neutralisation_time: Array,
    interferon: Interferon,
    adaptive: Adaptive,
    given: dict[str, float],
) -> Immunity:
    """What was asked for, refused where a number of it is missing, or one is given that nothing takes.

    `given` holds `refractory_rate` [1/d], `reversion_rate` [1/d], `production_effect` [1/d], `interferon_clearance`
    [1/d], `adaptive_onset` [d], `adaptive_killing` [1/d] and `antibody_growth` [1/d]; 0 is not given.
    Raises ValueError.
    """
    taken: set[str] = set()
    for what, choice in (("interferon", interferon), ("adaptive", adaptive)):
        needed = _NEEDED.get(choice, ())
        for name in needed:
            if not given[name]:
                raise ValueError(
                    f"{what}={choice!r} needs {' and '.join(needed)}, for which no value is claimed: "
                    f"{name} was not given. Write {name}='… {_UNITS.get(name, '1/d')}'."
                )
        taken |= {*needed, *_MAY.get(choice, ())}
    for name, value in given.items():
        if value and name not in taken:
            choices = [choice for choice in _NEEDED if name in (*_NEEDED[choice], *_MAY.get(choice, ()))]
            of = "interferon" if choices[0] in ("refractory cells", "reduced production") else "adaptive"
            asked = " or ".join(f"{of}={choice!r}" for choice in choices)
            raise ValueError(
                f"{name}={value:g} is given, and nothing takes it. Write {asked} with it, or leave it out."
            )
    if neutralisation.size != neutralisation_time.size:
        raise ValueError(
            f"neutralisation has {neutralisation.size} values at {neutralisation_time.size} times. Give one for each."
        )
    if (np.diff(neutralisation_time) <= 0).any():
        raise ValueError(
            f"neutralisation_time must rise, got {', '.join(f'{t:g}' for t in neutralisation_time[:6])} d."
        )
    return Immunity(
        neutralised_at=tuple(neutralisation_time.tolist()),
        neutralised=tuple(neutralisation.tolist()),
        refractory_rate=given["refractory_rate"],
        reversion_rate=given["reversion_rate"],
        production_effect=given["production_effect"],
        interferon_clearance=given["interferon_clearance"],
        onset=given["adaptive_onset"] if adaptive != "none" else math.inf,
        added_killing=given["adaptive_killing"],
        antibody_growth=given["antibody_growth"],
    )
