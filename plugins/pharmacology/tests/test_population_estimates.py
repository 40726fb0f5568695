"""Tables of estimates: read, written, drawn from, and refused by line and column; NONMEM's own texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bridge_pharmacology.population import estimates as tables
from bridge_pharmacology.population import nonmem
from bridge_pharmacology.population.estimates_model import estimates
from bridge_pharmacology.population.random_effects import random_effects

from bridge import File, Q

PLAIN = """# R. Bruno et al., Cancer Chemother. Pharmacol. 56, 361 (2005)
parameter,estimate,unit,rse,cv
clearance,0.225,L/d,5,43
central_volume,2.95,L,3,29
k12,0.164,1/d,,
"""
FULL = """parameter,estimate,unit,covariance(a),covariance(b),variance(a),variance(b)
a,2.0,L/h,0.04,0.06,0.10,0.03
b,10.0,L,0.06,1.0,0.03,0.09
"""
EXT = """TABLE NO.     1: First Order: Goal Function=MINIMUM VALUE
 ITERATION    THETA1  THETA2  SIGMA(1,1)  OMEGA(1,1)  OMEGA(2,1)  OMEGA(2,2)  OBJ
 0  1.0  9.0  0.01  0.2  0.0  0.2  150.0
 -1000000000  2.0  8.0  0.02  9.9  0.0  9.9  140.0
TABLE NO.     2: First Order Conditional Estimation with Interaction
 ITERATION    THETA1       THETA2       THETA3  SIGMA(1,1)   OMEGA(1,1)   OMEGA(2,1)   OMEGA(2,2)   OBJ
            0  1.0000E+00   9.0000E+00  1.0E-01  1.0000E-02   2.0000E-01   0.0000E+00   2.0000E-01    1.5E+02
  -1000000000  2.2500E-01   2.9500E+00  1.5E-01  1.0000E+00   1.0000E-01   3.0000E-02   9.0000E-02    1.3E+02
  -1000000001  1.1250E-02   8.8500E-02  1.0E-02  0.0000E+00   1.0000E-02   0.0000E+00   1.0000E-02    0.0E+00
"""
COV = """TABLE NO.     2: First Order Conditional Estimation with Interaction
 NAME              THETA1       THETA2       THETA3       SIGMA(1,1)
 THETA1            1.265625E-04 1.0E-04      0.0          0.0
 THETA2            1.0E-04      7.832250E-03 0.0          0.0
 THETA3            0.0          0.0          1.0E-04      0.0
 SIGMA(1,1)        0.0          0.0          0.0          0.0
"""
NAMED = {"names": "clearance, central_volume, -", "units": "L/d, L, 1"}


def test_a_table_gives_typical_values_as_a_flow_writes_them() -> None:
    found = tables.read(PLAIN.encode())
    assert found.literals() == {"clearance": "0.225 L/d", "central_volume": "2.95 L", "k12": "0.164 1/d"}
    assert found.relative_error == pytest.approx([0.05, 0.03, 0.0])
    assert found.effects == ("clearance", "central_volume")
    assert found.variance == pytest.approx(np.diag(np.log1p([0.43**2, 0.29**2])), rel=1e-12)


def test_a_standard_error_and_a_relative_one_say_the_same() -> None:
    absolute = PLAIN.replace("rse", "se").replace("L/d,5", "L/d,0.01125").replace("L,3", "L,0.0885")
    assert tables.read(absolute.encode()).covariance == pytest.approx(tables.read(PLAIN.encode()).covariance, rel=1e-12)


def test_covariances_are_read_in_the_units_of_the_table() -> None:
    """cov(a, b) = 0.06 over 2.0 · 10.0: 0.003 of the logarithms."""
    found = tables.read(FULL.encode())
    assert found.covariance == pytest.approx(np.array([[0.01, 0.003], [0.003, 0.01]]), rel=1e-12)
    assert found.variance == pytest.approx(np.array([[0.10, 0.03], [0.03, 0.09]]), rel=1e-12)


@pytest.mark.parametrize("text", [PLAIN, FULL])
def test_a_table_written_and_read_again_is_the_same(text: str) -> None:
    once = tables.read(text.encode())
    again = tables.read(tables.written(once).encode())
    assert (again.parameters, again.units) == (once.parameters, once.units)
    assert np.array_equal(again.estimate, once.estimate)
    assert again.covariance == pytest.approx(once.covariance, rel=1e-14)
    assert np.array_equal(again.log_variance, once.log_variance)


def test_drawn_parameters_have_the_covariance_of_the_estimates() -> None:
    """40,000 draws know variances of 0.01 to 7e-5, a covariance to 5e-5: four times that; medians are the estimates."""
    found = tables.read(FULL.encode())
    logs = np.log(found.drawn(40_000))
    assert np.cov(logs, rowvar=False) == pytest.approx(found.covariance, abs=2.8e-4)
    assert np.median(np.exp(logs), axis=0) == pytest.approx([2.0, 10.0], rel=3e-3)
    drawn = found.sampled(5)
    assert drawn["a"].to("mL/min").magnitude == pytest.approx(found.drawn(5)[:, 0] * 1000 / 60, rel=1e-12)
    assert drawn["b"].check(Q(1, "L").dimensionality)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the table of estimates is empty"),
        ("parameter,estimate,unit\n", "a header and no row"),
        ("parameter,estimate\na,1\n", "no column 'unit'; it has parameter, estimate"),
        (PLAIN.replace("29\n", "29,1\n"), "line 4 has 6 columns, and the header 5"),
        (PLAIN.replace("k12", "clearance"), "line 3: the parameter 'clearance' stands twice"),
        (PLAIN.replace("k12", ""), "line 5: the parameter '' has no name"),
        (PLAIN.replace("cv", "iiv"), "column 'iiv' is not known. Columns are parameter, estimate, unit, rse"),
        (PLAIN.replace("2.95", "two"), "line 4, estimate: 'two' is not a number"),
        (PLAIN.replace("2.95", "-2.95"), "line 4, estimate: got -2.95, expected a number above 0"),
        (PLAIN.replace("2.95", "nan"), "line 4, estimate: got nan"),
        (PLAIN.replace("2.95", ""), "line 4, estimate: '' is not a number"),
        (PLAIN.replace("L,3", "L,-3"), "line 4, rse: got -3, expected a number at least 0"),
        (PLAIN.replace("L,3", "litres per what,3"), "line 4: 'litres per what' is no unit"),
        (FULL.replace(",covariance(b)", ",rse"), "rse and covariance say the same in two ways"),
        (
            FULL.replace("0.03,0.09", "0.05,0.09"),
            r"variance between individuals: .*symmetric: element \[0, 1\] is 0.03",
        ),
        (FULL.replace("0.03", "0.3"), "variance between individuals: .*not positive definite"),
        (FULL.replace("0.06", "0.6"), "covariance of the estimates: .*not positive definite"),
    ],
)
def test_bad_tables_are_refused_by_line_and_column(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        tables.read(text.encode())


def test_a_matrix_that_is_not_whole_is_refused() -> None:
    half = "\n".join(",".join(line.split(",")[:4]) for line in FULL.splitlines())
    with pytest.raises(ValueError, match=r"there is covariance\(a\), and no covariance\(b\): write all"):
        tables.read(half.encode())


def test_nonmems_last_table_is_read(tmp_path: Path) -> None:
    found = nonmem.read(EXT.encode(), COV.encode(), **NAMED)
    assert found.literals() == {"clearance": "0.225 L/d", "central_volume": "2.95 L"}
    assert found.relative_error == pytest.approx([0.05, 0.03], rel=1e-12)
    assert found.covariance[0, 1] == pytest.approx(1e-4 / (0.225 * 2.95), rel=1e-12)
    assert found.variance == pytest.approx(np.array([[0.10, 0.03], [0.03, 0.09]]), rel=1e-12)
    swapped = nonmem.read(EXT.encode(), **NAMED, effects="central_volume, clearance")
    assert swapped.variance == pytest.approx(np.array([[0.09, 0.03], [0.03, 0.10]]), rel=1e-12)
    assert not swapped.relative_error.any()


@pytest.mark.parametrize(
    ("ext", "given", "told"),
    [
        (EXT, {"names": "clearance", "units": "L/d"}, "3 THETAs, and there are 1 names and 1 units"),
        (EXT, {"names": "a, a, -", "units": "1, 1, 1"}, "names of parameters differ"),
        (EXT, NAMED | {"effects": "clearance"}, "2 ETAs, and effects are clearance"),
        (EXT, NAMED | {"effects": "clearance, ka"}, "Write a parameter for each, of clearance, central_volume"),
        (EXT.replace("-1000000000", "-1000000001"), NAMED, "no row of final estimates"),
        (
            EXT.replace("2.9500E+00", "-2.95E+00"),
            NAMED,
            r"THETA2 \(central_volume\) is -2.95, and a parameter is above 0",
        ),
        (EXT.replace("3.0000E-02   9", "9.0000E-01   9"), NAMED, "not positive definite"),
        (EXT + " 1 2 3\n", NAMED, "line 10 of NONMEM's text has 3 columns, expected 9"),
        ("TABLE NO. 1\n", NAMED, "no header that begins with ITERATION"),
    ],
)
def test_nonmems_text_that_does_not_fit_is_refused(ext: str, given: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        nonmem.read(ext.encode(), **given)


def test_as_a_stage_both_kinds_of_text_give_what_makes_individuals() -> None:
    for table, given in ((PLAIN, {}), (EXT, NAMED | {"covariance": File(COV.encode(), "text/plain")})):
        found = estimates(File(table.encode(), "text/plain"), **given, draws=7)
        assert found.effects == "clearance, central_volume"
        assert found.drawn.shape == (7, len(found.estimate))
        assert random_effects(variance=found.variance, patients=4).eta.shape == (4, 2)
        assert found.variation == pytest.approx(np.sqrt(np.expm1(np.diagonal(found.variance))), rel=1e-12)
        assert found.picture.content.startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"belong to NONMEM's \.ext file"):
        estimates(File(PLAIN.encode(), "text/csv"), names="clearance")
