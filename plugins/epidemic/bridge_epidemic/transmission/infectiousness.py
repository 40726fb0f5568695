"""From viral load to infectiousness: published relations, in whatever unit the load was measured."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from bridge import Within, model
from bridge_epidemic.ports import Array, NotNegative, Time
from bridge_epidemic.scales import PERSON

Relation = Literal["logit", "log load above a limit", "power", "saturating"]

#: What each relation needs to be given.
_NEEDED = {
    "logit": ("limit", "baseline", "slope"),
    "log load above a limit": ("limit",),
    "power": ("limit", "exponent"),
    "saturating": ("half_load", "hill"),
}
#: Household contacts of 259 index cases, loads in RNA copies/mL.
_HOUSEHOLD = {"limit": 1e6, "baseline": 0.05, "slope": 0.49}

Exponent = Annotated[float, "1", Within(0, 10)]
Chance = Annotated[float, "1", Within(0, 1)]
Slope = Annotated[float, "1", Within(0, 100)]


@dataclass(frozen=True)
class Infectiousness:
    """Infectiousness since infection, as the relation has it and relative to its peak."""

    time: Time
    infectiousness: Annotated[Array, "1", ("time",), NotNegative]
    relative_infectiousness: Annotated[Array, "1", ("time",), Within(0, 1)]
    peak_infectiousness: Annotated[float, "1", NotNegative]
    time_of_peak_infectiousness: Annotated[float, "d"]


def declared(name: str, unit: str, doc: str, usual: bool = False) -> Callable[..., Any]:
    """The model `name` for loads in `unit`; where something is `usual`, nothing given means the household contacts."""

    def infectiousness(
        time: Time,
        load: Annotated[Array, f"{unit}/mL", ("time",), NotNegative],
        relation: Relation,
        limit: Annotated[float, f"{unit}/mL", NotNegative] = 0.0,
        baseline: Chance = 0.0,
        slope: Slope = 0.0,
        exponent: Exponent = 0.0,
        half_load: Annotated[float, f"{unit}/mL", NotNegative] = 0.0,
        hill: Exponent = 0.0,
    ) -> Infectiousness:
        given = {
            "limit": limit,
            "baseline": baseline,
            "slope": slope,
            "exponent": exponent,
            "half_load": half_load,
            "hill": hill,
        }
        if usual and relation == "logit" and not any(given.values()):
            given |= _HOUSEHOLD
        return _profile(time, load, relation, given, f"{unit}/mL")

    infectiousness.__doc__ = doc
    if usual:
        infectiousness.__defaults__ = ("logit", *(infectiousness.__defaults__ or ()))
    return model(name, scale=PERSON)(infectiousness)


def _profile(time: Array, load: Array, relation: Relation, given: dict[str, float], unit: str) -> Infectiousness:
    needed = _NEEDED[relation]
    for name in needed:
        if not given[name]:
            raise ValueError(
                f"the relation {relation!r} needs {' and '.join(needed)}: {name} was not given. {_how(name, unit)}"
            )
    for name, value in given.items():
        if value and name not in needed:
            raise ValueError(f"the relation {relation!r} takes {' and '.join(needed)}; leave {name}={value:g} out.")
    if time.size == 0:
        raise ValueError("a load at no time at all has no infectiousness. Give a longer course.")
    values = related(load, relation, given)
    peak = float(values.max())
    return Infectiousness(
        time=time,
        infectiousness=values,
        relative_infectiousness=values / peak if peak else values,
        peak_infectiousness=peak,
        time_of_peak_infectiousness=float(time[int(values.argmax())]),
    )


def _how(name: str, unit: str) -> str:
    if name in ("limit", "half_load"):
        return f"Write {name}='… {unit}'."
    return f"Write {name}=…, a number above 0."


def related(load: Array, relation: Relation, given: dict[str, float]) -> Array:
    """Infectiousness at each load, by a relation and its numbers, `limit` and `half_load` in the unit of the load."""
    if relation == "saturating":
        with np.errstate(over="ignore", divide="ignore"):
            return np.asarray(1 / (1 + (given["half_load"] / load) ** given["hill"]))
    if relation == "power":
        return np.asarray((load / given["limit"]) ** given["exponent"])
    above = load > given["limit"]
    decades = np.log10(np.where(above, load, given["limit"]) / given["limit"])
    if relation == "log load above a limit":
        return np.asarray(decades)
    start = math.log(given["baseline"] / (1 - given["baseline"])) if given["baseline"] < 1 else math.inf
    return np.asarray(np.where(above, 1 / (1 + np.exp(-(start + given["slope"] * decades))), 0.0))


infectiousness = declared(
    "transmission.infectiousness",
    "rna_copy",
    """Infectiousness of a person with a load of viral RNA.

    With V the load and V0 the `limit`:
    - "logit": the chance of transmission at a contact, logit P = logit(baseline) + slope log10(V/V0) above the limit.
      Default: household contacts, V0 1e6 copies/mL, baseline 0.05, slope 0.49 per decade, of the typical case
      (A. Marc et al., eLife 10, e69302, 2021, Table 1, model M2; other contacts 0.21). Below the limit it is 0 here;
      the study holds 5 % there, without an end. Cases differ: slope times exp(N(0, 0.85)).
    - "log load above a limit": log10(V/V0), 0 below. The logarithm tells infectiousness better than the load does:
      R. Ke et al., Proc. Natl Acad. Sci. USA 118, e2111477118 (2021).
    - "power": (V/V0)^exponent, sublinear below 1.
    - "saturating": V^hill / (V^hill + half_load^hill).

    A number of 0 is not given; every number that the relation needs must be, and no other. Raises ValueError.
    """,
    usual=True,
)
infectiousness_tcid50 = declared(
    "transmission.infectiousness_tcid50",
    "tcid50",
    """Infectiousness of a person with a load of infectious virus in TCID50; see `transmission.infectiousness`.

    Nothing is assumed: the relation and each of its numbers must be given. Raises ValueError.
    """,
)
infectiousness_pfu = declared(
    "transmission.infectiousness_pfu",
    "pfu",
    """Infectiousness of a person with a load of plaque-forming virus; see `transmission.infectiousness`.

    Nothing is assumed: the relation and each of its numbers must be given. Raises ValueError.
    """,
)
