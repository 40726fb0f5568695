"""The pages of a sweep: results over what was varied, clouds, points in a table, one point."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile_store import write
from made_runs import Rate, axis, swept
from reading import Reader
from small_store import begun, changed

from bridge.axes.points import Column, Group
from bridge.store.runs import Run
from bridge.store.store import Store
from bridge.store.sweeps import folder_of


def text_of(page: str) -> str:
    """What a reader reads of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def asked(reader: Reader, address: str) -> str:
    """A page that is there."""
    answer = reader.get(address)
    assert answer.status_code == 200, text_of(answer.text)
    return answer.text


def melting(at: dict[str, Any]) -> Rate:
    """A rate over temperature and load; what is too hot fails, what is too heavy never begins."""
    if at["temperature"] > 900:
        raise ArithmeticError(f"it melts at {at['temperature']:g} K")
    if at.get("load", 0) > 2:
        raise ArithmeticError("first: it breaks")
    return Rate(at["temperature"] * (1 + at.get("load", 0)), 1000 / at["temperature"])


TEMPERATURES = [600.0, 700.0, 800.0, 900.0, 1000.0]


@pytest.fixture
def grid(store: Store) -> Run:
    """5 × 4 points: 12 done, 4 failed where it melts, and 4 where it breaks."""
    return swept(store, [axis("temperature", TEMPERATURES), axis("load", [0, 1, 2, 3], "N")], melting)


def hrefs(page: str) -> list[str]:
    """Where the points of its pictures lead."""
    return re.findall(r'<a href="(/runs/[^"]+/points/\d+)"', page)


# The sweep


def test_it_says_what_was_varied_and_what_became_of_the_points(reader: Reader, grid: Run) -> None:
    page = asked(reader, f"/runs/{grid.id}")
    words = text_of(page)
    assert "Points 20" in words
    assert "12 ✓ done 8 ✗ failed" in words
    assert "temperature 5 K 600 K, 700 K, 800 K, 900 K, 1000 K" in words
    assert f'href="/runs/{grid.id}/points?state=failed"' in page


def test_every_cell_of_a_map_leads_to_its_point(reader: Reader, grid: Run) -> None:
    page = asked(reader, f"/runs/{grid.id}")
    assert {f"/runs/{grid.id}/points/{n}" for n in range(20)} <= set(hrefs(page))
    for number in (0, 6, 14):
        value = melting(dict(zip(("temperature", "load"), divided(number), strict=True))).rate
        title = re.search(rf'<a href="/runs/{grid.id}/points/{number}"[^>]*><title>([^<]*)</title>', page)
        assert title, number
        assert f"{value:g}" in html.unescape(title[1]).replace(" ", ""), title[1]


def divided(number: int) -> tuple[float, float]:
    """Temperature and load of a point of the grid."""
    return TEMPERATURES[number // 4], float(number % 4)


def test_dimensions_are_chosen_and_the_others_held(reader: Reader, store: Store) -> None:
    groups = [axis("temperature", TEMPERATURES), axis("load", [0, 1], "N"), axis("element", ["Cu", "Ni", "Al"], None)]
    run = swept(store, groups, melting)
    page = asked(reader, f"/runs/{run.id}?across=temperature&up=none&hold1=1&hold2=2")
    results = page[page.index('id="results"') : page.index('id="cloud"')]
    assert [int(href.rsplit("/")[-1]) for href in dict.fromkeys(hrefs(results))] == [5 + 6 * n for n in range(4)] + [29]
    assert "load at" in text_of(results)
    assert "element at" in text_of(results)


def test_lines_name_the_values_of_the_other_dimension(reader: Reader, grid: Run) -> None:
    page = asked(reader, f"/runs/{grid.id}?across=temperature&up=load&how=lines")
    results = page[page.index('id="results"') : page.index('id="cloud"')]
    assert "load (N)" in results
    assert len(hrefs(results)) >= 12


def test_replicates_are_averaged_over_unless_one_of_them_is_asked_for(reader: Reader, store: Store) -> None:
    draw = np.random.default_rng(2)
    groups = [axis("temperature", TEMPERATURES[:3]), axis("seed", list(range(4)), None)]
    run = swept(store, groups, lambda at: Rate(float(draw.random()), 1.0))
    words = text_of(asked(reader, f"/runs/{run.id}"))
    assert "means over seed, with their standard errors" in words
    assert "a mean over seed" in words
    assert "means over" not in text_of(asked(reader, f"/runs/{run.id}?hold1=2"))


def test_a_cloud_of_any_two_numbers_leads_to_the_points(reader: Reader, grid: Run) -> None:
    page = asked(reader, f"/runs/{grid.id}?x=temperature&y=second.lifetime&colour=load")
    cloud = page[page.index('id="cloud"') : page.index('id="errors"')]
    assert len(hrefs(cloud)) == 12
    assert "lifetime (ms)" in cloud
    assert "8 without a result" in text_of(cloud)


def test_samples_are_drawn_against_every_input(reader: Reader, store: Store) -> None:
    draw = np.random.default_rng(4)
    columns = tuple(
        Column(name, np.sort(draw.random(40)), unit) for name, unit in (("temperature", "K"), ("load", "N"))
    )
    index = tuple(draw.permutation(40).astype(np.int32) for _ in columns)
    run = swept(store, [Group("sample", 40, columns, index)], melting)
    page = asked(reader, f"/runs/{run.id}")
    words = text_of(page)
    assert "The numbers of the last stages against what was drawn" in words
    assert "temperature (K)" in page
    assert "load (N)" in page


def test_errors_are_grouped_by_what_was_said_but_for_its_numbers(reader: Reader, store: Store) -> None:
    run = swept(store, [axis("temperature", [*TEMPERATURES, 1100.0, 1200.0])], melting)
    words = text_of(asked(reader, f"/runs/{run.id}"))
    assert "1 error" in words
    assert "it melts at 1000 K (and 2 that differ in numbers) 4 5 6" in words


def test_many_kinds_of_errors_are_paged(reader: Reader, store: Store) -> None:
    def worse(at: dict[str, Any]) -> Rate:
        raise ArithmeticError("x" * int(at["temperature"]))

    run = swept(store, [axis("temperature", list(range(1, 31)))], worse)
    first, second = (text_of(asked(reader, f"/runs/{run.id}?errors={page}")) for page in (0, 1))
    assert "30 kinds of errors" in first
    assert "rarer" in first
    assert "rarer" not in second
    assert "more frequent" in second


def test_a_sweep_that_runs_shows_what_there_is(reader: Reader, store: Store) -> None:
    run = swept(store, [axis("temperature", TEMPERATURES)], melting, done=3, ended=False)
    page = asked(reader, f"/runs/{run.id}")
    assert "3 ✓ done" in text_of(page)
    assert "2 ? missing" in text_of(page)
    assert "data-live=" in page
    assert len(set(hrefs(page))) >= 3


def test_a_sweep_that_never_began_says_so(reader: Reader, store: Store) -> None:
    log = begun(store, sweep={"points": 3, "axes": []}, stages=[{"name": "first"}])
    log.end("cancelled")
    words = text_of(asked(reader, f"/runs/{log.id}"))
    assert "was cut off before it had begun" in words
    assert reader.get(f"/runs/{log.id}/points").status_code in (400, 404)


def test_a_sweep_without_any_result_is_a_page(reader: Reader, store: Store) -> None:
    def never(at: dict[str, Any]) -> Rate:
        raise ArithmeticError("first: no")

    run = swept(store, [axis("temperature", TEMPERATURES)], never)
    words = text_of(asked(reader, f"/runs/{run.id}"))
    assert "5 ✗ failed" in words
    assert text_of(asked(reader, f"/runs/{run.id}/points/0"))


def test_large_sweeps_are_thinned_and_it_is_said(reader: Reader, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.inspect.sweeps import slices, survey

    monkeypatch.setattr(survey, "WHOLE", 50)
    monkeypatch.setattr(slices, "ROOM", 16)
    monkeypatch.setattr(slices, "CLOUD", 10)
    groups = [axis("temperature", list(np.linspace(300, 800, 12))), axis("load", list(np.linspace(0, 1, 10)), "N")]
    run = swept(store, groups, melting)
    words = text_of(asked(reader, f"/runs/{run.id}"))
    assert "4 of 12 values of temperature are drawn" in words
    assert "4 of 10 values of load are drawn" in words
    assert "10 of 120 points are drawn, evenly taken" in words


@pytest.mark.parametrize(
    "query",
    ["out=nothing", "out=%3Cscript%3E", "across=nothing", "up=temperature&across=temperature", "how=wild", "hold0=-2",
     "hold0=99", "hold0=abc", "x=nothing", "y=second", "colour=%22%3E", "errors=-1", "errors=abc"],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(reader: Reader, store: Store, query: str) -> None:
    groups = [axis("element", ["Cu", "Ni"], None), axis("temperature", TEMPERATURES), axis("load", [0, 1, 2], "N")]
    run = swept(store, groups, melting)
    assert reader.get(f"/runs/{run.id}?{query}").status_code in (400, 404)


# Points


def test_points_are_listed_with_their_parameters_states_and_numbers(reader: Reader, grid: Run) -> None:
    words = text_of(asked(reader, f"/runs/{grid.id}/points"))
    assert "Points 1 to 20 of 20" in words
    assert "1 600 K 1 N ✓ done 1200 1.66667" in words
    assert "16 1000 K 0 N ✗ failed toy: it melts at 1000 K" in words
    failed = text_of(asked(reader, f"/runs/{grid.id}/points?state=failed"))
    assert "Points 1 to 8 of 8 that are failed" in failed
    assert "done 1200" not in failed


def test_points_are_paged_by_their_numbers_there_and_back(reader: Reader, store: Store) -> None:
    run = swept(store, [axis("temperature", list(range(300, 530)))], melting)

    def numbers(page: str) -> list[int]:
        return [int(n) for n in re.findall(rf'<th scope="row"[^>]*><a href="/runs/{run.id}/points/(\d+)">', page)]

    first = asked(reader, f"/runs/{run.id}/points")
    second = asked(reader, f"/runs/{run.id}/points?after=99")
    third = asked(reader, f"/runs/{run.id}/points?after=199")
    assert numbers(first) + numbers(second) + numbers(third) == list(range(230))
    assert "after=99" in first
    assert numbers(asked(reader, f"/runs/{run.id}/points?before=200")) == list(range(100, 200))
    assert "after these" not in third
    assert "before these" not in first


def test_a_state_that_no_point_has_is_an_empty_table(reader: Reader, grid: Run) -> None:
    assert "No point is missing" in text_of(asked(reader, f"/runs/{grid.id}/points?state=missing"))


def test_a_point_has_its_parameters_outputs_and_neighbours(reader: Reader, grid: Run) -> None:
    page = asked(reader, f"/runs/{grid.id}/points/5")
    words = text_of(page)
    assert "temperature 700 K" in words
    assert "load 1 N" in words
    assert "rate 1400 1/s" in words
    assert f'href="/runs/{grid.id}/points/4" rel="prev"' in page
    assert f'href="/runs/{grid.id}/points/6" rel="next"' in page
    assert re.search(r'href="/artifacts/[0-9a-f]{64}\?run=', page)


def test_a_point_that_failed_says_why(reader: Reader, grid: Run) -> None:
    words = text_of(asked(reader, f"/runs/{grid.id}/points/16"))
    assert "it melts at 1000 K" in words
    assert "It gave nothing at this point" in words


@pytest.mark.parametrize(
    ("address", "status"),
    [("points/20", 404), ("points/-1", 404), ("points/abc", 404), ("points/1e3", 404), ("points/%D9%A3", 404),
     ("points/99999999999999999999", 404), ("points?state=wild", 400), ("points?after=-2", 400),
     ("points?after=abc", 400), ("points?after=20", 400), ("points?before=1%20OR%201=1", 400)],
)  # fmt: skip
def test_points_that_are_not_there_are_no_pages(reader: Reader, grid: Run, address: str, status: int) -> None:
    assert reader.get(f"/runs/{grid.id}/{address}").status_code == status


def test_a_run_that_is_no_sweep_has_no_points(reader: Reader, store: Store) -> None:
    log = begun(store)
    log.end("completed")
    assert reader.get(f"/runs/{log.id}/points").status_code == 404
    assert reader.get(f"/runs/{log.id}/points/0").status_code == 404


# What is damaged, and what means ill


def test_damaged_tables_of_points_are_a_remark(reader: Reader, store: Store, grid: Run) -> None:
    folder = Path(str(store.address)) / folder_of(grid.id, "plan")
    chunk = max((path for path in folder.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    with changed(chunk, bytes(content)):
        page = asked(reader, f"/runs/{grid.id}")
        assert reader.get(f"/runs/{grid.id}/points").status_code == 404
    assert 'class="remark wrong"' in page


def test_hostile_sweeps_stay_words(reader: Reader, store: Store) -> None:
    known = write(store)
    pages = [f"/runs/{known.sweep}", f"/runs/{known.sweep}/points"]
    pages += [f"/runs/{known.sweep}/points/{n}" for n in range(6)]
    for address in pages:
        page = asked(reader, address)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\x1b" not in page
        assert "\u202e" not in page
