"""Transfer between a fine and a coarse scale: restrict and lift, with the law restrict(lift(coarse)) = coarse.

Pairs that come with the platform: `bridge.scales.blocks` (block means, injection), `bridge.scales.wavelets`
(Haar and other wavelets), `bridge.scales.conditional` (random lifts). ``Transfer.of`` makes one of your own.
`bridge.testing.check_transfer` tests the law, units, adjoint and seed of any of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.scales.fields import finite, joined, linear, magnitudes

#: Sizes of a field along its axes.
Shape = tuple[int, ...]
#: How far restrict(lift(coarse)) may be from coarse, relative to its largest value.
TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False)
class Transfer:
    """A pair of restrict and lift between two scales, with what it promises of itself.

    `restricting` and `lifting` are the pair as functions, `transposed` the adjoint of restrict where one is
    claimed. With `bare` they get magnitudes and the unit of what came in is given to what goes out; without, they
    get states just as they are and answer for units themselves (moments of an ensemble have different ones).
    `tolerance` bounds the law relative to the largest value of the coarse state. A lift that is `random` takes a
    numpy Generator. `settings` holds JSON values only, and is told by `describe`.
    """

    name: str
    restricting: Callable[[Any], Any]
    lifting: Callable[[Any, np.random.Generator | None], Any]
    transposed: Callable[[Any], Any] | None = None
    coarsened: Callable[[Shape], Shape] | None = None
    refined: Callable[[Shape], Shape] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    random: bool = False
    bare: bool = True
    tolerance: float = TOLERANCE

    @classmethod
    def of(
        cls,
        *,
        restrict: Callable[[Any], Any],
        lift: Callable[..., Any],
        adjoint: Callable[[Any], Any] | None = None,
        name: str | None = None,
        random: bool = False,
        bare: bool = True,
        tolerance: float = TOLERANCE,
        settings: Mapping[str, Any] | None = None,
    ) -> Transfer:
        """Make a pair of your own functions.

        They are ``restrict(fine)``, and ``lift(coarse)`` or, for a random one, ``lift(coarse, rng)``. Raises
        ContractError for what cannot be called.
        """
        for verb, function in (("restrict", restrict), ("lift", lift), ("adjoint", adjoint)):
            if not callable(function) and not (verb == "adjoint" and function is None):
                raise ContractError(
                    f"Transfer.of: {verb} is a function of a state, got {function!r}. Write {verb}=my_{verb}."
                )
        called = name or f"{getattr(restrict, '__name__', 'restrict')} / {getattr(lift, '__name__', 'lift')}"
        lifting = lift if random else functools.partial(_without_rng, lift)
        return cls(
            called,
            restrict,
            lifting,
            adjoint,
            settings=dict(settings or {}),
            random=random,
            bare=bare,
            tolerance=tolerance,
        )

    def restrict(self, fine: Any) -> Any:
        """The coarse state of a fine one, in the same unit. Raises ContractError or ValueRefused."""
        return self._applied(self.restricting, fine, "restrict(fine)")

    def lift(self, coarse: Any, rng: np.random.Generator | None = None) -> Any:
        """A fine state of a coarse one, in the same unit; a random lift draws it with ``rng``.

        Raises ContractError or ValueRefused.
        """
        if rng is not None and not isinstance(rng, np.random.Generator):
            raise ContractError(
                f"{self.name}: rng is a numpy Generator, got {rng!r}. Write rng=np.random.default_rng({rng!r})."
            )
        if self.random and rng is None:
            raise ContractError(
                f"{self.name} lifts at random and was given no rng. Write lift(coarse, np.random.default_rng(seed))."
            )
        return self._applied(lambda state: self.lifting(state, rng), coarse, "lift(coarse)")

    def adjoint(self, coarse: Any) -> Any:
        """The transpose of restrict: ⟨restrict(x), y⟩ = ⟨x, adjoint(y)⟩. Raises ContractError if none is claimed."""
        if self.transposed is None:
            raise ContractError(
                f"{self.name} claims no adjoint of its restrict. Use a transfer that has one (block_mean, haar, "
                "injection, an orthogonal wavelet), or write Transfer.of(…, adjoint=function)."
            )
        linear(magnitudes(coarse, f"{self.name}.adjoint(coarse)")[1], f"{self.name}.adjoint(coarse)")
        return self._applied(self.transposed, coarse, "adjoint(coarse)")

    def coarse_shape(self, fine: Shape) -> Shape | None:
        """Shape of the coarse state for that of a fine one; None where the transfer does not say.

        Raises ContractError for a shape that does not fit.
        """
        return None if self.coarsened is None else self.coarsened(tuple(fine))

    def fine_shape(self, coarse: Shape) -> Shape | None:
        """Shape of the fine state for that of a coarse one; None where the transfer does not say."""
        return None if self.refined is None else self.refined(tuple(coarse))

    def then(self, coarser: Transfer) -> Transfer:
        """This transfer, followed by one to a still coarser scale."""
        if not isinstance(coarser, Transfer):
            raise ContractError(f"{self.name}.then takes a Transfer, got {coarser!r}. Write fine.then(block_mean(2)).")
        both = self.transposed is not None and coarser.transposed is not None
        say = all(t.coarsened is not None and t.refined is not None for t in (self, coarser))
        return Transfer(
            f"{self.name} then {coarser.name}",
            functools.partial(_restricted_twice, self, coarser),
            functools.partial(_lifted_twice, self, coarser),
            functools.partial(_transposed_twice, self, coarser) if both else None,
            functools.partial(_shape_twice, self, coarser, True) if say else None,
            functools.partial(_shape_twice, coarser, self, False) if say else None,
            {"parts": [self.describe(), coarser.describe()]},
            self.random or coarser.random,
            False,
            self.tolerance + coarser.tolerance,
        )

    def __matmul__(self, finer: Transfer) -> Transfer:
        """As matrices are written: ``(a @ b).restrict(x)`` is ``a.restrict(b.restrict(x))``."""
        return finer.then(self)

    def describe(self) -> dict[str, Any]:
        """What there is to say of this transfer, as JSON values."""
        return {
            "name": self.name,
            "settings": dict(self.settings),
            "law": "restrict(lift(coarse)) = coarse",
            "tolerance": self.tolerance,
            "random": self.random,
            "adjoint": self.transposed is not None,
        }

    def __repr__(self) -> str:
        return f"<Transfer {self.name}>"

    def _applied(self, verb: Callable[[Any], Any], state: Any, what: str) -> Any:
        if not self.bare:
            return verb(state)
        values, unit = magnitudes(state, f"{self.name}.{what}")
        finite(
            values, f"{self.name}.{what}: the state given", "Look at what made the state, or fill in what is missing."
        )
        return joined(np.asarray(verb(values)), unit)


def _without_rng(lift: Callable[[Any], Any], coarse: Any, rng: np.random.Generator | None = None) -> Any:
    return lift(coarse)


def _restricted_twice(fine: Transfer, coarse: Transfer, state: Any) -> Any:
    return coarse.restrict(fine.restrict(state))


def _lifted_twice(fine: Transfer, coarse: Transfer, state: Any, rng: np.random.Generator | None = None) -> Any:
    return fine.lift(coarse.lift(state, rng), rng)


def _transposed_twice(fine: Transfer, coarse: Transfer, state: Any) -> Any:
    return fine.adjoint(coarse.adjoint(state))


def _shape_twice(first: Transfer, second: Transfer, coarser: bool, shape: Shape) -> Shape:
    for one in (first, second):
        steps = one.coarsened if coarser else one.refined
        assert steps is not None  # `then` asks both before it makes this
        shape = steps(shape)
    return shape


def axes_of(ndim: int, axes: Shape | None, name: str) -> Shape:
    """The axes that a transfer acts on: all of them unless named. Raises ContractError for one that is not there."""
    if axes is None:
        return tuple(range(ndim))
    for axis in axes:
        if not -ndim <= axis < ndim:
            raise ContractError(
                f"{name} acts on axis {axis}, and the state has {ndim} ({', '.join(map(str, range(ndim)))}). "
                "Write axes=(0,) or the like."
            )
    return tuple(axis % ndim for axis in axes)


def whole(number: Any, what: str, example: str) -> int:
    """Read a whole number of at least one. Raises ContractError."""
    if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, np.integer)) or number < 1:
        raise ContractError(f"{what} is a whole number of at least 1, got {number!r}. Write {example}.")
    return int(number)


def divides(shape: Shape, factors: Mapping[int, int], name: str) -> None:
    """Refuse a shape that does not fall into whole blocks. Raises ContractError that says what would."""
    for axis, factor in factors.items():
        size = shape[axis]
        if size % factor or not size:
            below, above = size - size % factor, size + -size % factor
            crop = f"Crop it to {below}, pad" if below else "Pad"
            raise ContractError(
                f"{name} takes {factor} points of axis {axis} to one, and there are {size} (shape {shape}). "
                f"{crop} it to {above or factor}, or choose a factor that divides {size}."
            )
