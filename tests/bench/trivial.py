"""A chain of trivial stages, and the same of plain Prefect tasks."""

from __future__ import annotations

from prefect import flow, task

from bridge import runner, stage
from tests.bench.model import add


@flow(task_runner=runner())
def chain(stages: int = 20, salt: int = 0):
    """Add one by one."""
    last = stage(add).submit(value=0, salt=salt)
    for _ in range(stages - 1):
        last = stage(add).submit(value=last.value, salt=1)
    return last


@task
def increment(value: float) -> float:
    """Add one."""
    return value + 1


@flow
def plain(stages: int = 20):
    """The same, with nothing stored."""
    last = 0.0
    for _ in range(stages):
        last = increment.submit(last)  # type: ignore[assignment]
    return last
