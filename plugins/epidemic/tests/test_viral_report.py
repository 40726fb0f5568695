"""The page of the viral escape chain: its numbers are those of the stages, and it says what it does not know."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from bridge_epidemic.report import published, words
from bridge_epidemic.report import records as told
from bridge_epidemic.report.viral_escape import report
from matplotlib.figure import Figure

from bridge import Picture

LEVEL = np.linspace(-2, 1, 31)
CURVE = 1 / (1 + np.exp(-2.5 * (LEVEL + 0.7)))
AGES, FOLDS = np.array([0.0, 90.0]), np.array([1.0, 2.0])
SURFACE = 1 + np.outer([1.0, 0.6], np.linspace(0, 1, 5)).reshape(1, 2, 5) / FOLDS[:, None, None]
TIME = np.arange(61.0)
#: The variant begins with a tenth and grows 0.2 a day faster: it has more than half after ln(10)/0.2 = 11.5 d.
DAILY = 1000 * np.exp(np.outer(TIME, [0.0, 0.2]) - 0.003 * TIME[:, None] ** 2) * np.array([1.0, 0.1])


def courses(daily: np.ndarray, error: float = 0.0, extinct: int = 0) -> told.Epidemic:
    """Replicates (replicate, time, strain) of courses with constant reproduction numbers."""
    of = np.full(daily.shape, [1.2, 2.4])
    over = np.zeros((len(daily), 2), dtype=np.int64)
    over[:extinct, 0] = 1
    return told.Epidemic(TIME, daily, 0.01 * daily, of, over, error)


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    protected = told.Protected(
        LEVEL, CURVE, np.stack([CURVE**2, CURVE**1.9, CURVE**2.1]), 0.0, 13.5, 9.3, 21.0, 0.832, 0.2715, 0.19, 0.354
    )
    return {
        "binding": told.Apparent(
            "WT convalescents\nWT vaccinees",
            np.array([0.25, 0.5]),
            np.array([[0.44, 2.51], [0.0, 1.92]]),
            np.array([[0, 1], [-1, 0]]),
            np.array([429, 234]),
            np.array([61, 84]),
            np.array([0.7, 0.4]),
            np.array([0.01, 0.0]),
            Picture.drawn(Figure()),
        ),
        "scan": told.Receptor("N501Y\nK417N", np.array([0.24, -0.45]), np.array([-0.327, 0.614])),
        "persons": told.Persons(np.array([4e-4, 0.0]), np.zeros(2), 663, 216, 0.619, 0),
        "infection": protected,
        "severe": replace(protected, equivalent_fold=24.1),
        "ratio": told.Ratio(1.95, 1.80, 2.12, 0.832, 0.2715),
        "landscape": told.Landscape(np.linspace(0, 1, 5), AGES, FOLDS, SURFACE, 0.9 * SURFACE, 1.1 * SURFACE),
        "conditions": told.Conditions(
            "Ito et al. 2022, low\nIto et al. 2022, high",
            np.array([1.88, 2.19]),
            AGES,
            FOLDS,
            np.array([[[0.68, 0.75], [0.83, 0.99]], [[0.77, 0.85], [0.93, 1.0]]]),
            np.array([[[1, 1], [1, 1]], [[1, 1], [1, 0]]]),
            np.array([0.964, 1.123]),
            np.array([0.9, 1.03]),
            np.array([1.04, 1.22]),
        ),
        "contacts": told.Peopled(np.array([4e5, 6e5])),
        "strains": told.Named("D614G\nBA.1"),
        "epidemic": courses(np.stack([0.9 * DAILY, DAILY, 1.1 * DAILY, 1.2 * DAILY]), extinct=1),
        "expected": courses(DAILY[None], error=2e-9),
        "growth": told.Growing(
            np.array([-0.02, 0.18]),
            np.array([-0.03, 0.17]),
            np.array([-0.01, 0.19]),
            np.array([-34.7, 3.85]),
            np.array([0.0, 0.2]),
            np.array([0.0, 0.19]),
            np.array([0.0, 0.21]),
        ),
    }


class Reader(HTMLParser):
    """The words of a page, what it has of tags, and what they point to."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.alternatives: list[str] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attributes)
        self.links += [str(named[name]) for name in ("src", "href") if named.get(name)]
        if tag == "img":
            self.alternatives.append(str(named.get("alt", "")))

    def handle_data(self, words: str) -> None:
        self.text += words + "\n"


def read(**given: Any) -> Reader:
    return Reader(report(**given).page.content)


@pytest.fixture(scope="module")
def page(given: dict[str, Any]) -> Reader:
    return read(**given)


def test_the_page_stands_by_itself(page: Reader) -> None:
    assert "script" not in page.tags
    assert page.tags.count("img") == 5
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert all(page.alternatives)


def test_numbers_of_the_stages_stand_on_the_page_with_their_intervals(page: Reader) -> None:
    text = page.text
    for said in ("13.5 (9.30–21.0)", "27.2 % (19–35.4 %)", "1.95 (1.80–2.12)", "83.2 %", "0.200 (0.190–0.210)", "663"):
        assert said in text, said
    for said in ("0.68", "0.85", "none", "1.12 (1.03–1.22)", "24.1"):
        assert said in text, said


def test_bounds_are_told_as_bounds_and_what_is_assumed_as_such(page: Reader) -> None:
    text = page.text
    assert "> 2.51" in text
    assert "< 0.00" in text
    assert "Apparent" in text
    for said in (
        "receptor-binding domain",
        "no sample of a serum",
        "protection acts on susceptibility",
        "(1, for want of a sourced number)",
        "against Delta",
        "proves nothing",
    ):
        assert said in " ".join(text.split()), said


def test_outputs_are_medians_of_the_replicates_and_days_of_the_courses(given: dict[str, Any]) -> None:
    found = report(**given)
    assert found.infections == pytest.approx(1.05 * DAILY.sum(axis=0))  # of 0.9, 1, 1.1 and 1.2 times as many
    assert found.severe == pytest.approx(0.0105 * DAILY.sum(axis=0))
    assert f"{words.short(1.05 * DAILY.sum() / 1e6)} infections for each person" in Reader(found.page.content).text
    assert found.peak_day == pytest.approx([0.0, np.argmax(DAILY[:, 1])])
    assert found.dominant_day == 12  # the first day after 11.5
    assert found.extinct_share == pytest.approx([0.25, 0.0])
    assert found.course_ratio == pytest.approx(2.0)
    assert found.error_in_people == 2e-9
    assert found.infection.equivalent_fold == 13.5
    assert found.severe_disease.equivalent_fold == 24.1
    assert found.unexplained == pytest.approx([0.964, 1.123])


def test_days_are_told_as_dates(given: dict[str, Any]) -> None:
    text = read(**given, start_date="2021-12-25").text
    assert "2022-01-06" in text  # day 12
    assert re.search(r"D614G\n1\.20\n.*\n.*halves.*\n2021-12-25", text)


def test_an_earlier_variant_is_not_called_by_the_name_of_the_reference(given: dict[str, Any]) -> None:
    text = read(**given, earlier_fold=2.0).text
    assert "earlier variant, 2-fold" in text
    assert "an earlier fold of 2" in text
    assert "no escape of the earlier variant" not in text


def test_published_ratios_of_another_variant_are_left_out(given: dict[str, Any], page: Reader) -> None:
    """BA.1 over Delta tells nothing of BA.5; what a run names itself is its own."""
    assert "left unexplained" in page.text
    found = report(**given, variant="BA.5")
    other = Reader(found.page.content)
    assert (found.published_names, found.unexplained.size) == ("", 0)
    assert "left unexplained" not in other.text
    assert "Ito" not in other.text
    assert "Those of the default are of BA.1 over Delta, and say nothing of BA.5." in other.text
    own = {**given, "conditions": replace(given["conditions"], published_names="low\nhigh")}
    said = read(**own, variant="BA.5").text
    assert "left unexplained" in said
    assert "A published ratio has to be of BA.5 over the same earlier variant" in said
    assert "Delta" not in said.split("Reproduction numbers")[1]


def test_a_course_that_still_rises_has_no_peak(given: dict[str, Any]) -> None:
    cut = {
        name: replace(
            of,
            time=TIME[:21],
            incidence=of.incidence[:, :21],
            severe=of.severe[:, :21],
            reproduction=of.reproduction[:, :21],
        )
        for name, of in given.items()
        if name in ("epidemic", "expected")
    }
    said = read(**{**given, **cut}).text
    assert "still rising on 2021-12-05" in said
    assert "still rising" not in read(**given).text


def test_the_page_says_what_intervals_hold(page: Reader) -> None:
    assert "hold which antibodies were found, and nothing else" in page.text


def test_waned_immunity_is_told_beside_the_fresh(given: dict[str, Any]) -> None:
    aged = given | {"ratio": replace(given["ratio"], earlier_protection=0.61, escape_protection=0.14)}
    text = read(**aged, age=90.0).text
    assert "After 90 d protection is 61 % from infection by the earlier variant and 14 % by BA.1." in text
    assert "immunity 90 d old" in text


def test_folds_of_few_antibodies_are_told_as_the_least(given: dict[str, Any]) -> None:
    bound = given | {"persons": replace(given["persons"], fold_bound=1)}
    said = read(**bound).text
    for part in (
        "at least 13.5",
        "to at most 27.2 %",
        "is at least 1.95",
        "from below, and protection against BA.1 from",
    ):
        assert part in said
    assert "at least" not in read(**given).text


def test_observed_cases_change_the_picture_and_are_said(given: dict[str, Any]) -> None:
    seen = told.Cases(TIME, 0.4 * DAILY.sum(axis=1), "2021-11-15")
    ones = np.ones(30)
    estimated = told.Estimated(TIME[20:50], 1.1 * ones, 0.9 * ones, 1.3 * ones)
    with_cases = report(**given, cases=seen, estimated=estimated)
    assert with_cases.incidence.content != report(**given).incidence.content
    assert "observed cases" in Reader(with_cases.page.content).text


def test_the_same_numbers_are_the_same_bytes(given: dict[str, Any]) -> None:
    assert report(**given).page.content == report(**given).page.content


def test_what_does_not_fit_is_refused(given: dict[str, Any]) -> None:
    short = replace(given["expected"], time=TIME[:-1])
    with pytest.raises(ValueError, match="the same duration"):
        report(**given | {"expected": short})
    with pytest.raises(ValueError, match="epidemic has 2 strains, and 3 are named"):
        report(**given | {"strains": told.Named("a\nb\nc")})
    with pytest.raises(ValueError, match="cases count from 2020-01-01, and the courses from 2021-11-15"):
        report(**given, cases=told.Cases(TIME, TIME, "2020-01-01"))
    with pytest.raises(ValueError, match="Write year-month-day"):
        report(**given, start_date="15.11.2021")


def test_two_ends_of_one_published_estimate_are_a_band(given: dict[str, Any]) -> None:
    known = replace(
        given["conditions"],
        published_names="Ito, low\nIto, high\nHansen",
        published_ratio=np.array([1.88, 2.19, 3.15]),
    )
    assert [tuple(p) for p in published.bands(known)] == [("Ito", 1.88, 2.19), ("Hansen", 3.15, 3.15)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words.short(0.0), "0"),
        (words.short(13.4717), "13.5"),
        (words.short(-0.0369), "−0.0369"),
        (words.short(3.2e-9), "3.20·10⁻⁹"),
        (words.count(963749.0), "964 000"),
        (words.bounded(4.787, 1), "> 4.79"),
        (words.bounded(-0.001, 0), "0.00"),
        (words.signed(-0.45), "−0.45"),
        (words.fraction(0.998), "> 0.99"),
        (words.fraction(1.0), "1.00"),
        (words.between(2.0, 2.0, 2.0), "2.00"),
        (words.percents(0.2715, 0.188, 0.354), "27.2 % (18.8–35.4 %)"),
    ],
)
def test_numbers_are_short_and_keep_their_sign(said: str, expected: str) -> None:
    assert said == expected
