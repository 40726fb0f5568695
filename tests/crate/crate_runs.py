"""Flows' bodies for runs in this process."""

from __future__ import annotations

from typing import Any

from small_runs import Bench

from bridge import stack, stage


def body_of(bench: Bench) -> Any:
    """A flow's body with every kind of value in it."""

    def walls(x: str = "1.5 m", mode: str = ""):
        m = bench.models
        parts = [stage(m.fine, name=f"fine {i}").submit(x=x, steps=i) for i in (1, 2)]
        stage(m.gather).submit(lengths=stack([part.y for part in parts] + ["3 m"], dim="n"))
        stage(m.rate).submit(length=parts[0].y, field=parts[1].field)
        stage(m.things).submit(shift="0.5 angstrom")
        stage(m.nested).submit(x=parts[0].y)
        stage(m.fine, name="last").submit(x="7 m", mode=mode)

    return walls
