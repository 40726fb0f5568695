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

    def duplicate(self) -> Self:
        """A runner of the same kind for one more flow run."""
        return type(self)(self.cluster, self._max_workers)
