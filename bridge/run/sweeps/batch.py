"""One block of stage executions as it travels: a batch goes to a worker, what became of each execution comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bridge.chain.chain import Stage
from bridge.run.order import Order
from bridge.run.sweeps.templates import listed
from bridge.store.store import Store


class Batch(Order):
    """Executions of one stage. ``plans`` (of a sweep's) and ``above`` hold keys, 32 bytes an execution.

    ``varied`` has the distinct values at each port that an axis enters, and which of them each execution takes;
    ``sent`` the values of wires that need not be read from the store.
    """

    def __init__(
        self,
        stage: Stage,
        run: str,
        store: Store,
        plans: bytes,
        varied: Mapping[str, tuple[Sequence[Any] | np.ndarray, np.ndarray]],
        above: Mapping[str, bytes],
        sent: Mapping[tuple[str, tuple[str, ...]], Sequence[Any]],
        wanted: Sequence[tuple[str, ...]],
        count: int | None = None,
    ) -> None:
        super().__init__(stage, "", run, store)
        self._count = len(plans) // 32 if count is None else count
        self.plans, self.above, self.sent, self.wanted = plans, above, sent, tuple(wanted)
        self.varied = {port: (listed(values), places) for port, (values, places) in varied.items()}
        self.retries = int(stage.options.get("retries", 0))
        self.retry_delay = float(stage.options.get("retry_delay", 0))
        self.limit: float | None = None  # seconds that one execution may take

    def __len__(self) -> int:
        return self._count

    def plan(self, row: int) -> str | None:
        """Plan key of one execution; None for calls out of a stage, which no plan foresaw."""
        return self.plans[32 * row : 32 * row + 32].hex() if self.plans else None


@dataclass
class Returned:
    """What became of a batch: content keys (32 bytes each), states, errors, and the values that others wait for."""

    keys: np.ndarray
    states: np.ndarray
    errors: dict[int, tuple[str, str]] = field(default_factory=dict)
    #: What computed rows judged of their scales, where they did.
    judged: dict[int, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    #: Of the errors, those that are violations of separation: what was judged until then.
    unseparated: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    values: dict[tuple[str, ...], list[Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    each: float = 0.0  # what one execution took at last, without what a batch takes by itself
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
