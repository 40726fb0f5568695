"""Every page as it is seen: light and dark, wide and on a phone, by axe's rules of accessibility, by keyboard alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from onlookers import Looked, Seen

pytestmark = pytest.mark.science

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True}
DARK: dict[str, Any] = {"color_scheme": "dark"}
LOOKS = {"light": {}, "dark": DARK, "phone": PHONE, "dark-phone": {**PHONE, **DARK}}


def pages(looked: Looked, page: Any) -> dict[str, str]:
    """Every kind of page by its name."""
    page.goto(f"{looked.address}/runs/{looked.runs['first']}")

    def address(text: str) -> str:
        return str(page.get_by_role("link", name=text, exact=True).first.get_attribute("href"))

    run, sweep = looked.runs["first"], looked.runs["sweep"]
    return {
        "list": "/",
        "run": f"/runs/{run}",
        "failed": f"/runs/{looked.runs['failed']}",
        "field": address("temperature"),
        "volume": address("density"),
        "line": address("strain"),
        "artifact": address("temperature").replace("/port", "").replace("path=temperature&", ""),
        "compare": f"/compare?a={run}&b={looked.runs['second']}",
        "sweep": f"/runs/{sweep}",
        "points": f"/runs/{sweep}/points",
        "point": f"/runs/{sweep}/points/17",
        "models": "/models",
        "model": "/models/look.curve",
        "lineage": f"/runs/{run}/lineage?of=look.curve",
        "logs": f"/runs/{run}/logs",
        "nothing": "/nothing",
    }


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_fits_and_is_accessible(
    chromium: Any, looked: Looked, look: str, record_property: pytest.RecordProperty, tmp_path: Path
) -> None:
    """Nothing wider than the screen; no violation of WCAG 2.1 A or AA that axe-core finds."""
    from axe_playwright_python.sync_playwright import Axe

    kept = Path(os.environ.get("SCALEBRIDGE_SCREENSHOTS", tmp_path))
    kept.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **LOOKS[look]})
    seen = Seen(context.new_page(), looked.address)
    found, wide = {}, {}
    asked = pages(looked, seen.page)
    for name, path in asked.items():
        page = seen.open(path)
        page.wait_for_timeout(700)
        page.screenshot(path=kept / f"{name}-{look}.png", full_page=True)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            wide[name] = over
        report = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}).response
        for one in report["violations"]:
            found[f"{name}: {one['id']}"] = [node["html"][:200] for node in one["nodes"][:3]]
    context.close()
    record_property("asked", "no page wider than its screen, none with a violation of WCAG 2.1 AA, no error")
    record_property("reached", f"{look}: {len(asked)} pages, {len(wide)} too wide, {len(found)} violations")
    assert wide == {}
    assert found == {}
    assert [one for one in seen.wrong if "/nothing" not in one and "404" not in one] == []


def test_the_picture_of_a_lineage_is_dark_where_the_page_is(chromium: Any, looked: Looked, tmp_path: Path) -> None:
    """The paper of the picture is that of the page, in both looks."""
    from io import BytesIO

    from PIL import Image

    for look, light in (("light", True), ("dark", False)):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **LOOKS[look]})
        page = Seen(context.new_page(), looked.address).open(f"/runs/{looked.runs['first']}/lineage?of=look.curve")
        shot = page.locator(".lineage img").screenshot()
        Path(os.environ.get("SCALEBRIDGE_SCREENSHOTS", tmp_path), f"lineage-alone-{look}.png").write_bytes(shot)
        colours = Image.open(BytesIO(shot)).convert("L").getcolors(2**24)
        assert colours is not None
        _, paper = max(colours)
        assert (paper > 200) == light
        context.close()


def test_the_keyboard_is_enough(seen: Seen, looked: Looked) -> None:
    """From the list to a run and to a field with the Tab and Enter keys alone."""
    page = seen.open("/")
    run = looked.runs["first"]

    def walk(until: str, most: int = 400) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate("s => (document.activeElement.getAttribute('href') || '').includes(s)", until):
                return
        raise AssertionError(f"no Tab leads to {until}")

    walk(f"/runs/{run}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs/{run}")
    walk("path=temperature")
    page.keyboard.press("Enter")
    page.wait_for_selector("#viewer canvas")


#: Of all that may scroll: whether it is a stop, whether it scrolls, whether a link in it is a stop itself.
_STOPS = """() => [...document.querySelectorAll(".scroll, pre")].filter(one => one.checkVisibility()).map(one =>
    [one.tabIndex === 0, one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight,
     !!one.querySelector("a")])"""


@pytest.mark.parametrize("look", ["light", "phone"])
def test_only_what_scrolls_is_a_stop_of_the_tab_key(chromium: Any, looked: Looked, look: str) -> None:
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **LOOKS[look]})
    seen, scrolling = Seen(context.new_page(), looked.address), 0
    for name, path in pages(looked, seen.page).items():
        page = seen.open(path)
        page.wait_for_timeout(200)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        page.wait_for_timeout(300)
        stops = page.evaluate(_STOPS)
        assert all(scrolls or not stop for stop, scrolls, _ in stops), (name, stops)
        assert all(stop or linked or not scrolls for stop, scrolls, linked in stops), (name, stops)
        scrolling += sum(scrolls for _, scrolls, _ in stops)
    page = seen.open(f"/runs/{looked.runs['first']}")
    page.set_viewport_size({"width": 330, "height": 700})  # and it is seen anew when that changes
    page.wait_for_timeout(200)
    narrow = page.evaluate(_STOPS)
    assert any(scrolls for _, scrolls, _ in narrow)
    assert all(scrolls or not stop for stop, scrolls, _ in narrow)
    assert all(stop or linked or not scrolls for stop, scrolls, linked in narrow)
    context.close()
    assert scrolling or look == "light"


def test_pages_are_whole_without_their_scripts(chromium: Any, looked: Looked) -> None:
    context = chromium.new_context(java_script_enabled=False)
    seen = Seen(context.new_page(), looked.address)
    page = context.new_page()
    page.goto(f"{looked.address}/runs/{looked.runs['first']}")
    page.get_by_role("link", name="temperature", exact=True).first.click()
    assert page.locator("#viewer img").count() >= 1
    assert page.locator("#viewer img").first.evaluate("i => i.naturalWidth") > 0
    page.goto(f"{looked.address}/")
    assert page.locator("tbody tr").count() >= 5
    page.goto(f"{looked.address}/runs/{looked.runs['first']}")
    assert page.locator(".scroll").count() == page.locator(".scroll[tabindex='0']").count() > 0
    context.close()
    assert seen.wrong == []
