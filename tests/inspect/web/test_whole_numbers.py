"""Whole numbers are shown with all their digits, however large they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from made_fields import commit
from numpy.typing import NDArray
from reading import Reader

from bridge.store.store import Store

LARGE = 2**63 - 25
HUGE = 2**64 - 59


@dataclass(frozen=True)
class Counted:
    marks: Annotated[NDArray[np.int64], "1", ("y", "x")]
    seeds: Annotated[NDArray[np.uint64], "1", ("y", "x")]
    total: int


@dataclass(frozen=True)
class Series:
    mark: Annotated[NDArray[np.int64], "1", ("step",)]


def test_a_whole_number_under_the_cursor_is_read_out_with_all_its_digits(store: Store, reader: Reader) -> None:
    marks = np.arange(42).reshape(6, 7)
    marks[2, 3], marks[2, 4], marks[2, 5] = LARGE, -LARGE, 2**53
    seeds = np.full((6, 7), HUGE, np.uint64)
    _, key = commit(store, Counted(marks, seeds, 10 * HUGE))
    asked = f"/artifacts/{key}/values?level=0&row=2&path="
    found = [reader.get(f"{asked}marks&column={column}").json() for column in (3, 4, 5, 6)]
    # a number of JavaScript has 53 bits: larger ones are texts
    assert [one["value"] for one in found] == [str(LARGE), str(-LARGE), 2**53, 20]
    assert [one["lowest"] for one in found] == [str(LARGE), str(-LARGE), 2**53, 20]
    assert found[0]["text"].endswith(f": {LARGE}")
    assert found[1]["text"].endswith(f": −{LARGE}")
    assert found[3]["text"].endswith(": 20")
    assert reader.get(f"{asked}seeds&column=0").json()["text"].endswith(f": {HUGE}")
    assert str(10 * HUGE) in reader.get(f"/artifacts/{key}").text


def test_a_span_of_whole_numbers_has_all_their_digits(store: Store, reader: Reader) -> None:
    run, key = commit(store, Series(np.arange(LARGE - 400, LARGE + 1)))
    for page in (f"/artifacts/{key}", f"/runs/{run}"):
        assert f"{LARGE - 400} … {LARGE}" in reader.get(page).text, page
