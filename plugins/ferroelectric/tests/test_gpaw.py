"""The live source, where GPAW is installed (`make dft`); elsewhere a skip, which counts as not shown."""

import numpy as np
import pytest
from bridge_ferroelectric.quantum import distortions, live, reading, source_gpaw
from bridge_ferroelectric.quantum.models import quantum

from bridge import File

pytestmark = [pytest.mark.science, pytest.mark.timeout(1200)]


@pytest.fixture(autouse=True)
def _needs_gpaw(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    pytest.importorskip("gpaw", reason="GPAW is not installed: `make dft`, then `make test-science`")


def test_gpaw_computes_again_what_the_plugin_brings(record_property):
    record_property("asked", ", ".join(f"{what} within {value:g}" for what, value in live.TOLERANCE.items()))
    found = live.differences()
    record_property("reached", ", ".join(f"{what} {value:.1e}" for what, value in found.items()))
    assert all(found[what] <= live.TOLERANCE[what] for what in found)  # convergence: forces 1e-4 eV/Å


def test_the_live_stage_completes_a_file_and_gives_the_same_fit(record_property):
    record_property("asked", "κ, α and B1xx of the 4³ series to 1 %, two structures of 26 computed now")
    series = reading.series(reading.frames(reading.committed()), "LDA", 600.0, 4)
    inputs = {"kpoints": 4, "source": "gpaw"}
    whole = quantum(dataset=File(reading.text(series)), **inputs)
    part = quantum(dataset=File(reading.text([*series[:11], *series[12:25]])), **inputs)
    pairs = [(getattr(whole.onsite, n), getattr(part.onsite, n)) for n in ("kappa", "alpha", "B1xx")]
    record_property("reached", ", ".join(f"{then:.3f} {now:.3f}" for then, now in pairs))
    assert part.structures != whole.structures  # something was computed
    for then, now in pairs:
        assert now == pytest.approx(then, rel=0.01)


def test_a_functional_without_setups_is_given_those_of_pbe(record_property):
    record_property(
        "asked", "PBEsol: edge of lowest pressure between those of LDA and PBE; provenance says whose setups"
    )
    settings = {f: source_gpaw.Settings(f, 400.0, 2) for f in ("LDA", "PBEsol", "PBE")}
    cell = distortions.cell("BaTiO3", 3.98)
    done = {f: source_gpaw.calculate(cell, s) for f, s in settings.items()}
    pressure = {f: -np.trace(atoms.get_stress()[:3] * np.eye(3)) / 3 * 160.2 for f, atoms in done.items()}
    record_property("reached", ", ".join(f"{f} {p:.1f} GPa at 3.98 Å" for f, p in pressure.items()))
    assert pressure["LDA"] < pressure["PBEsol"] < pressure["PBE"]
    assert done["PBEsol"].info["setups"].endswith("PBE, redirected")


def test_without_self_consistency_the_structure_is_named():
    with pytest.raises(RuntimeError, match=r"no self-consistency for BaTiO3.*in 3 iterations\. Write iterations=6"):
        source_gpaw.calculate(distortions.cell("BaTiO3", 3.95), source_gpaw.Settings("LDA", 300.0, 2), iterations=3)
