"""What a reader does, in Chromium: find runs, open one, zoom into a field, compare, follow, click through a sweep.

Every page must end without an error on the console, a dialog, a failed request, or a request to another host.
"""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from onlookers import HOSTILE, Looked, Seen
from PIL import Image

pytestmark = pytest.mark.science


def test_runs_are_found_by_filter_and_opened(seen: Seen, looked: Looked) -> None:
    page = seen.open("/")
    assert page.locator("tbody tr").count() >= 5
    page.get_by_label("State").select_option("failed")
    page.get_by_label("Words").fill("950")
    page.get_by_role("button", name="Show").click()
    page.wait_for_load_state()
    found = page.locator("tbody tr")
    assert {looked.runs["failed"], looked.runs["sweep"]} >= set(
        re.findall(r"\d{8}-\d{6}-\w{6}", found.all_inner_texts()[0])
    )
    page.get_by_role("link", name=looked.runs["failed"]).first.click()
    page.wait_for_load_state()
    assert page.get_by_text("it broke at <b>900 MPa</b>").count() >= 1


def test_lists_are_sorted_by_their_heads(seen: Seen) -> None:
    page = seen.open("/")
    page.get_by_role("link", name="Took").click()
    page.wait_for_load_state()
    assert page.locator('th[aria-sort="ascending"], th[aria-sort="descending"]').inner_text().startswith("Took")


def test_a_condition_that_cannot_be_read_keeps_what_was_typed(seen: Seen) -> None:
    page = seen.open("/?" + "where=amplitude%3D3+J+..+4+J")
    assert page.get_by_text("3 J").count() or page.locator("textarea").input_value() == "amplitude=3 J .. 4 J"
    seen.wrong = [one for one in seen.wrong if not one.startswith(("400", "Failed to load"))]  # which is the answer


def field_of(looked: Looked, page: Any, run: str, stage: str, port: str) -> None:
    """Go to the page of an output by links alone."""
    page.goto(f"{looked.address}/runs/{looked.runs[run]}")
    page.get_by_role("link", name=port, exact=True).first.click()
    page.wait_for_selector("#viewer canvas")


def test_a_field_is_zoomed_into_and_read_out(seen: Seen, looked: Looked) -> None:
    page, tiles = seen.page, list[str]()
    page.on("response", lambda got: "/tile?" in got.url and tiles.append(got.url))
    field_of(looked, page, "first", "look.texture", "temperature")
    seen.until(lambda: tiles)
    page.wait_for_timeout(500)

    def levels() -> set[int]:
        return {int(found[1]) for url in tiles if (found := re.search(r"level=(\d+)", url))}

    coarse = min(levels())
    box = page.locator("#viewer canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    seen.until(lambda: " K" in page.locator("#reading").inner_text())
    assert "µm" in page.locator("#reading").inner_text()
    for _ in range(8):
        page.mouse.wheel(0, -300)
        page.wait_for_timeout(80)
    page.wait_for_timeout(800)
    assert min(levels()) == 0 <= coarse
    assert "cx=" in page.url  # what is shown can be sent
    canvas = page.locator("#viewer canvas")
    canvas.focus()
    before = page.url
    page.keyboard.press("ArrowRight")
    seen.until(lambda: page.url != before)
    page.keyboard.press("0")
    seen.until(lambda: "cx=" not in page.url)


def test_a_picture_of_a_field_is_the_field(seen: Seen, looked: Looked) -> None:
    """The middle is hot, the corners cold: seen in the pixels that Chromium drew."""
    page = seen.page
    field_of(looked, page, "first", "look.texture", "temperature")
    page.wait_for_timeout(1200)
    picture = Image.open(io.BytesIO(page.locator("#viewer canvas").screenshot())).convert("L")
    middle, side = (picture.width // 2, picture.height // 2), int(min(picture.size) * 0.45)

    def light(across: int, down: int) -> float:
        x, y = middle[0] + across * side, middle[1] + down * side
        return float(np.asarray(picture.crop((x - 4, y - 4, x + 4, y + 4))).mean())

    corners = [light(across, down) for across in (-1, 1) for down in (-1, 1)]
    assert light(0, 0) > 1.3 * max(corners)  # viridis grows lighter with its values


def test_a_volume_is_walked_through_by_slices(seen: Seen, looked: Looked) -> None:
    page = seen.page
    field_of(looked, page, "first", "look.volume", "density")
    slider = page.locator('input[type="range"]').first
    slider.focus()
    before = page.url
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    seen.until(lambda: page.url != before)
    assert re.search(r"at\d=", page.url)


def test_two_runs_are_compared_by_their_boxes(seen: Seen, looked: Looked) -> None:
    page = seen.open("/")
    for side, run in (("a", "first"), ("b", "second")):
        page.locator(f'input[name="{side}"][value="{looked.runs[run]}"]').check()
    page.get_by_role("button", name=re.compile("Compare")).first.click()
    page.wait_for_load_state()
    text = page.locator("main").inner_text()
    assert "look.texture" in text
    assert "amplitude 1 K → 3 K" in text
    assert page.locator("figure svg, figure img, img").count() >= 3  # A, B, and their difference


def test_a_run_is_followed_while_it_goes_on(seen: Seen, looked: Looked) -> None:
    """The list shows it begin, its page shows it end, and nobody loads a page again."""
    page = seen.open("/")
    page.evaluate("window.kept = true")
    begun = looked.begin("run", "looked_at.py:slow", "-p", "pause=1.6 s")
    try:
        page.wait_for_selector("text=slow", timeout=60_000)
        page.get_by_role("row", name=re.compile("slow")).get_by_role("link").first.click()
        page.wait_for_load_state()
        page.evaluate("window.kept = true")
        assert "running" in page.locator("main").inner_text()
        seen.until(lambda: "completed" in page.locator("main").inner_text(), 60)
        assert page.evaluate("window.kept") is True
    finally:
        begun.communicate(timeout=60)


def test_a_cell_of_a_sweep_leads_to_its_point(seen: Seen, looked: Looked) -> None:
    page = seen.open(f"/runs/{looked.runs['sweep']}")
    text = page.locator("main").inner_text()
    assert "15" in text
    assert "it broke at <b>900 MPa</b>" in text
    link = page.locator('svg a[href*="/points/"]').nth(4)
    wanted = link.get_attribute("href")
    link.click(force=True)
    page.wait_for_load_state()
    assert page.url.endswith(wanted or "?")
    assert "look.curve" in page.locator("main").inner_text()


def test_names_that_would_be_programs_are_words(seen: Seen, looked: Looked) -> None:
    run = looked.runs["hostile"]
    for path in (
        "/",
        f"/runs/{run}",
        f"/compare?a={run}&b={looked.runs['first']}",
        f"/runs/{run}/lineage?of=look.curve",
    ):
        page = seen.open(path)
        assert page.evaluate("window.taken") is None
        assert page.locator("main img[src='x'], main script").count() == 0
    page = seen.open(f"/runs/{run}")
    shown = page.locator("main").inner_text()
    assert HOSTILE.split("\u202e")[0] in shown
    assert "\u202e" not in shown


def test_a_page_of_a_plugin_can_do_nothing(seen: Seen, looked: Looked) -> None:
    page = seen.open(f"/runs/{looked.runs['first']}")
    address = page.locator('a[href*="/file?path=page"]').first.get_attribute("href")
    opened = seen.open(str(address))
    assert "a page" in opened.inner_text("body")
    assert opened.title() == "told"
    seen.wrong = [one for one in seen.wrong if "sandbox" not in one and "script" not in one]  # which was refused
