"""Solving a document with libRoadRunner's CVODE, every complaint of which is an error."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge_pharmacology.sbml.refused import NotSolved, Refused, needed

Array = NDArray[np.float64]

#: Which files CVODE's complaints go to is read from the environment when a model is made.
_making = threading.Lock()
_LOGS = ("SUNLOGGER_WARNING_FILENAME", "SUNLOGGER_ERROR_FILENAME")


def roadrunner() -> Any:
    """The libRoadRunner bindings, silent. Raises ModuleNotFoundError, saying what to install."""
    try:
        import roadrunner as library  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise needed("roadrunner", "libroadrunner") from None
    library.Logger.setLevel(library.Logger.LOG_FATAL)
    return library


def compiled(text: str) -> Any:
    """The compiled model. Raises Refused with what libRoadRunner says."""
    library = roadrunner()
    try:
        return library.RoadRunner(text)
    except RuntimeError as reason:
        raise Refused(f"libRoadRunner does not take the document: {_line(reason)}") from None


def solved(text: str, times: Array, selections: Sequence[str], *, rtol: float, longest: float | None = None) -> Array:
    """Values of `selections` (libRoadRunner's words) at ascending `times`: an array (time, selection).

    SBML starts at time 0, and so does the solver. `longest` is the longest step it may take. Raises Refused, or
    NotSolved with the time of the first complaint.
    """
    with tempfile.TemporaryDirectory() as folder:
        with _making, _complaining_to(Path(folder)):
            model = compiled(text)
        reached, failure, found = times[-1], "", np.zeros((0, 0))
        try:
            found = _course(model, times, selections, rtol, longest)
        except RuntimeError as reason:
            reached, failure = model.model.getTime(), _line(reason)
        del model  # the complaints are written out when the solver goes
        warned = "".join(path.read_text() for path in sorted(Path(folder).iterdir()))
    if failure:
        raise NotSolved(f"the solver failed at time {reached:.9g}: {failure}", float(reached))
    if warned:
        at = re.search(r"\bt = (\S+)", warned)
        said = re.sub(r"^(\[[^\]]*\])+\s*", "", warned.strip().splitlines()[0])
        raise NotSolved(f"the solver warned at time {at[1] if at else 'unknown'}: {said}", float(at[1]) if at else 0.0)
    return found


def _course(model: Any, times: Array, selections: Sequence[str], rtol: float, longest: float | None) -> Array:
    model.integrator.relative_tolerance = rtol
    model.integrator.absolute_tolerance = rtol * 1e-4 * _smallest(model)
    model.integrator.maximum_num_steps = 200_000
    if longest is not None:
        model.integrator.maximum_time_step = longest
        model.integrator.initial_time_step = 1e-6 * longest  # the rate may jump right behind the beginning
    model.timeCourseSelections = list(selections)
    asked = times if times[0] == 0 else np.concatenate([[0.0], times])
    if asked.size == 1:  # an interval is wanted, of which the first row is what was asked
        return np.array(model.simulate(times=[0.0, 1e-9]), dtype=np.float64)[:1]
    return np.array(model.simulate(times=asked.tolist()), dtype=np.float64)[-times.size :]


def _smallest(model: Any) -> float:
    """The smallest size that a state has at the beginning, at most 1: what absolute errors are measured by."""
    ruled = [model.getValue(name) for name in model.getRateRuleIds()]
    values = np.abs(np.concatenate([model.model.getFloatingSpeciesAmounts(), ruled, [1.0]]))
    return max(float(values[(values > 0) & np.isfinite(values)].min()), 1e-20)


@contextmanager
def _complaining_to(folder: Path) -> Iterator[None]:
    """Let solvers that are made meanwhile write their warnings and errors into a folder."""
    before = {name: os.environ.get(name) for name in _LOGS}
    os.environ.update({name: str(folder / name) for name in _LOGS})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _line(reason: Exception) -> str:
    """A library's message in one line, without the C++ it came from."""
    return re.sub(r"\s+", " ", str(reason).partition("; In ")[0]).strip().rstrip(".")
