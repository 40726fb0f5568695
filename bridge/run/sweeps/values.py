"""Numbers on their way from one execution to the next, so that workers need not read them from the store."""

from __future__ import annotations

import math

import numpy as np

from bridge.kinds.measured import Number
from bridge.run.sweeps.batch import Returned
from bridge.run.sweeps.executions import Executions, wired


class Values:
    """Numbers that other executions wait for: handed on with their blocks, so that workers need not read them."""

    def __init__(self, executions: Executions) -> None:
        self._executions = executions
        self._known: dict[tuple[int, tuple[str, ...]], np.ndarray] = {}
        for use in executions.uses:
            for wire in wired(use.stage):
                if isinstance(wire.kind, Number):
                    above = next(
                        n
                        for n, u in enumerate(executions.uses)
                        if u.template is use.template and u.stage.name == wire.stage
                    )
                    count = len(executions.uses[above].keys)
                    self._known.setdefault((above, wire.path), np.full(count, np.nan))

    def wanted(self, use: int) -> list[tuple[str, ...]]:
        """Paths of what a use's outputs are wanted for."""
        return [path for number, path in self._known if number == use]

    def keep(self, use: int, places: np.ndarray, came: Returned) -> None:
        """Keep what a block came to."""
        for path, values in came.values.items():
            self._known[use, path][places] = [math.nan if v is None else v for v in values]

    def of(self, ids: np.ndarray, path: tuple[str, ...]) -> list[float] | None:
        """Values of a port at executions; None where one of them is not known here."""
        uses = np.unique(self._executions.use_of[ids])
        if len(uses) != 1 or (int(uses[0]), path) not in self._known:
            return None
        values = self._known[int(uses[0]), path][self._executions.place_of[ids]]
        return None if np.isnan(values).any() else list(values.tolist())
