"""Mutations in a deep mutational scan."""

from __future__ import annotations

import re

import numpy as np
import pytest
from bridge_epidemic.neutralisation.scan import scan

from bridge import File
from bridge.testing import check_model

OWN = (
    b"label_site,wildtype,mutation,condition,mut_delta_effect,other\n"
    b"7,K,N,ACE2-binding,-1.0,x\n7,K,N,expression,0.4,x\n7,K,E,ACE2-binding,,x\n"
)


def test_published_changes_of_affinity_and_their_energies() -> None:
    """T. N. Starr et al., Cell 182, 1295 (2020): Δlog10 Ka; −RT ln 10 each at 298.15 K, to the last digit told."""
    found = scan("N501Y, N501F, K417N, E484K")
    assert found.scanned == "N501Y\nN501F\nK417N\nE484K"
    assert found.affinity_change.tolist() == [0.24, 0.29, -0.45, 0.06]
    assert found.binding_change[:3] == pytest.approx([-0.327, -0.396, 0.614], abs=5e-4)


def test_energy_is_proportional_to_temperature() -> None:
    """1.3642 kcal/mol for one log10 at 298.15 K, 1.4192 at 310.15 K."""
    own = File(OWN, "text/csv")
    assert scan("K7N", 298.15, own).binding_change == pytest.approx([1.3642], abs=5e-5)
    assert scan("K7N", 310.15, own).binding_change == pytest.approx([1.4192], abs=5e-5)


@pytest.mark.parametrize(
    ("mutations", "said"),
    [
        ("N501B", "N501B: B is no amino acid. Write one of ACDEFGHIKLMNPQRSTVWY"),
        ("N501Y, A501Y", "A501Y: site 501 is N in the scan. Write N501Y"),
        ("N1501Y", "the scan has no site 1501. Write one of 331 to 531"),
        ("501Y", "'501Y' is no mutation. Write wild type, site and amino acid, like N501Y"),
        ("n501y", "'n501y' is no mutation"),
        ("", "'' is no mutation"),
        ("N501Y, N501Y", "mutation N501Y is written twice"),
        ("V524M", "V524M was not measured in the scan. At site 524 these were: ADEGILPRTVWY"),
    ],
)
def test_what_is_not_in_the_scan_is_refused_with_what_is(mutations: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        scan(mutations)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (OWN.replace(b"wildtype", b"wt"), "scan has no column wildtype"),
        (
            OWN.replace(b"-1.0", b"low"),
            "Line 2 of the scan: label_site '7' and mut_delta_effect 'low' are to be",
        ),
        (OWN.replace(b"ACE2-binding", b"ACE2"), "scan has no row of condition 'ACE2-binding'"),
    ],
)
def test_a_scan_that_cannot_be_read_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        scan("K7N", scan=File(content, "text/csv"))


def test_what_the_scan_left_out_is_no_zero() -> None:
    with pytest.raises(ValueError, match=r"K7E was not measured in the scan\. At site 7 these were: N"):
        scan("K7E", scan=File(OWN, "text/csv"))


def test_the_model_keeps_what_it_declares() -> None:
    found = check_model(scan, mutations="N501Y", temperature="25 degC")
    assert found["binding_change"] == pytest.approx(np.array([-0.32742]), abs=1e-5)
