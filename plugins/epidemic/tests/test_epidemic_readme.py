"""The plugin's README names every model there is and no other, and its numbers are those of the models."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bridge_epidemic.contacts.table import table
from bridge_epidemic.neutralisation.persons import persons
from bridge_epidemic.neutralisation.published import published as antibodies
from bridge_epidemic.protection.landscape import ratio
from bridge_epidemic.protection.published import published
from bridge_epidemic.protection.sera import sera

from bridge import File

DOCS = (Path(__file__).parents[3] / "docs" / "viral_escape.md").read_text(encoding="utf-8")
PLUGIN = Path(__file__).parents[1]
README = (PLUGIN / "README.md").read_text(encoding="utf-8")
DECLARED = {
    name
    for source in (PLUGIN / "bridge_epidemic").rglob("*.py")
    for name in re.findall(r'(?m)(?:^@model|= declared)\(\s*"([^"]+)"', source.read_text(encoding="utf-8"))
}
REGISTERED = set(re.findall(r'(?m)^"([a-z0-9_]+\.[a-z0-9_]+)" = "', (PLUGIN / "pyproject.toml").read_text()))


def test_it_names_every_model_and_no_other() -> None:
    groups = {name.partition(".")[0] for name in DECLARED}
    named = {name for name in re.findall(r"`([a-z_]+\.[a-z0-9_]+)`", README) if name.partition(".")[0] in groups}
    assert named == DECLARED


def test_every_model_is_registered() -> None:
    assert REGISTERED == DECLARED


def test_the_guide_names_no_model_that_is_not_there() -> None:
    groups = {name.partition(".")[0] for name in DECLARED}
    named = {name for name in re.findall(r"[`\"]([a-z_]+\.[a-z0-9_]+)[`\"(]", DOCS) if name.partition(".")[0] in groups}
    assert named <= DECLARED


def test_the_guides_contacts_are_read_as_they_stand() -> None:
    (written,) = re.findall(r"^```csv\n(.*?)^```$", DOCS, re.DOTALL | re.MULTILINE)
    found = table(File(written.encode(), "text/csv")).contacts
    assert found.groups.splitlines() == ["0-19", "20-64", "65+"]
    assert found.contacts[0, 1] == 6.0  # rows are participants


def test_every_reference_is_cited_and_listed() -> None:
    text, _, listed = README.partition("## References")
    numbers = [int(number) for number in re.findall(r"(?:^|\. )(\d+)\. (?=[A-ZÅ]\. )", listed, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    cited = {int(number) for group in re.findall(r"\[([\d, –]+)\]", text) for number in re.findall(r"\d+", group)}
    between = {number for a, b in re.findall(r"\[(\d+)–(\d+)\]", text) for number in range(int(a), int(b) + 1)}
    assert cited | between == set(numbers)


def test_its_folds_and_ratios_are_those_of_the_models() -> None:
    """The table is rounded to three digits, and is of the seed that is the default."""
    known, curve = antibodies().antibodies, published()
    row = re.search(r"(?m)^\| equivalent fold \|(.*)\|$", README)
    head = re.search(r"(?m)^\| against D614G.*?\|(.*)\|$", README)
    assert row is not None
    assert head is not None
    for variant, said in zip(head[1].split("|"), row[1].split("|"), strict=True):
        people = persons(known, variant=variant.strip(), persons=20_000, draws=0)
        found = sera(
            people.log10_fold, people.persons_share, people.escaped, curve.steepness, curve.half_protective_level
        )
        assert found.equivalent_fold == pytest.approx(float(said), rel=0.006), variant
        if variant.strip() == "BA.1":
            told = re.search(r"f = 0\.5, 0\.7, 0\.8, 0\.9 by ([\d.]+), ([\d.]+) \(.*?\), ([\d.]+), ([\d.]+)\.", README)
            assert told is not None
            for fraction, value in zip((0.5, 0.7, 0.8, 0.9), told.groups(), strict=True):
                one = ratio(found.level, found.reference_protection, found.variant_protection, immune_fraction=fraction)
                assert one.ratio == pytest.approx(float(value), abs=0.01), fraction
