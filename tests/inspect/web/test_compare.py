"""The page that compares two runs: what was asked, where they part, numbers, curves, fields by scale."""

from __future__ import annotations

import html
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_store import write
from made_runs import Celsius, Measured, Rate, Stack, axis, field, plate, ran, swept
from reading import Reader
from small_store import begun, changed, folder_of

from bridge.errors import ContractError
from bridge.inspect.explain.by_scale import apart
from bridge.inspect.pictures.drawing import label, unit_words
from bridge.inspect.web.comparing import looked
from bridge.inspect.web.comparing.awaited import Comparisons
from bridge.store.runs import Run
from bridge.store.store import Store


@pytest.fixture
def pair(store: Store) -> tuple[Run, Run]:
    """Two plates that agree in the large, with noise of 20 K from cell to cell in the second."""
    heat = field()
    noise = 20 * (-1.0) ** np.add.outer(np.arange(64), np.arange(64))
    a = ran(store, plate(heat), {"temperature": "300 K", "grid": "64"})
    return a, ran(store, plate(heat + noise), {"temperature": "310 K", "grid": "64"})


def text_of(page: str) -> str:
    """What a reader reads of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def asked(reader: Reader, a: Run, b: Run, more: str = "") -> str:
    """The page of two runs."""
    answer = reader.get(f"/compare?a={a.id}&b={b.id}{more}")
    assert answer.status_code == 200, text_of(answer.text)
    return answer.text


def test_two_runs_are_chosen_on_a_form(reader: Reader, pair: Any) -> None:
    page = reader.get("/compare").text
    assert all(page.count(f'<option value="{run.id}">') == 2 for run in pair)
    one = reader.get(f"/compare?a={pair[0].id}").text
    assert f'<option value="{pair[0].id}" selected>' in one


def test_an_empty_store_says_so(reader: Reader) -> None:
    assert "There are no runs here yet" in reader.get("/compare").text


def test_it_says_what_was_asked_and_where_and_why_they_part(reader: Reader, pair: Any) -> None:
    words = text_of(asked(reader, *pair))
    assert "They part at heat: temperature 300 K → 310 K" in words
    assert "parameter temperature 300 K 310 K" in words
    assert "1 parameter alike grid = 64" in words
    assert "≠ differs" in words


def test_a_run_does_not_differ_from_itself(reader: Reader, pair: Any) -> None:
    words = text_of(asked(reader, pair[0], pair[0]))
    assert "Both are the same run" in words
    assert "= same" in words


def test_numbers_stand_beside_each_other_with_their_difference_in_the_unit_of_a(reader: Reader, store: Store) -> None:
    a = ran(store, plate(field()), {"x": 1})
    b = ran(store, plate(field() - 273.15 + 3, Celsius), {"x": 2})
    words = text_of(asked(reader, a, b))
    assert re.search(r"mean 300 303 \+3 \+1 % K", words), words
    assert "Equal: x, y, count" in words


def test_a_field_is_drawn_with_the_difference_and_told_by_scale(reader: Reader, pair: Any) -> None:
    page = asked(reader, *pair)
    assert page.count('src="data:image/png;base64,') == 3
    assert "B − A: 64 × 64 cells, −20 to 20 K" in page
    words = text_of(page)
    assert "From 1 µm on the two agree but for rounding; finer than that they differ by 12 times A." in words
    assert "root mean square 20 K" in words
    assert "Nearly all of the squared difference" in words


def test_a_curve_is_drawn_over_the_other_with_their_difference(reader: Reader, pair: Any) -> None:
    page = asked(reader, *pair, "&port=heat.profile")
    assert page.count("<svg") == 1
    assert "B − A" in page
    assert "difference (K)" in page


def test_fields_of_two_resolutions_are_compared_where_one_halves_into_the_other(reader: Reader, store: Store) -> None:
    fine = field(128)
    coarse = fine.reshape(64, 2, 64, 2).mean((1, 3))
    a, b = ran(store, plate(coarse), {"cells": 64}), ran(store, plate(fine), {"cells": 128})
    words = text_of(asked(reader, a, b, "&port=heat.heat"))
    assert "B is finer: its means over blocks of 2 points a side are compared." in words
    other = ran(store, plate(field(80)), {"cells": 80})
    refused = text_of(asked(reader, a, other, "&port=heat.heat"))
    assert "64×64 in A and 80×80 in B" in refused


def test_points_that_one_field_lacks_are_left_out_and_counted(reader: Reader, store: Store) -> None:
    heat = field()
    heat[10:20, 10:20] = np.nan
    a, b = ran(store, plate(field()), {"x": 1}), ran(store, plate(heat), {"x": 2})
    words = text_of(asked(reader, a, b, "&port=heat.heat"))
    assert "3,996 of 4,096 points" in words
    assert "equal at every scale" in words


def test_a_stage_that_came_to_nothing_is_told_by_its_state(reader: Reader, store: Store, pair: Any) -> None:
    failed = begun(store, stages=[{"name": "heat", "model": "toy.heat"}])
    failed.event("heat", "failed", error="it broke")
    failed.end("failed")
    running = begun(store, stages=[{"name": "heat", "model": "toy.heat"}])
    running.event("heat", "running", attempt=1)
    for log, state in ((failed, "failed"), (running, "running")):
        words = text_of(asked(reader, pair[0], Run(store, log.id)))
        assert f"computed in A, {state} in B" in words
    words = text_of(asked(reader, Run(store, failed.id), Run(store, failed.id)))
    assert "Both are the same run" in words


def test_a_sweep_says_that_it_has_no_outputs_of_its_own(reader: Reader, store: Store, pair: Any) -> None:
    sweep = swept(store, [axis("temperature", [1, 2])], lambda at: Rate(1.0, 2.0))
    assert "A sweep has no outputs of its own" in text_of(asked(reader, sweep, pair[0]))
    assert sweep.id not in reader.get("/compare").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/compare?a=nothing", 404),
        ("/compare?a=../../etc/passwd", 404),
        ("/compare?a=%27%20OR%201=1%20--", 404),
        ("/compare?a={a}&b=n%3Dabc", 404),
        ("/compare?a={a}&b={b}&port=heat.nothing", 404),
        ("/compare?a={a}&b={b}&port=%3Cscript%3E", 404),
        ("/compare?a={a}&b={b}&port=" + "x" * 3000, 400),
    ],
)
def test_what_is_not_there_is_no_page(reader: Reader, pair: Any, address: str, status: int) -> None:
    assert reader.get(address.format(a=pair[0].id, b=pair[1].id)).status_code == status


@pytest.mark.parametrize("at", ["-1", "abc", "5", "999999999999999999999"])
def test_a_slice_that_is_not_there_is_refused(reader: Reader, store: Store, at: str) -> None:
    cube = np.random.default_rng(1).normal(size=(5, 40, 40))
    a, b = ran(store, Stack(cube), {"x": 1}), ran(store, Stack(cube + 1), {"x": 2})
    assert 'name="at0"' in asked(reader, a, b)
    answer = reader.get(f"/compare?a={a.id}&b={b.id}&at0={at}")
    assert answer.status_code == 400
    assert "no whole number from 0 to 4" in text_of(answer.text)


def test_a_damaged_artifact_is_a_remark_and_no_end_of_the_page(reader: Reader, store: Store, pair: Any) -> None:
    key = str(pair[1].stages["heat"]["key"])
    folder = Path(str(store.address)) / folder_of(key)
    chunk = next(
        path for path in sorted(folder.rglob("*")) if path.is_file() and "heat" in str(path.relative_to(folder))
    )
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    with changed(chunk, bytes(content)):
        words = text_of(asked(reader, *pair))
    assert "Two runs beside each other" in words
    assert "is not what was written" in words or "damaged" in words.lower() or "cannot be trusted" in words, words


def test_hostile_records_stay_words(reader: Reader, store: Store) -> None:
    known = write(store)
    for b in known.runs:
        answer = reader.get(f"/compare?a={known.runs[0]}&b={b}")
        assert answer.status_code in (200, 404), text_of(answer.text)
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "\x1b" not in answer.text
        assert "\u202e" not in answer.text
        assert "{{7*7}}" in answer.text


def test_differences_are_told_in_standard_errors_where_both_have_one(reader: Reader, store: Store) -> None:
    a = ran(store, Measured(10.0, 300.0), {"x": 1})
    b = ran(store, Measured(11.0, 400.0), {"x": 2})
    words = text_of(asked(reader, a, b))
    assert "value 10 ± 0.3 11 ± 0.4 +1 +10 % m 2 σ" in words


def test_a_comparison_that_takes_long_says_so_and_asks_again(
    reader: Reader, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on = threading.Event()

    def slow(*levels: Any) -> Any:
        going_on.wait(60)
        return apart(*levels)

    monkeypatch.setattr(looked, "apart", slow)
    monkeypatch.setattr(looked, "PATIENCE", (0.05, 60.0))
    monkeypatch.setattr(looked, "COMPARISONS", Comparisons())
    first = reader.get(f"/compare?a={pair[0].id}&b={pair[1].id}&port=heat.heat")
    assert "The two fields are being compared" in text_of(first.text)
    assert "They part at heat" in text_of(first.text)
    seconds, address = first.headers["refresh"].split("; url=")
    assert seconds == "0"
    going_on.set()
    second = reader.get(address.removesuffix("#port"))
    assert "refresh" not in second.headers
    assert "root mean square 20 K" in text_of(second.text)


def test_a_comparison_that_was_refused_is_tried_again() -> None:
    comparisons = Comparisons()

    def refused() -> Any:
        raise ContractError("no")

    for _ in range(2):
        with pytest.raises(ContractError):
            comparisons.soon("these", refused, 60)
    made: Any = object()
    assert comparisons.soon("these", lambda: made, 60) is made


def test_units_are_written_in_one_way(reader: Reader, pair: Any) -> None:
    assert unit_words("um**2/s") == "µm²/s"
    assert unit_words("eV/angstrom^4") == "eV/Å⁴"
    assert unit_words("1/(uM*s)") == "1/(µM·s)"
    assert unit_words("degC") == "°C"
    assert unit_words("lumen") == "lumen"
    assert unit_words(None) == unit_words("1") == ""
    assert label("x", "um") == "x (µm)"
    for address in (f"/runs/{pair[0].id}", f"/compare?a={pair[0].id}&b={pair[1].id}"):
        page = text_of(reader.get(address).text)
        assert "µm" in page
        assert not re.search(r"\bum\b", page)
