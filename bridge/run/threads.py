"""Prefect's thread-pool task runner, knowing which cluster its stages use."""

from __future__ import annotations

from typing import Any, Self

from prefect.task_runners import ThreadPoolTaskRunner

#: More stages than this do not wait at the same time; each costs a thread.
THREADS = 64


class StageRunner(ThreadPoolTaskRunner[Any]):
    """Threads of the driver, each waiting for one stage."""

    def __init__(self, cluster: str = "local", max_workers: int = THREADS) -> None:
        super().__init__(max_workers=max_workers)
        self.cluster = cluster

    def __exit__(self, exc_type: Any, exc_value: Any, traceback: Any) -> None:
        """Let stages that the flow's body did not wait for run to their end; Prefect would cancel those not begun."""
        if exc_type is None and self._executor is not None:
            self._executor.shutdown(wait=True)
        super().__exit__(exc_type, exc_value, traceback)

    def duplicate(self) -> Self:
        """A runner of the same kind for one more flow run."""
        return type(self)(self.cluster, self._max_workers)


def in_threads(task_runner: Any) -> bool:
    """Whether stages wait in threads of this process while the flow's cluster computes; else tasks go to workers."""
    return isinstance(task_runner, ThreadPoolTaskRunner)
