"""Tables of antibodies: what the committed one holds, what is read of the user's own, and what is refused."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from bridge_epidemic.neutralisation.antibodies import Antibodies
from bridge_epidemic.neutralisation.cells import against, pairs
from bridge_epidemic.neutralisation.potency import potency
from bridge_epidemic.neutralisation.published import published
from bridge_epidemic.neutralisation.table import table
from bridge_epidemic.tables import antibodies as derived_antibodies
from bridge_epidemic.tables import scan as derived_scan

from bridge import File
from bridge.testing import check_model

PUBLISHED = published().antibodies
OMICRON = ("BA.1", "BA.2", "BA.2.75", "BA.5", "BQ.1.1", "XBB")

IC50 = b"antibody,virus,IC50\na,D614G,0.02\na,BA.1,>10\nb,BA.1,0.3\nb,D614G,<0.001\n"
SOURCES = b"study,antibody,source\nown,a,vaccinees\nown,b,convalescents\n"


def own(ic50: bytes = IC50, sources: bytes = SOURCES, **limits: float) -> Antibodies:
    return table(File(ic50, "text/csv"), File(sources, "text/csv"), **limits).antibodies


def test_the_committed_table_holds_the_antibodies_measured_against_all() -> None:
    """429 of convalescents and 234 of vaccinees: Y. Cao et al., Nature 614, 521 (2023), and later studies."""
    assert published().counted == 429 + 234 + 151 + 236 + 239
    for source, count, at_limit in (("WT convalescents", 429, 19), ("WT vaccinees", 234, 2)):
        for variant in OMICRON:
            found = pairs(PUBLISHED, "D614G", variant, source, "refuse")
            assert found.reference.size == count
            assert (found.reference == PUBLISHED.lower_limit).sum() == at_limit
            assert found.reference.max() == found.variant.max() == PUBLISHED.upper_limit
    for source, count in (("BA.5 + JN.1 infection", 151), ("BA.5 BTI + JN.1 infection", 236)):
        for one, other in (("JN.1", "JN.1+F456L"), ("KP.3", "KP.3+A475V")):
            assert pairs(PUBLISHED, one, other, source, "refuse").variant.size == count


def test_the_users_table_is_read_in_any_order_of_columns() -> None:
    found = own()
    assert against(found) == pytest.approx(np.array([[0.02, 10.0], [0.001, 0.3]]))
    assert (found.variants, found.sources, found.studies) == ("D614G\nBA.1", "vaccinees\nconvalescents", "own")
    assert found.source.tolist() == [0, 1]
    assert table(File(b"\xef\xbb\xbf" + IC50), File(SOURCES)).counted == 2
    assert own(upper_limit=5.0, lower_limit=0.01).upper_limit == 5.0


@pytest.mark.parametrize(
    ("ic50", "sources", "said"),
    [
        (IC50.replace(b"IC50", b"ic_50"), SOURCES, "table ic50 has no column IC50; it has antibody, virus, ic_50"),
        (b"", SOURCES, "table ic50 is empty. Its first line is to name antibody, virus, IC50"),
        (IC50.replace(b"0.02", b"-1"), SOURCES, "ic50, line 2: IC50 '-1' is no positive number"),
        (IC50.replace(b"0.3", b"n/a"), SOURCES, "ic50, line 4: IC50 'n/a' is no positive number"),
        (IC50.replace(b"0.3", b"inf"), SOURCES, "line 4: IC50 'inf' is no positive number"),
        (IC50.replace(b"0.3", b""), SOURCES, "ic50, line 4: IC50 is empty"),
        (IC50.replace(b"0.02", b"1,02"), SOURCES, "Line 2 of the table ic50 has 4 cells under 3 columns"),
        (IC50 + b"a,BA.1,3\n", SOURCES, "ic50, line 6: 'a' against 'BA.1' is there already"),
        (IC50 + b"c,BA.1,3\n", SOURCES, "ic50, line 6: antibody 'c' has no row in sources"),
        (IC50, SOURCES + b"later,a,vaccinees\n", "sources, line 4: antibody 'a' is there already"),
        (IC50, SOURCES.replace(b",vaccinees", b',"a, b"'), "line 2: source 'a, b' has a comma or a line break"),
        (IC50.replace(b"BA.1", b'"BA.1,2"'), SOURCES, "ic50, line 3: virus 'BA.1,2' has a comma"),
        (
            IC50.replace(b">10", b">3"),
            SOURCES,
            "ic50, line 3: '>3' is below the upper limit. Write upper_limit='3 ug/mL'",
        ),
        (IC50.replace(b"<0.001", b"<0.1"), SOURCES, "line 5: '<0.1' is above the lower limit. Write lower_limit='0.1"),
        (IC50[:20], SOURCES, "ic50 has no measurements"),
        (b"\xff\xfe", SOURCES, "ic50 is no text in UTF-8"),
    ],
)
def test_tables_that_cannot_be_read_are_refused_by_line(ic50: bytes, sources: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        own(ic50, sources)


def test_limits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="lower_limit 20 ug/mL is not below upper_limit 10 ug/mL"):
        own(lower_limit=20.0)


def test_numbers_out_of_place_are_refused() -> None:
    with pytest.raises(ValueError, match=r"antibodies\.source counts from 0 to 1 here, got 0\.\.2"):
        against(replace(own(), source=np.array([0, 2])))
    with pytest.raises(ValueError, match="two measurements of one antibody against one variant"):
        against(replace(own(), variant=np.array([0, 0, 1, 0])))


def test_potency_is_told_by_quantiles_with_their_censoring() -> None:
    """Quantiles among numbers are numpy's; those beyond them are bounds at the limit."""
    found = potency(PUBLISHED)
    cells = list(zip(found.cell_source.tolist(), found.cell_variant.tolist(), strict=True))
    ic50 = against(PUBLISHED)
    assert len(cells) == 2 * 7 + 3 * 4
    for row, (source, variant) in enumerate(cells):
        values = ic50[PUBLISHED.source == source, variant]
        values = values[~np.isnan(values)]
        assert found.measured[row] == values.size
        assert found.censored_share[row] == (values >= 10).mean()
        expected = np.quantile(values, found.probability, method="inverted_cdf")
        assert found.ic50_quantile[row] == pytest.approx(np.maximum(expected, 0.001), rel=1e-12)
        assert found.ic50_bound[row].tolist() == [1 if q >= 10 else -1 if q <= 0.001 else 0 for q in expected]
    empty = replace(own(), antibody=np.zeros(0, int), variant=np.zeros(0, int), ic50=np.zeros(0))
    with pytest.raises(ValueError, match="antibodies holds no measurement"):
        potency(empty)


def test_the_models_keep_what_they_declare() -> None:
    assert check_model(published)["counted"] == 1289
    assert check_model(potency, antibodies=PUBLISHED)["measured"].sum() == PUBLISHED.ic50.size
    assert check_model(table, ic50=File(IC50), sources=File(SOURCES), upper_limit="10000 ng/mL")["counted"] == 2


@pytest.mark.science
@pytest.mark.parametrize(("name", "module"), [("antibodies", derived_antibodies), ("scan", derived_scan)])
def test_committed_tables_are_derived_again_to_the_byte(name, module, record_property) -> None:
    committed = (files("bridge_epidemic.tables") / f"{name}.csv").read_bytes()
    again = module.derive(Path(os.environ["SCALEBRIDGE_DATA"])).encode()
    record_property("asked", f"{name}.csv derived from the raw file, byte for byte")
    record_property("reached", f"{len(again)} bytes of {len(committed)}, {'equal' if again == committed else 'others'}")
    assert again == committed


@pytest.mark.science
def test_raw_files_give_what_the_committed_table_holds(record_property) -> None:
    raw = Path(os.environ["SCALEBRIDGE_DATA"])
    found = table(File.read(raw / "antibody_ic50_rbd.csv"), File.read(raw / "antibody_sources_rbd.csv"))
    record_property("asked", "6,068 antibodies, 54,444 measurements; pairs of the committed table among them")
    record_property("reached", f"{found.counted} antibodies, {found.antibodies.ic50.size} measurements")
    assert (found.counted, found.antibodies.ic50.size) == (6068, 54_444)
    for one, other, source in (("D614G", "XBB", "WT vaccinees"), ("KP.3", "KP.3+A475V", "BA.5 + JN.1 infection")):
        ours, theirs = (pairs(each, one, other, source, "refuse") for each in (PUBLISHED, found.antibodies))
        of = {tuple(pair) for pair in zip(theirs.reference.tolist(), theirs.variant.tolist(), strict=True)}
        assert {tuple(pair) for pair in zip(ours.reference.tolist(), ours.variant.tolist(), strict=True)} <= of
    with pytest.raises(
        ValueError, match=r"16 antibodies were measured against both D614G and XBB\.1\.5, of which .* 5 have"
    ):
        pairs(found.antibodies, "D614G", "XBB.1.5", "WT convalescents", "refuse")
    with pytest.raises(ValueError, match=r"0 antibodies were measured against both D614G and XBB\.1\.5"):
        pairs(found.antibodies, "D614G", "XBB.1.5", "WT vaccinees", "bound")
