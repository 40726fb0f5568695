"""The analysis of a design's results: indices by input and by scale, on which way they come, and what is noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import BridgeError, ContractError
from bridge.sensitivity.design import Design, Floats
from bridge.sensitivity.estimates import RESAMPLES, Estimate, Sampled
from bridge.sensitivity.wiring import Wiring

SCHEMA = 1
#: Share of the base rows that may be lost to failed points.
LOST = 0.1
#: What standard errors may be said to be.
NOISE = ("independent", "common")


class TooManyFailed(BridgeError):
    """So many points of a design failed that what is left tells of other inputs."""


@dataclass(frozen=True)
class Output:
    """One number that a stage gives, at every point of a design (NaN where there is none)."""

    name: str
    stage: str
    unit: str
    values: Floats
    errors: Floats | None = None  # standard errors, in the same unit


def analyse(
    design: Design, wiring: Wiring, outputs: Sequence[Output], *, second: bool = False, noise: str | None = None
) -> dict[str, Any]:
    """Indices of every output, as JSON.

    Standard errors are taken as independent from one evaluation to the next unless the values say otherwise, a seed
    is among the inputs, or ``noise`` is ``"common"``. Raises TooManyFailed where more than a tenth of the base rows
    has no value.
    """
    if noise not in (None, *NOISE):
        raise ContractError(f"noise is independent or common, got {noise!r}: write --noise independent.")
    whole = np.ones(design.n, bool)
    for output in outputs:
        whole &= np.isfinite(design.by_block(output.values)).all(axis=1)
    lost = design.n - int(whole.sum())
    if lost > LOST * design.n:
        raise TooManyFailed(
            f"{lost} of {design.n} base rows have a point without a value, more than a tenth: what is left tells of "
            "other inputs than those asked for. Narrow the inputs to where the models hold, such as "
            "'900 K ± 10 K in [870 K, 930 K]', or see why points failed: scalebridge show RUN."
        )
    return {
        "schema": SCHEMA,
        "design": design.document(),
        "points": design.points,
        "used": design.n - lost,
        "lost": lost,
        "resamples": RESAMPLES,
        "confidence": 0.95,
        "wiring": wiring.document(),
        "scales": {label: _ordered(design, inputs) for label, inputs in wiring.scales().items()},
        "outputs": [_one(design, wiring, output, whole, second, noise) for output in outputs],
    }


def _one(design: Design, wiring: Wiring, output: Output, whole: Any, second: bool, noise: str | None) -> dict[str, Any]:
    """Everything about one output."""
    reach = wiring.reach(output.stage)
    values = np.where(whole[:, None], design.by_block(output.values), np.nan)
    errors = None if output.errors is None else design.by_block(output.errors)
    sampled, said = _with_noise(Sampled(design, values, None, reach), values, errors, wiring, noise)
    about: dict[str, Any] = {
        "name": output.name,
        "stage": output.stage,
        "unit": output.unit,
        "mean": sampled.mean,
        "sd": sampled.sd,
        "constant": sampled.constant,
    }
    if sampled.constant:
        return about
    groups = wiring.scales()
    about["inputs"] = {name: sampled.index({name}).document() for name in design.inputs}
    about["scales"] = {label: sampled.index(inputs).document() for label, inputs in groups.items()}
    about["interactions"] = sampled.interactions(groups.values()).document()
    about["ways"] = _ways(design, wiring, output.stage, sampled)
    about["noise"] = said
    if second:
        pairs = [(a, b) for i, a in enumerate(design.inputs) for b in design.inputs[i + 1 :]]
        about["pairs"] = [{"inputs": [a, b], "S2": sampled.pair(a, b).document()} for a, b in pairs]
    return about


def _ways(design: Design, wiring: Wiring, stage: str, sampled: Sampled) -> dict[str, Any]:
    """What comes to a stage through those upstream, what by its own inputs, what by inputs that take both ways."""
    parts = wiring.parts(stage)
    told: dict[str, Any] = {
        way: {"inputs": _ordered(design, inputs)} | sampled.index(inputs).document() for way, inputs in parts.items()
    }
    return told | {"interactions": sampled.interactions(parts.values()).document()}


def _with_noise(
    plain: Sampled, values: Floats, errors: Floats | None, wiring: Wiring, noise: str | None
) -> tuple[Sampled, dict[str, Any]]:
    """The output as it is to be analysed, and what is said of its noise.

    ``how`` is ``seed`` (an input chooses the random numbers, and its total index is the noise), ``independent``
    (standard errors, subtracted), ``common`` (points share their random numbers: nothing is subtracted),
    ``contradicted`` (taken as common, since values scatter by less than their standard errors), or ``unknown``.
    """
    design, reach = plain.design, plain.reach
    seeds = frozenset(name for name in reach if wiring.is_seed(name))
    if plain.constant:
        return plain, {}
    noisy = None if errors is None else Sampled(design, values, errors, reach)
    share = {} if noisy is None else {"standard_errors": noisy.noise().document()}
    if seeds:
        return plain, {"how": "seed", "share": plain.index(seeds).total.document()} | share
    if noisy is None:
        return plain, {"how": "unknown"}
    if noise == "common":
        return plain, {"how": "common"} | share
    if noise is None and _contradicted(noisy):
        return plain, {"how": "contradicted"} | share
    return noisy, {"how": "independent", "share": noisy.noise().document()} | share


def _contradicted(noisy: Sampled) -> bool:
    """Whether values scatter by less than independent standard errors would have them."""

    def below_nought(estimate: Estimate) -> bool:
        return estimate.value + estimate.half < 0

    totals = [noisy.index({name}).total for name in noisy.reach]
    return noisy.noise().value > 1 or any(map(below_nought, totals))


def _ordered(design: Design, inputs: frozenset[str]) -> list[str]:
    return [name for name in design.inputs if name in inputs]


def of_output(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One output of an analysis. Raises UnknownName."""
    from bridge.errors import UnknownName, did_you_mean

    found = {str(output["name"]): dict(output) for output in document["outputs"]}
    if name not in found:
        raise UnknownName(f"no output {name!r} was analysed. {did_you_mean(name, found)}")
    return found[name]
