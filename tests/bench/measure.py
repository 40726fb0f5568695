"""Measuring: medians of repeated runs, in this process or in whole processes."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    what: str
    reached: str
    against: str = ""
    ratio: str = ""


def seconds(call: Callable[[], Any], repeat: int = 5) -> float:
    """Median wall time of a call."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def process(*command: str, repeat: int = 5) -> tuple[float, float]:
    """Median wall and CPU seconds of a whole process, its children included; modules are compiled once, as anywhere."""
    walls, cpus = [], []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(repeat):
        before = os.times()
        start = time.perf_counter()
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        walls.append(time.perf_counter() - start)
        after = os.times()
        cpus.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(walls), statistics.median(cpus)


def compare(what: str, ours: float, rival: str, theirs: float, unit: str = "ms") -> Row:
    """A line that sets our time against another one measured in the same run."""
    factor = {"s": 1.0, "ms": 1e3, "us": 1e6}[unit]
    return Row(what, f"{ours * factor:.3g} {unit}", f"{rival}: {theirs * factor:.3g} {unit}", f"{ours / theirs:.2f}")
