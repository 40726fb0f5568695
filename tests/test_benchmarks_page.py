"""The page of benchmarks: parts that are measured anew replace their like, and nothing else moves."""

from __future__ import annotations

from tests.bench.measure import Row
from tests.bench.report import PAGE, sections, written


def test_a_part_that_is_measured_anew_leaves_the_others_as_they_were() -> None:
    page = PAGE.read_text(encoding="utf-8")
    order = list(sections(page))
    assert written({}, order, page) == page
    anew = written({"store": [Row("a wish", "1 s", "granted", "2")]}, order, page)
    assert "| a wish | 1 s | granted | 2 |" in sections(anew)["store"]
    assert [part for name, part in sections(anew).items() if name != "store"] == [
        part for name, part in sections(page).items() if name != "store"
    ]
