"""What passes between the stages of the chain, and how lists of names pass: as text, one name to a line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bridge import Within

Array = NDArray[np.float64]
Whole = NDArray[np.int64]

Positive = Within(0, strict=True)
NotNegative = Within(0)
Share = Within(0, 1)

#: Instants of a course, in days after its beginning.
Time = Annotated[Array, "d", ("time",)]

#: Persons. Counts are whole in stochastic courses and expected ones in deterministic courses, of the same kind.
People = Within(0, 1e11)

#: Neutralisation levels: log10 of a titre over the mean titre of convalescents (D. S. Khoury et al., Nat. Med. 27,
#: 1205, 2021).
Level = Annotated[Array, "1", ("level",), Within(-20, 10)]


def names(lines: str) -> list[str]:
    """The names that a text lists, one to a line; empty lines are none."""
    return [line.strip() for line in lines.splitlines() if line.strip()]


def listed(of: Iterable[str]) -> str:
    """Names as a text, one to a line."""
    return "\n".join(of)


def chosen(text: str, known: Sequence[str], what: str) -> list[int]:
    """The places of names, separated by commas in `text`, among those `known`. Raises ValueError, with the nearest."""
    from difflib import get_close_matches

    found = []
    for name in (part.strip() for part in text.split(",")):
        if name not in known:
            begun = max((one for one in known if one and name.startswith(one)), key=len, default="")
            near = [begun] if begun else get_close_matches(name, known, n=1, cutoff=0.5)
            said = f"Did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"{name!r} is no {what} of these data. {said}Write some of: {', '.join(known)}.")
        if known.index(name) in found:
            raise ValueError(f"{what} {name!r} is written twice. Write it once.")
        found.append(known.index(name))
    return found
