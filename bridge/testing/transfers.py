"""Whether a pair of restrict and lift keeps the laws of a transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from bridge.errors import BridgeError, ContractError
from bridge.scales.fields import joined, magnitudes
from bridge.scales.transfer import Transfer
from bridge.units import is_quantity, unit_of

#: Rounding of an inner product, relative to the norms of its two factors.
_ADJOINT = 1e-12


class TransferFault(BridgeError, AssertionError):
    """A transfer does not keep a law that every pair of restrict and lift keeps."""


@dataclass(frozen=True)
class Laws:
    """What was found of a transfer: shapes, and by how much its laws are missed, relative to the states."""

    fine: tuple[int, ...] | None
    coarse: tuple[int, ...] | None
    law: float
    adjoint: float | None


def check_transfer(transfer: Transfer, fine: Any, *, unit: str | None = None, seed: int = 0) -> Laws:
    """Check the laws of a transfer on a fine state, or on random fields of a shape in a unit.

    Checked: restrict(lift(coarse)) = coarse within the transfer's tolerance; a unit that goes in comes out; shapes
    are those the transfer tells; ⟨restrict(x), y⟩ = ⟨x, adjoint(y)⟩ where an adjoint is claimed; the same state, or
    the same seed, gives the same answer, and a random lift another for another seed; nothing is written into what
    was given; a lift that says it is not random draws nothing. Raises TransferFault with the law, by how much it is
    missed and where; else tells what was measured.
    """
    if not isinstance(transfer, Transfer):
        raise ContractError(
            f"check_transfer takes a Transfer, got {transfer!r}. Write Transfer.of(restrict=…, lift=…)."
        )
    rng = np.random.default_rng(seed)
    if _is_shape(fine):
        states = [_random(tuple(fine), unit, rng) for _ in range(2)]
    elif unit is None:
        states = [fine]
    else:
        raise ContractError("check_transfer: a state brings its unit. Write unit= beside a shape only.")
    laws = [_laws(transfer, state, seed) for state in states]
    adjoint = max(_adjoint(transfer, state, rng) for state in states) if transfer.transposed else None
    return Laws(laws[0][1], laws[0][2], max(law for law, _, _ in laws), adjoint)


def _is_shape(fine: Any) -> bool:
    return isinstance(fine, tuple) and all(isinstance(size, int) for size in fine)


def _random(shape: tuple[int, ...], unit: str | None, rng: np.random.Generator) -> Any:
    return joined(rng.normal(size=shape), None if unit is None else unit_of(unit))


def _laws(transfer: Transfer, fine: Any, seed: int) -> tuple[float, Any, Any]:
    coarse = _twice(transfer, "restrict", fine, None)
    _shapes(transfer, fine, coarse)
    lifted = _twice(transfer, "lift", coarse, seed)
    if _shape(lifted) != _shape(fine) and _shape(fine) is not None and transfer.bare:
        raise TransferFault(
            f"{transfer.name}: lift made shape {_shape(lifted)} of the restriction of shape {_shape(fine)}. "
            "Make lift return states of the shape that restrict takes."
        )
    if transfer.random:
        _depends_on_seed(transfer, coarse, lifted, seed)
    elif not _same(lifted, transfer.lift(coarse, np.random.default_rng(seed + 1))):
        raise TransferFault(f"{transfer.name} says it is not random, and its lift depends on rng. Write random=True.")
    back = transfer.restrict(lifted)
    return _law(transfer, coarse, back), _shape(fine), _shape(coarse)


def _twice(transfer: Transfer, verb: str, state: Any, seed: int | None) -> Any:
    """Do a thing twice: the same comes out, in the unit that went in, and what went in stays as it was."""
    kept = _copied(state)

    def done() -> Any:
        if verb == "restrict":
            return transfer.restrict(state)
        return transfer.lift(state, np.random.default_rng(seed) if transfer.random else None)

    first = _copied(done())
    if not _same(state, kept):
        raise TransferFault(f"{transfer.name}: {verb} writes into the state it is given. Work on state.copy().")
    second = done()
    if not _same(first, second):
        draw = "the rng that it is given" if transfer.random else "no random numbers, or say random=True and use rng"
        raise TransferFault(f"{transfer.name}: {verb} of one state gave two answers. Draw from {draw}.")
    for name, (values, unit) in _parts(first).items():
        if not np.isfinite(values).all():
            raise TransferFault(f"{transfer.name}: {verb} made values{name} that are not finite of a finite state.")
        if transfer.bare and unit != _parts(state)[name][1]:
            raise TransferFault(
                f"{transfer.name}: {verb} made {unit} of {_parts(state)[name][1]}: units in are units out."
            )
    return first


def _shapes(transfer: Transfer, fine: Any, coarse: Any) -> None:
    here, there = _shape(fine), _shape(coarse)
    if here is None or there is None:
        return
    for says, found, said in (
        ("coarse_shape", there, transfer.coarse_shape(here)),
        ("fine_shape", here, transfer.fine_shape(there)),
    ):
        if said is not None and said != found:
            raise TransferFault(f"{transfer.name}.{says} says {said}, and the state has {found}. Mend {says}.")


def _depends_on_seed(transfer: Transfer, coarse: Any, lifted: Any, seed: int) -> None:
    if _same(lifted, transfer.lift(coarse, np.random.default_rng(seed + 1))):
        raise TransferFault(
            f"{transfer.name} says that its lift is random, and seeds {seed} and {seed + 1} give the same. "
            "Draw from the rng that lift is given, or leave out random=True."
        )


def _law(transfer: Transfer, coarse: Any, back: Any) -> float:
    """How far restrict(lift(coarse)) is from coarse, relative to the largest value of each part of the state."""
    asked, found = _parts(coarse), _parts(back)
    if asked.keys() != found.keys():
        raise TransferFault(
            f"{transfer.name}: restrict(lift(coarse)) has the parts {sorted(found)}, coarse has {sorted(asked)}."
        )
    worst = 0.0
    for name, (values, unit) in asked.items():
        got, its = found[name]
        if its != unit or got.shape != values.shape:
            raise TransferFault(
                f"{transfer.name}: restrict(lift(coarse)){name} has shape {got.shape} in {its}, coarse {values.shape} "
                f"in {unit}. Lift to what restrict takes."
            )
        if not values.size:
            continue
        gap = np.abs(got - values)
        relative = float(gap.max() / (np.abs(values).max() or 1.0))
        worst = max(worst, relative)
        if not relative <= transfer.tolerance:
            at = tuple(int(i) for i in np.unravel_index(int(np.argmax(gap)), gap.shape))
            raise TransferFault(
                f"{transfer.name}: the law restrict(lift(coarse)) = coarse fails{name} at {at}: coarse is "
                f"{values[at]:.6g}, restrict(lift(coarse)) is {got[at]:.6g}, {relative:.1e} of the largest value "
                f"where {transfer.tolerance:.0e} is allowed. Make lift put back what restrict takes out, or state "
                "a tolerance=… that is meant."
            )
    return worst


def _adjoint(transfer: Transfer, fine: Any, rng: np.random.Generator) -> float:
    x, _ = magnitudes(fine, "the fine state")
    restricted, _ = magnitudes(transfer.restrict(x), "its restriction")
    y = rng.normal(size=restricted.shape)
    back, _ = magnitudes(transfer.adjoint(y), "adjoint(coarse)")
    if back.shape != x.shape:
        raise TransferFault(f"{transfer.name}: adjoint made shape {back.shape}, the fine state has {x.shape}.")
    one, other = np.vdot(restricted, y), np.vdot(x, back)
    gap = float(abs(one - other) / (np.linalg.norm(restricted) * np.linalg.norm(y) or 1.0))
    if not gap <= max(_ADJOINT, transfer.tolerance):
        raise TransferFault(
            f"{transfer.name}: ⟨restrict(x), y⟩ = {one:.9g} and ⟨x, adjoint(y)⟩ = {other:.9g} differ by {gap:.1e} of "
            "the norms. The adjoint is the transpose of restrict, not its inverse; leave it out if there is none."
        )
    return gap


# States: arrays, quantities, and mappings or dataclasses of them


def _parts(state: Any) -> dict[str, tuple[Any, Any]]:
    """Magnitudes and unit of every part of a state, by name; the one part of an array has the name ''."""
    if isinstance(state, Mapping):
        items = dict(state)
    elif is_dataclass(state) and not isinstance(state, type):
        items = {f.name: getattr(state, f.name) for f in fields(state)}
    else:
        return {"": magnitudes(state, "a state")}
    return {f" of {name!r}": magnitudes(value, f"{name!r} of a state") for name, value in items.items()}


def _shape(state: Any) -> tuple[int, ...] | None:
    return tuple(np.shape(state.magnitude if is_quantity(state) else state)) if set(_parts(state)) == {""} else None


def _copied(state: Any) -> Any:
    import copy

    return copy.deepcopy(state)


def _same(one: Any, other: Any) -> bool:
    a, b = _parts(one), _parts(other)
    return a.keys() == b.keys() and all(
        a[name][1] == b[name][1] and np.array_equal(a[name][0], b[name][0], equal_nan=True) for name in a
    )
