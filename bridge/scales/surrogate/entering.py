"""What a surrogate is given, checked on its way in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.errors import ContractError
from bridge.scales.surrogate.kernels import Floats


def counted(name: str, value: int) -> int:
    """A number of things, of which there is one at least."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ContractError(f"{name} of a surrogate is a whole number from 1 up, got {value!r}: write {name}=1.")
    return int(value)


def measured(name: str, value: float, example: str) -> float:
    """A finite number from nought up."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 <= value < np.inf:
        raise ContractError(f"{name} of a surrogate is a number from nought up, got {value!r}: write {name}={example}.")
    return float(value)


def possible(made: Mapping[str, Any], ways: Collection[str]) -> None:
    """A surrogate that can be meant. Raises ContractError."""
    way, noisy = made["way"], made["noisy"]
    if way not in ways:
        raise ContractError(f"a surrogate's way is {', '.join(ways)}, got {way!r}: write way='gaussian'.")
    if noisy and made["tolerance"] == 0:
        raise ContractError(
            "tolerance zero with a noisy model: no two of its answers agree, so that no number of runs reaches it. "
            "Write a tolerance of a few standard errors, such as tolerance=0.05, or leave noisy out and give "
            "the model a seed."
        )
    if noisy and way != "gaussian":
        raise ContractError(f"way={way!r} repeats the noise of single answers: write way='gaussian' for a noisy model.")
    if len(made["names"]) != made["inputs"]:
        raise ContractError(
            f"{made['inputs']} inputs have as many names, got {made['names']}: leave them out, or give all."
        )


def states(x: npt.ArrayLike, names: Sequence[str]) -> Floats:
    """Rows of finite numbers, one for each name. Raises ContractError."""
    rows = np.ascontiguousarray(x, dtype=float)
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ContractError(
            f"states are rows of {len(names)} numbers ({', '.join(names)}), got an array of shape {rows.shape}: write "
            f"an array of shape (number of states, {len(names)})."
        )
    if not np.isfinite(rows).all():
        bad = rows[~np.isfinite(rows).all(axis=1)][0]
        raise ContractError(
            f"a state is made of finite numbers, got {named(names, bad)}: see where the coarse model left them."
        )
    return rows + 0.0  # no negative zero, which would be another state


def answers(
    x: Floats, y: npt.ArrayLike, variance: npt.ArrayLike | None, outputs: int, names: Sequence[str]
) -> tuple[Floats, Floats]:
    """Finite answers to states, and their variances, NaN where not given. Raises ContractError."""
    rows = np.asarray(y, dtype=float)
    shape = (len(x), outputs)
    if rows.shape != shape:
        raise ContractError(f"answers to {len(x)} states are an array of shape {shape}, got shape {rows.shape}.")
    if not np.isfinite(rows).all():
        row = int(np.flatnonzero(~np.isfinite(rows).all(axis=1))[0])
        raise ContractError(
            f"the answer at {named(names, x[row])} is {numbers(rows[row])}, from which nothing can be learned: leave "
            "out states at which the fine model failed."
        )
    variances = np.full(shape, np.nan) if variance is None else np.asarray(variance, dtype=float)
    if variances.shape != shape or (variances < 0).any() or np.isinf(variances).any():
        raise ContractError(
            f"variances are finite, not negative and of shape {shape}, got {numbers(variances)[:80]} of shape "
            f"{variances.shape}: write the square of each answer's standard error, or NaN where it is not known."
        )
    return rows, variances


def named(names: Sequence[str], state: Floats) -> str:
    """A state as people read it."""
    return ", ".join(f"{name}={value:.6g}" for name, value in zip(names, state, strict=True))


def numbers(values: Floats | Sequence[float]) -> str:
    """One number, or several in brackets, as people read them."""
    texts = [f"{float(v):.6g}" for v in np.ravel(np.asarray(values))]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
