"""The ways to answer from known answers, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bridge.scales.surrogate.gaussian import Gaussian
from bridge.scales.surrogate.kernels import Floats
from bridge.scales.surrogate.known import Known
from bridge.scales.surrogate.linear import Linear
from bridge.scales.surrogate.nearest import Nearest


class Way(Protocol):
    """Answers and bounds from what is known."""

    level: Floats | None  # variance of one answer of a noisy model (k,)

    def learn(self, known: Known, tolerances: Floats) -> None:
        """Take in all that is known."""

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Answers and their bounds at the rows of ``x``, (m, k) each."""

    def one(self, x: Floats) -> tuple[list[float], list[float]]:
        """The same for one state, (k,) each, by the shortest way."""

    def doubt(self, x: Floats) -> Floats:
        """Where a held-out answer is most wanted: a number for each row of ``x`` (m,)."""

    def begin(self, x: Floats) -> None:
        """Look ahead among these candidates."""

    def suppose(self, row: int) -> Floats:
        """Bounds (m, k) at the candidates if that in ``row``, and those before it, had been run."""

    def look_for_noise(self, known: Known, tolerances: Floats) -> Floats | None:
        """Standard deviation of noise (k,) where none was declared and answers show it."""

    def document(self) -> dict[str, Any]:
        """What was found, as JSON."""

    def restore(self, document: dict[str, Any]) -> None:
        """Take up what :meth:`document` said, before learning."""


WAYS: dict[str, Callable[[int, bool, int], Way]] = {"gaussian": Gaussian, "nearest": Nearest, "linear": Linear}
