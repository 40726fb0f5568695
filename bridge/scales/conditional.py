"""Random lifts: a fine state drawn so that it restricts exactly to the coarse one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.scales.fields import Values, converted, finite, joined, linear, magnitudes
from bridge.scales.transfer import Transfer
from bridge.units import Q, exact, is_quantity

Draw = Callable[[Values, np.random.Generator], Any]


def conditional(transfer: Transfer, *, deviation: Any = None, draw: Draw | None = None) -> Transfer:
    """Lift as ``transfer`` does and add what its restrict does not see: R(lift(c)) = c with any draw.

    A field z is drawn and L c + (z - L R z) returned; R L = 1 makes its restriction c. Either ``deviation``,
    the standard deviation of independent Gaussian values, in the state's unit or one that converts (``"50 mK"``;
    what is left of a block of n values has a variance smaller by 1 - 1/n), or ``draw(smooth, rng)``, which is given
    the smooth lift's magnitudes and returns magnitudes of that shape. Where the coarse state must not only be
    kept but also shape the details (a Gaussian field), see `bridge.scales.lattice_laws`. Raises ContractError.
    """
    if transfer.random:
        raise ContractError(f"{transfer.name} is random already: give conditional() the transfer it was made of.")
    if (deviation is None) == (draw is None):
        raise ContractError("conditional() takes either deviation='50 mK' or draw=function, and one of them.")
    if draw is None:
        _deviation(deviation)
    what = f"deviation={deviation}" if draw is None else f"draw={getattr(draw, '__name__', 'function')}"
    return Transfer(
        f"conditional({transfer.name}, {what})",
        transfer.restrict,
        functools.partial(_drawn, transfer, deviation, draw),
        transfer.adjoint if transfer.transposed else None,
        transfer.coarsened,
        transfer.refined,
        {"of": transfer.describe(), "remainder": what},
        random=True,
        bare=False,
        tolerance=transfer.tolerance,
    )


def _deviation(given: Any) -> tuple[float, str | None]:
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        found: tuple[float, str | None] = (float(given), None)
    else:
        read = exact(given)
        if read is None:
            raise ContractError(f"deviation is a number with its unit, got {given!r}. Write deviation='50 mK'.")
        found = (float(read[0]), read[1])
    if not (np.isfinite(found[0]) and found[0] >= 0):
        raise ContractError(f"deviation is {given}, and a standard deviation is at least nought.")
    return found


def _drawn(transfer: Transfer, deviation: Any, draw: Draw | None, coarse: Any, rng: np.random.Generator) -> Any:
    smooth, unit = magnitudes(transfer.lift(coarse), f"{transfer.name}.lift(coarse)")
    if draw is None:
        number, given = _deviation(deviation)
        what = f"conditional({transfer.name}): deviation and state"
        linear(unit, what)
        width = converted(np.asarray(number), None if given is None else Q(1.0, given).units, unit, what)
        noise: Values = width * rng.normal(size=smooth.shape)
    else:
        returned = draw(smooth.copy(), rng)
        if is_quantity(returned):
            raise ContractError(f"{draw!r} returns magnitudes in the unit of the state, got a quantity: write .m_as().")
        noise, _ = magnitudes(returned, "what draw returned")
        if noise.shape != smooth.shape:
            raise ContractError(f"draw returned shape {noise.shape} for a state of shape {smooth.shape}.")
        finite(noise, "what draw returned: value", "Draw finite values only.")
    unseen = noise - transfer.lift(transfer.restrict(noise))
    return joined(smooth + unseen, unit)
