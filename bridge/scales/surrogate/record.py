"""What is told of a surrogate, and how it is put away and taken up again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bridge.errors import ContractError
from bridge.scales.surrogate.kernels import Floats
from bridge.scales.surrogate.known import Known
from bridge.scales.surrogate.trials import Trials

if TYPE_CHECKING:
    from bridge.scales.surrogate.surrogate import Surrogate

SCHEMA = 1
COUNTS = ("hits", "repeated", "fine", "largest")
ARRAYS = ("x", "y", "variance", "times", "scatter")


def statistics(surrogate: Surrogate) -> dict[str, Any]:
    """How much was asked, how it was answered, and what held-out runs say of it, as JSON.

    Bounds and errors are in the measure of the tolerance. ``outside_at_most`` is the share of answers outside their
    bounds that would, with 95 % confidence, have shown itself in the held-out runs if these were drawn by lot.
    """
    trials = surrogate.trials
    checks = len(trials.errors)
    ratios = [bound / error for bound, error in zip(trials.bounds, trials.errors, strict=True) if error > 0]
    return {
        "way": surrogate.way_name,
        "tolerance": surrogate.tolerance,
        "relative": surrogate.relative,
        "noisy": surrogate.noisy,
        "calls": surrogate.hits + surrogate.repeated + surrogate.fine,
        "hits": surrogate.hits,
        "repeated": surrogate.repeated,
        "fine": surrogate.fine,
        "checks": checks,
        "outside": trials.outside,
        "outside_at_most": 1.0 - 0.05 ** (1 / checks) if checks else None,
        "enlarged": trials.enlarged,
        "largest_bound": surrogate.largest if surrogate.hits else None,
        "held_out_error": max(trials.errors, default=None),
        "bound_over_error": float(np.median(ratios)) if ratios else None,
        "trusted": trials.trusted,
        "magnitudes": surrogate.known.magnitudes(surrogate.least).tolist() if len(surrogate.known) else None,
        **{
            name: value
            for name, value in surrogate.way.document().items()
            if name not in ("fit", "before", "at", "look")
        },
    }


def state(surrogate: Surrogate) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Everything it knows: arrays, and the rest as JSON."""
    known = surrogate.known
    document = {
        "schema": SCHEMA,
        "made": surrogate.made,
        "repeats": known.repeats,
        "trials": surrogate.trials.document(),
        "way": surrogate.way.document(),
        **{name: getattr(surrogate, name) for name in COUNTS},
    }
    arrays = {name: np.array(getattr(known, name)) for name in ARRAYS}
    return arrays | {"given": surrogate.trials.kept(surrogate.inputs, surrogate.outputs)}, document


def restore(surrogate: Surrogate, arrays: dict[str, Floats], document: dict[str, Any]) -> None:
    """Take up the state of another."""
    if document.get("schema") != SCHEMA:
        raise ContractError(
            f"the state of this surrogate is of schema {document.get('schema')!r}, {SCHEMA} is known: begin a new one "
            "and have it learn the known answers."
        )
    surrogate.known = Known.from_arrays(
        {name: np.asarray(arrays[name], dtype=float) for name in ARRAYS}, document["repeats"]
    )
    given = np.asarray(arrays["given"], dtype=float)
    surrogate.trials = Trials.from_document(document["trials"], surrogate.made["held_out"], given, surrogate.inputs)
    for name in COUNTS:
        setattr(surrogate, name, document[name])
    surrogate.way.restore(document["way"])
