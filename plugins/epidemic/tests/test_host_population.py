"""The published cases of SARS-CoV-2, person by person: what the study reports of its simulated population."""

import numpy as np
import pytest
from bridge_epidemic.host.published import published
from bridge_epidemic.host.target_cells import target_cells_rna
from bridge_epidemic.transmission.infectiousness import related

PERSONS = 200


@pytest.fixture(scope="module")
def population():
    """Loads of persons (log10 copies/mL) over 20 d and their chances of transmission at a contact in the household.

    A. Marc et al., eLife 10, e69302 (2021), Table 1, M2: standard deviations of logarithms are 0.38 of R0, 0.037 of the
    loss, 2.35 of production and 0.85 of the slope; the chance is 5 % below 1e6 copies/mL. By ratio of production.
    """
    typical = {name: value for name, value in vars(published()).items() if name != "source"}
    z = np.random.default_rng(20210927).standard_normal((PERSONS, 4))

    def simulated(ratio):
        loads, chances = [], []
        for reach, loss, made, slope in np.exp(z * [0.38, 0.037, 2.35, 0.85]):
            own = typical | {
                "infection_rate": typical["infection_rate"] * reach * loss / made,
                "loss_rate": typical["loss_rate"] * loss,
                "production": typical["production"] * made * ratio,
            }
            course = target_cells_rna(**own, duration=20.0, tolerance=1e-6)
            chance = related(course.load, "logit", {"limit": 1e6, "baseline": 0.05, "slope": 0.49 * slope})
            loads.append(np.log10(np.maximum(course.load, 1e-9)))
            chances.append(np.where(chance > 0, chance, 0.05))
        return course.time, np.array(loads), np.array(chances)

    return {ratio: simulated(ratio) for ratio in (0.25, 1.0, 2.0, 4.0, 8.0)}


@pytest.mark.science
@pytest.mark.parametrize(("ratio", "asked"), [(2.0, 6), (4.0, 15), (8.0, 24), (0.25, -23)])
def test_production_changes_the_chance_of_transmission(population, record_property, ratio, asked):
    """Average over 20 d of contacts at a constant rate, in households, against the study's percentages: 5 points."""
    base, changed = (population[r][2].mean() for r in (1.0, ratio))
    reached = 100 * (changed / base - 1)
    record_property("asked", f"{asked:+d} % at {ratio:g} times the production, within 5 points")
    record_property("reached", f"{reached:+.1f} %")
    assert reached == pytest.approx(asked, abs=5)


@pytest.mark.science
def test_the_study_s_course_of_infectiousness(population, record_property):
    """Peak of the mean chance 0.29 (0.04 for 200 persons) at symptoms, 5 d (1 d for a flat top); above 5 % for a median
    of 12 d (1 d); median generation interval 7.7 d (0.5 d)."""
    time, loads, chances = population[1.0]
    mean = chances.mean(axis=0)
    infected = np.cumsum(mean)
    found = {
        "peak": float(mean.max()),
        "day of the peak": float(time[int(mean.argmax())]),
        "days above": float(np.median((loads > 6).sum(axis=1)) * (time[1] - time[0])),
        "median generation time": float(np.interp(0.5, infected / infected[-1], time)),
    }
    record_property("asked", "peak 0.29 ± 0.04 at 5 ± 1 d, 12 ± 1 d above 5 %, median generation time 7.7 ± 0.5 d")
    record_property("reached", ", ".join(f"{name} {value:.3g}" for name, value in found.items()))
    assert found["peak"] == pytest.approx(0.29, abs=0.04)
    assert found["day of the peak"] == pytest.approx(5.0, abs=1.0)
    assert found["days above"] == pytest.approx(12.0, abs=1.0)
    assert found["median generation time"] == pytest.approx(7.7, abs=0.5)
