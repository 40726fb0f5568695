"""Running a sweep from the command line: planned, and begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.inspect.running import going
from bridge.inspect.sweeps.progress import progress_of
from bridge.store.runs import Run


def run_sweep(
    flow: str,
    axes: Mapping[str, str],
    options: Mapping[str, Any],
    cluster: str | None,
    *,
    quiet: bool = False,
    name: str | None = None,
    tags: Sequence[str] = (),
    accept: Sequence[str] = (),
) -> Run:
    """Read, check and run a sweep of a flow file, showing its progress on stderr."""
    with going(progress_of(quiet)) as progress:
        from bridge.run.flowfile import load_flow
        from bridge.run.sweeps.sweep import sweep_with
        from bridge.run.sweeps.written import read

        loaded = load_flow(flow)
        points, fixed = read(loaded, axes, options)
        labels: dict[str, Any] = {"name": name, "tags": tags, "accept": accept}
        failures = options.get("failures")
        return sweep_with(loaded, points, fixed, cluster=cluster, listener=progress, failures=failures, **labels).run


def plan_of(flow: str, axes: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Any]:
    """What a sweep would run, in JSON; nothing is run or written."""
    from bridge.run.flowfile import load_flow
    from bridge.run.sweeps.sweep import plan
    from bridge.run.sweeps.written import read

    loaded = load_flow(flow)
    points, fixed = read(loaded, axes, options)
    prepared = plan(loaded, points, fixed)
    shown = min(points.size, _SHOWN)
    return {
        "flow": prepared.name,
        "points": points.size,
        "axes": points.describe(),
        "fixed": dict(fixed),
        "stages": [told | {"missing": told["executions"] - told["found"]} for told in prepared.cost()],
        "failures": prepared.bound,
        "traced": len(prepared.executions.templates),
        "first": [points.texts(number) for number in range(shown)],
    }


_SHOWN = 12
