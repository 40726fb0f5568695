"""A fold that was measured on sera, in the place of persons made of antibodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from bridge import Within, model
from bridge_epidemic.ports import Array, Positive, Share
from bridge_epidemic.scales import SERUM


@dataclass(frozen=True)
class SingleFold:
    """Persons whose titres all fall by one fold, as `serum.persons` gives them."""

    log10_fold: Annotated[Array, "1", ("fold",), Within(-20, 20)]
    persons_share: Annotated[Array, "1", ("draw", "fold"), Share]
    escaped: Annotated[Array, "1", ("draw",), Share]
    cell: str


@model("serum.single_fold", scale=SERUM)
def single_fold(fold: Annotated[float, "1", Positive], cell: str = "a single fold") -> SingleFold:
    """Everybody's titre against a variant is that against the reference over `fold`: what a serum assay reports.

    It takes the place of `serum.persons` before `protection.sera`: the equivalent fold is `fold` then, without an
    interval. Folds of geometric mean titres say nothing of how persons differ.
    """
    return SingleFold(np.log10(np.array([fold])), np.ones((1, 1)), np.zeros(1), cell)
