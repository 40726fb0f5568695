"""Outputs of a running stage: values for the flow's body, futures for Prefect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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

    _futures: Mapping[str, PrefectFuture[Any]]
    _store: Store

    @property
    def _future(self) -> PrefectFuture[Any]:
        return self._futures[self._stage]

    @property
    def task_run_id(self) -> UUID:
        """Prefect's name for the task run."""
        return self._future.task_run_id

    @property
    def state(self) -> State[Any]:
        """State of the task run, with the outputs as its result; of a stage that did not run, why it did not."""
        state = self._future.state
        if state.name == "NotReady":
            return next((s for s in self._before(self._stage) if s.is_failed() or s.is_crashed()), state)
        if not state.is_completed():
            return state
        return state.model_copy(update={"data": self._known(state.result())})

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the stage has run."""
        self._future.wait(timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        """The stage's outputs, or the value of the port: what a plain Prefect task receives."""
        self._future.wait(timeout)
        state = self.state
        if not state.is_final() and state.name != "NotReady":
            raise TimeoutError(f"{self._at} is not there after {timeout:g} s")
        return state.result(raise_on_failure=raise_on_failure)

    def add_done_callback(self, fn: Callable[[PrefectFuture[Any]], None]) -> None:
        """Call ``fn`` once the stage has run."""
        self._future.add_done_callback(fn)

    def _known(self, receipt: Any) -> Any:
        path, value = self.__dict__.get("_value", (None, None))
        if path != self._path:  # a part of what was read is a copy of this with another path
            value = Outputs(self._store.open(receipt.key), self._stage)
            for name in self._path:
                value = value[name]
            self._value = (self._path, value)
        return value

    def _before(self, stage: str) -> Iterator[State[Any]]:
        for name in self._chain.stages[stage].upstream:
            yield self._futures[name].state
            yield from self._before(name)
