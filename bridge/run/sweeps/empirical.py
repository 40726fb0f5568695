"""Distributions out of the store: ``empirical(RUN.stage.port)`` draws from values that a run left behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bridge.axes.exact import unit_text
from bridge.axes.uncertain import Fetch
from bridge.errors import ContractError, UnknownName, did_you_mean
from bridge.store.runs import run_of
from bridge.store.view import Outputs
from bridge.units import is_quantity

_FORM = "Write empirical(RUN.stage.port), such as empirical(last.kmc.random_walk.displacement)"


def fetcher(root: str | Path | None = None) -> Fetch:
    """What reads the values that ``empirical(…)`` names from the store at ``root``."""

    def fetch(where: str) -> tuple[Any, str]:
        """All values of one output of one run, and their unit. Raises ContractError and UnknownName."""
        name, _, rest = where.partition(".")
        if not rest:
            raise ContractError(f"{where!r} names no output. {_FORM}.")
        run = run_of(name, root)
        stage = _stage(rest, run.stages, run.id)
        value: Any = run[stage]
        for port in rest[len(stage) + 1 :].split("."):
            if not isinstance(value, Outputs):
                raise UnknownName(f"{where!r} goes deeper than the output does. {_FORM}.")
            value = value[port]
        return _numbers(value, where)

    return fetch


def _stage(rest: str, stages: Mapping[str, Any], run: str) -> str:
    """The stage that ``stage.port`` begins with; the names of stages have points in them themselves."""
    fits = [stage for stage in stages if rest.startswith(f"{stage}.")]
    if not fits:
        wanted = rest.rpartition(".")[0] or rest
        raise UnknownName(f"run {run} has no stage {wanted!r}. {did_you_mean(wanted, stages)} {_FORM}.")
    return max(fits, key=len)


def _numbers(value: Any, where: str) -> tuple[Any, str]:
    if isinstance(value, Outputs):
        raise ContractError(f"{where} is a record of {', '.join(value)}: name one of its fields.")
    unit = unit_text(value.units) if is_quantity(value) else ""
    array = np.asarray(value.magnitude if is_quantity(value) else value)
    if array.dtype.kind not in "iuf":
        raise ContractError(f"{where} has no numbers, but {array.dtype if array.ndim else type(value).__name__}.")
    return array.astype(np.float64), unit
