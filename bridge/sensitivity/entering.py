"""Which ports of a chain each input enters, read off the flow's body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bridge.chain.chain import Chain, Literal, Varied
from bridge.run.check import check_with
from bridge.run.sweeps.templates import templates
from bridge.sensitivity.inputs import Inputs
from bridge.sensitivity.wiring import Wiring, wiring_of

#: Quantiles at which the flow's body is looked at.
_LOOKED_AT = (0.5, 0.3, 0.7, 0.1, 0.9)


def wired(flow: Any, inputs: Inputs) -> tuple[Chain, Wiring]:
    """The chain of a flow, and where its inputs enter. Raises what the contract refuses."""
    names = list(inputs.uncertain)
    points = inputs.points(np.repeat([[u] for u in _LOOKED_AT], len(names), axis=1), len(_LOOKED_AT))
    chain = Chain()
    entries: dict[str, dict[tuple[str, str], None]] = {name: {} for name in names}
    for template in templates(flow, points, inputs.fixed):
        for stage in template.chain.stages.values():
            chain.stages.setdefault(stage.name, stage)
            for port, source in stage.sources.items():
                if isinstance(source, Varied):
                    entries[source.axis][stage.name, port] = None
    for name in names:
        if not entries[name]:
            entries[name] = _looked(flow, inputs, name)
    return chain, wiring_of(chain, {name: list(places) for name, places in entries.items()})


def _looked(flow: Any, inputs: Inputs, name: str) -> dict[tuple[str, str], None]:
    """Where a parameter enters that the flow's body looks at: what differs where it alone differs."""
    column = list(inputs.uncertain).index(name)
    cube = np.full((len(_LOOKED_AT), len(inputs.uncertain)), 0.5)
    cube[:, column] = _LOOKED_AT
    points = inputs.points(cube, len(_LOOKED_AT))
    first, *others = (_literals(check_with(flow, {**inputs.fixed, **points.at(i)})) for i in range(points.size))
    return {place: None for other in others for place in {**first, **other} if first.get(place) != other.get(place)}


def _literals(chain: Chain) -> Mapping[tuple[str, str], str]:
    """What the flow's text says at every port, and the model of every stage."""
    said = {}
    for stage in chain.stages.values():
        said[stage.name, "model"] = stage.model.name
        for port, source in stage.sources.items():
            said[stage.name, port] = repr(source.value) if isinstance(source, Literal) else str(source)
    return said
