"""A system of ordinary differential equations: names, and one plain function of its rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class System:
    """States, parameters and driving inputs by name, and ``rates(*states, *parameters, *inputs)``.

    ``rates`` is plain arithmetic (``+ - * / **`` and the functions of `bridge_pharmacology.systems.functions`), which
    gives one rate for each state: called with numbers it computes, called with symbols it is derived and compiled.
    ``totals`` are states that only add up (what went in, what went out): no rate depends on them, and they have no
    steady state. Rates do not depend on time itself, but through the inputs.
    """

    name: str
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    rates: Callable[..., tuple[Any, ...]]
    inputs: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
