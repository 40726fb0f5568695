"""What the models made from documents do when they run; their functions count as this module's.

A loaded model has no file that a worker could import: it travels by value, its function being none of this module's
attributes, and its code is what is imported here. Its document is one of its settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import File, Q
from bridge_pharmacology.sbml.refused import NotSolved, Refused
from bridge_pharmacology.sbml.refusing import refuse
from bridge_pharmacology.sbml.simulation import run
from bridge_pharmacology.sbml.writing import digest
from bridge_pharmacology.systems.failing import Failure, settle

Array = NDArray[np.float64]


def courses(
    document: File,
    known: str,
    values: Mapping[str, float],
    outputs: Mapping[str, str],
    *,
    duration: float,
    points: int,
    rtol: float,
    unchanged: bool,
) -> dict[str, Array]:
    """Courses of a document by port, with `time`: arrays of `points` values.

    Raises Refused if the document is not the one that the ports were made for, NotSolved for what the solver could
    not do, warned about, or made infinite or undefined, with the time.
    """
    text = _text(document, known, unchanged)
    times = np.linspace(0.0, duration, points)
    found = _finite(text, times, values, outputs, rtol)
    return {"time": times, **{port: found[:, i].copy() for i, port in enumerate(outputs)}}


def patients(
    document: File,
    known: str,
    values: Mapping[str, Array],
    outputs: Mapping[str, str],
    *,
    duration: float,
    points: int,
    rtol: float,
    unchanged: bool,
    time: str,
    on_failure: Literal["stop", "leave out"],
) -> dict[str, Any]:
    """Courses (patient, time) of a document for as many individuals as `values` are given for.

    `time` is the document's unit of time. Raises Refused as `courses` does, and Unsolved, which names every patient
    that failed, with the time and the reason, unless `on_failure` is "leave out".
    """
    text = _text(document, known, unchanged)
    times = np.linspace(0.0, duration, points)
    count = max((array.size for array in values.values()), default=1)
    patient = np.arange(count, dtype=np.int64)
    found = np.zeros((count, points, len(outputs)))
    failures = []
    for p in range(count):
        own = {name: float(array[p] if array.size > 1 else array[0]) for name, array in values.items()}
        try:
            found[p] = _finite(text, times, own, outputs, rtol)
        except NotSolved as reason:
            reached = float(Q(reason.time, time).to("d").magnitude)
            failures.append(Failure(p, reached, str(reason)))
    kept, left_out = settle(failures, patient, on_failure)
    by_port = {port: found[kept, :, i].copy() for i, port in enumerate(outputs)}
    return {"patient": patient[kept], "time": times, **by_port, "left_out": left_out}


def _text(document: File, known: str, unchanged: bool) -> str:
    if digest(document.content) != known or not unchanged:
        raise Refused("document and interface belong together and to this model: load the other document instead.")
    text = document.content.decode()
    refuse(text)
    return text


def _finite(text: str, times: Array, values: Mapping[str, float], outputs: Mapping[str, str], rtol: float) -> Array:
    found = run(text, times, list(outputs.values()), values, rtol)
    wrong = np.argwhere(~np.isfinite(found))
    if wrong.size:
        row, column = (int(i) for i in wrong[0])
        at = float(times[row])
        raise NotSolved(f"{list(outputs)[column]} is {found[row, column]} at time {at:.9g}", at)
    return found
