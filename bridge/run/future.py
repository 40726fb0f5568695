"""Outputs of a running stage: values for the flow's body, futures for Prefect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from prefect.client.schemas.objects import State
from prefect.futures import PrefectFuture

from bridge.chain.values import Output
from bridge.store.store import Store
from bridge.store.view import Outputs


class RunningOutput(Output, PrefectFuture[Any]):
    """An Output that is also the future of its stage's Prefect task.

    What a flow returns must be a PrefectFuture: Prefect would lose the failure otherwise.
    """

    _future: PrefectFuture[Any]
    _store: Store

    @property
    def task_run_id(self) -> UUID:
        """Prefect's name for the task run."""
        return self._future.task_run_id

    @property
    def state(self) -> State[Any]:
        """State of the task run."""
        return self._future.state

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the stage has run."""
        self._future.wait(timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        """The stage's outputs, or the value of the port: what a plain Prefect task receives."""
        receipt = self._future.result(timeout=timeout, raise_on_failure=raise_on_failure)
        if not hasattr(receipt, "key"):
            return receipt
        found: Any = Outputs(self._store.open(receipt.key), self._stage)
        for name in self._path:
            found = found[name]
        return found

    def add_done_callback(self, fn: Callable[[PrefectFuture[Any]], None]) -> None:
        """Call ``fn`` once the stage has run."""
        self._future.add_done_callback(fn)
