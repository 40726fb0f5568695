"""A plain function in place of a closure: a coarse model is tested without a platform."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


class Plain:
    """A function of one state that also answers many of them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, **state: Any) -> Any:
        """The answer to one state."""
        self.calls += 1
        return self.function(**state)

    def map(self, states: Mapping[str, Any]) -> Any:
        """Answers to n states, given as arrays of n: an array, or a record of arrays, with n as the first size."""
        columns = {name: np.asarray(column) for name, column in states.items()}
        count = len(next(iter(columns.values())))
        answers = [self(**{name: column[i] for name, column in columns.items()}) for i in range(count)]
        if answers and dataclasses.is_dataclass(answers[0]) and not isinstance(answers[0], type):
            fields = dataclasses.fields(answers[0])
            return type(answers[0])(**{f.name: np.asarray([getattr(a, f.name) for a in answers]) for f in fields})
        return np.asarray(answers)


def plain(function: Callable[..., Any]) -> Plain:
    """Give a function the form of a closure: ``plain(lambda gradient: -2.0 * gradient)`` has ``map``, and ``calls``."""
    return Plain(function)
