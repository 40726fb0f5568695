"""The report: percentiles that can be counted, and a page that says numbers, verdicts and assumptions."""

from __future__ import annotations

import base64
import functools
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bridge_pharmacology.report import chapters, drawing, models, quantiles, records

from bridge import Picture

PEOPLE = np.arange(21)
"""Of 21 patients in order, number 1 is the fifth percentile, number 10 the median, number 19 the ninety-fifth."""
TIME = np.linspace(0.0, 168.0, 169)
DOSES = np.array([0.5, 1.0, 2.0, 4.0])


def course(of_patient: np.ndarray) -> np.ndarray:
    """A value for each patient, reached along a straight line through time."""
    return np.outer(of_patient, TIME / TIME[-1])


def regimens(name: str, values: np.ndarray, of: type, **more: Any) -> Any:
    return of(patient=np.arange(4), time=TIME, **{name: course(values)}, **more)


def inputs() -> dict[str, Any]:
    radius, instant = np.linspace(8.3, 74.7, 20), np.array([0.0, 1.0, 7.0, 30.0, 168.0])
    front = 300.0 * np.exp(-np.outer(radius / 40, 1 / (1 + instant)))
    growth = 0.06 + 0.1 * PEOPLE
    return {
        "patient": PEOPLE,
        "time": TIME,
        "plasma_concentration": course(10.0 * PEOPLE),
        "concentration": course(1.0 + PEOPLE),
        "exposure": 1000.0 + PEOPLE,
        "trough": 10.0 * PEOPLE,
        "occupancy": course(PEOPLE / 20) + np.outer(np.eye(21)[3], np.exp(-((TIME - 2.0) ** 2)) / 50),
        "balance": 3e-9,
        "binding": records.Bound(PEOPLE, TIME, course(PEOPLE / 20), 5e-8),
        "transduction": records.Signalled(PEOPLE, TIME, course(PEOPLE / 25)),
        "response": records.Effected(PEOPLE, TIME, growth[:, None] ** (TIME / TIME[-1])),
        "regimen_dose": DOSES,
        "regimens": records.Regimens(
            np.arange(4), TIME, course(34 * DOSES), course(DOSES), 6000 * DOSES, 34 * DOSES, 2e-9
        ),
        "regimen_binding": regimens("occupancy", np.array([0.18, 0.36, 0.72, 0.99]), records.Bound),
        "regimen_transduction": regimens("signal", np.array([0.2, 0.4, 0.8, 1.0]), records.Signalled),
        "regimen_response": records.Effected(
            np.arange(4), TIME, np.array([4.33, 1.79, 0.525, 0.335])[:, None] ** (TIME / TIME[-1])
        ),
        "uncoupled": records.Uncoupled(1e-9),
        "lumped": records.Lumped(4e-10),
        "penetration": CRITERIA,
        "verdict": VERDICT,
        "comparison": COMPARISON,
        "capillary": records.Krogh(
            np.linspace(0, 0.64, 169)[None], TIME, instant, radius, front, front, 500.0 - front, 7e-13
        ),
    }


CRITERIA = records.Criteria(
    free_diffusion=714.3, retarded_diffusion=61950.0, binding=4.8, internalisation=15581.0, clearance=1.13e6,
    supply=130_000.0, order="binding (4.8 s) < free diffusion", thiele=3.976, clearance_modulus=0.0548,
    thiele_wall=8.34, clearance_wall=0.115, limited_by="capillary walls",
)  # fmt: skip
VERDICT = records.Verdict(0.0328, 0.1, True)
COMPARISON = records.Comparison(0.0386, 0.044, "troughs are off by 3.9 %")


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


@functools.cache
def drawn() -> records.Report:
    """The report with its pictures."""
    return models.report(**inputs())


def report(**changes: Any) -> records.Report:
    """The report with a pixel for each picture, which takes less time."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("courses", "dose_response", "krogh"):
            patched.setattr(drawing, name, lambda *_: None)
        patched.setattr(Picture, "drawn", lambda _: Picture(PIXEL, "image/png"))
        return models.report(**inputs() | changes)


class Page(HTMLParser):
    """What a reader and a browser find on a page; `closed` says whether every tag was."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.images: list[bytes] = []
        self.rows: list[list[str]] = []
        self.words, self.closed = "", True
        self.feed(content.decode())
        self.closed &= not self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            head, _, body = (dict(attrs)["src"] or "").partition(",")
            assert head == "data:image/png;base64"
            self.images.append(base64.b64decode(body))
        elif tag not in {"meta", "br"}:
            self.stack.append(tag)
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag: str) -> None:
        self.closed &= self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data
        if self.stack and self.stack[-1] in {"td", "th"}:
            self.rows[-1].append(data)


def test_percentiles_of_21_patients_are_the_second_the_eleventh_and_the_twentieth() -> None:
    found = report()
    assert (found.trough.low, found.trough.median, found.trough.high) == pytest.approx((10.0, 100.0, 190.0))
    assert (found.exposure.low, found.exposure.median, found.exposure.high) == pytest.approx((1001, 1010, 1019))
    assert (found.occupancy.low, found.occupancy.high) == pytest.approx((1 / 20, 19 / 20))
    assert (found.signal.low, found.signal.median) == pytest.approx((1 / 25, 10 / 25))
    assert (found.effect.low, found.effect.median, found.effect.high) == pytest.approx((0.16, 1.06, 1.96))
    assert found.patients == 21


def test_the_peak_is_read_when_it_is_asked_for_between_rows_along_a_line() -> None:
    assert report().peak.median == pytest.approx(100 * 161.25 / 168)
    assert report(peak_time=84.0).peak.high == pytest.approx(190 / 2)
    with pytest.raises(ValueError, match=r"peak_time is 200 d, .* to 168 d\. Write peak_time='168 d'"):
        report(peak_time=200.0)


def test_the_balance_is_the_worst_of_all_stages_and_every_stage_is_listed() -> None:
    found = report()
    assert found.balance == 5e-8
    rows = {row[0]: row[1:] for row in Page(found.page.content).rows if row}
    assert rows["plasma with tumour, population"] == ["3.0e-09", "yes"]
    assert rows["binding"] == ["5.0e-08", "yes"]
    assert rows["tissue around a capillary"] == ["7.0e-13", "yes"]
    bad = Page(report(lumped=records.Lumped(2e-6)).page.content)
    assert ["lumped tumour", "2.0e-06", "NO"] in bad.rows


def test_the_tables_say_what_was_handed_in() -> None:
    found = report(labels="a\nb\nc\nd")
    rows = Page(found.page.content).rows
    assert ["plasma at the end (trough)", "100", "10.0", "190", "mg/L"] in rows
    assert ["effect at the end (V/V₀)", "1.06", "0.160", "1.96"] in [row[:4] for row in rows]
    assert ["c", "68.0", "0.720", "0.525"] in rows
    assert ["2 mg/kg", "68.0", "0.720", "0.525"] in Page(report().page.content).rows
    assert ["diffusion retarded by binding", "17.2 h"] in rows
    assert ["retarded diffusion", "3.98", "0.0548"] in rows
    assert ["supply through capillary walls", "8.34", "0.115"] in rows
    assert "resolved: at the end 0.640 of the antigen is bound" in Page(found.page.content).words
    assert found.resolved_occupancy == 0.64
    assert found.regimen_effect == pytest.approx([4.33, 1.79, 0.525, 0.335])


def test_assumptions_are_labelled_and_are_an_output() -> None:
    found = report()
    words = Page(found.page.content).words
    assert words.index("Illustrative assumptions") < words.index("Only the pharmacokinetics")
    assert words.index("Only the pharmacokinetics") < words.index("From dose to effect", 60)
    assert "Everything else is chosen to illustrate, and fitted to nobody." in words
    assert found.assumptions == models.ASSUMPTIONS
    assert "Mine alone." in Page(report(assumptions="Mine alone.").page.content).words


@pytest.mark.parametrize("admissible", [True, False])
def test_the_verdict_is_said_with_ratio_limit_and_measured_error(admissible: bool) -> None:
    found = report(verdict=replace(VERDICT, admissible=admissible))
    words = Page(found.page.content).words
    assert ("not admissible" in words) is not admissible
    assert "clears at most 0.0328 of what the body clears; the limit is 0.100." in words
    assert "Measured by running both: troughs are off by 3.9 %." in words
    assert found.admissible is admissible
    assert found.uncoupled_error == 0.0386


def test_whoever_was_left_out_on_the_way_is_named() -> None:
    given = inputs()
    found = report(
        left_out="patient 4 at 2 d: step size",
        binding=replace(given["binding"], left_out="patient 7 at 3 d: it <failed>"),
    )
    assert found.left_out == "patient 4 at 2 d: step size; patient 7 at 3 d: it <failed>"
    words = Page(found.page.content).words
    assert "patient 7 at 3 d: it <failed>" in words
    assert "Patients left out" not in Page(report().page.content).words


def test_two_occupancies_that_differ_are_told_with_the_time() -> None:
    """Patient 3 is 1/50 higher two days after the beginning, and nobody at the end."""
    found = report()
    assert found.binding_difference == pytest.approx(0.02)
    assert found.binding_difference_at_end == pytest.approx(0.0, abs=1e-12)
    assert "at most 2.0e-02 apart, after 2.00 d" in Page(found.page.content).words
    fewer = replace(inputs()["binding"], patient=PEOPLE[4:], occupancy=course(PEOPLE[4:] / 20))
    assert report(binding=fewer).binding_difference == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ValueError, match="binding has 3 times of 21 patients, the tissue 169 of 21"):
        report(binding=records.Bound(PEOPLE, np.arange(3.0), np.zeros((21, 3))))


def test_stages_that_kept_other_patients_are_told_each_for_itself() -> None:
    """Two patients fewer after binding: the signal's percentiles are of the 19 left, the trough's of all."""
    kept = PEOPLE[:19]
    found = report(transduction=records.Signalled(kept, TIME, course(kept / 25)))
    assert found.signal.median == pytest.approx(9 / 25)
    assert found.trough.median == pytest.approx(100.0)
    assert "Percentiles of 19 to 21 patients" in Page(found.page.content).words
    assert "Percentiles of 21 patients" in Page(report().page.content).words


def test_nobody_left_is_refused() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    with pytest.raises(ValueError, match=r"no patient is left.*on_failure='stop'"):
        report(response=records.Effected(nobody, TIME, np.zeros((0, TIME.size))))


def test_courses_of_other_regimens_are_refused() -> None:
    with pytest.raises(ValueError, match=r"regimen_dose has 4 doses, and a bound course came for the rows 0, 1, 3"):
        report(regimen_binding=records.Bound(np.array([0, 1, 3]), TIME, np.zeros((3, TIME.size))))


def test_the_page_needs_nothing_from_outside_and_escapes_what_it_was_told() -> None:
    found = report(drug='<b>"x" & y</b>', assumptions="a < b\n<script>alert(1)</script>", effect_name="V<sub>")
    text = found.page.content.decode()
    page = Page(found.page.content)
    assert page.closed
    assert not re.search(r"https?:|<script|<link|url\(|@import", text)
    assert "<script>alert(1)</script>" in page.words
    assert '<b>"x" & y</b>: from dose to effect' in page.words


def test_the_page_holds_the_three_pictures() -> None:
    found = drawn()
    pictures = [found.courses.content, found.dose_response.content, found.krogh.content]
    assert Page(found.page.content).images == pictures
    assert len(set(pictures)) == 3


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.0600, "0.0600"), (66.64, "66.6"), (140.8, "141"), (12119.0, "12 119"), (2.5e-9, "2.50·10⁻⁹")],
)
def test_numbers_have_three_digits(value: float, said: str) -> None:
    assert chapters.short(value) == said.replace(" ", " ")


@pytest.mark.parametrize(
    ("seconds", "said"), [(714.3, "11.9 min"), (15581, "4.33 h"), (594_000, "6.88 d"), (100, "100 s")]
)
def test_times_are_in_the_unit_they_are_spoken_of_in(seconds: float, said: str) -> None:
    """The times of the science of the first rows: 714 s, 15 581 s, 165 h."""
    assert chapters.duration(seconds) == said


def test_a_course_between_rows_is_linear() -> None:
    found = quantiles.at(np.array([0.0, 1.0, 3.0]), np.array([[0.0, 2.0, 6.0], [1.0, 1.0, 0.0]]), 2.0)
    assert found == pytest.approx([4.0, 0.5])


def test_a_browser_shows_all_of_it_in_light_and_dark_on_a_narrow_screen(tmp_path: Path) -> None:
    """Headless Chromium: every picture is decoded, nothing is wider than the window, grounds differ by scheme."""
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    probe = (
        "<script>addEventListener('load',()=>{const e=document.documentElement;document.title=["
        "[...document.images].every(i=>i.naturalWidth>800&&i.clientWidth>300),e.scrollWidth<=innerWidth,"
        "getComputedStyle(e).backgroundColor].join('|')})</script></head>"
    )
    page = tmp_path / "page.html"
    page.write_bytes(drawn().page.content.replace(b"</head>", probe.encode()))
    grounds = set()
    for scheme in ("0", "1"):  # dark, light
        command = [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / scheme}",
            f"--blink-settings=preferredColorScheme={scheme}", "--window-size=500,900", "--dump-dom", page.as_uri(),
        ]  # fmt: skip
        shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
        found = re.search(r"<title>(.*?)</title>", shown)
        assert found
        decoded, fits, ground = found[1].split("|")
        assert (decoded, fits) == ("true", "true")
        grounds.add(ground)
    assert len(grounds) == 2
