"""The figures asked of the chain, as docs/validation.md reports them."""

import time
from collections.abc import Callable

import pytest
from bridge_creep.walk import random_walk

from bridge.registry import find

pytestmark = pytest.mark.science


@pytest.fixture(scope="module")
def vacancy():
    start = time.process_time()
    return find("ase.vacancy").function("Cu"), time.process_time() - start


FIGURES: list[tuple[str, str, Callable, Callable]] = [
    ("lattice constant", "3.590 Å (EMT)", lambda v: f"{v.lattice_constant:.4f} Å",
     lambda v: abs(v.lattice_constant - 3.590) < 0.001),
    ("formation energy", "1.224 eV (EMT); experiment 1.28", lambda v: f"{v.formation_energy:.4f} eV",
     lambda v: abs(v.formation_energy - 1.224) < 0.001),
    ("migration energy", "0.79 eV (EMT); experiment 0.70", lambda v: f"{v.migration_energy:.4f} eV",
     lambda v: abs(v.migration_energy - 0.79) < 0.005),
    ("activation energy of self-diffusion", "2.0 to 2.1 eV (experiment)",
     lambda v: f"{v.formation_energy + v.migration_energy:.4f} eV",
     lambda v: 2.0 <= v.formation_energy + v.migration_energy <= 2.1),
]  # fmt: skip


@pytest.mark.parametrize(("what", "asked", "show", "holds"), FIGURES, ids=[f[0] for f in FIGURES])
def test_vacancy_of_copper(vacancy, record_property, what, asked, show, holds):
    found, seconds = vacancy
    record_property("asked", asked)
    record_property("reached", f"{show(found)} (all of it in {seconds:.1f} CPU-s, under 30 asked)")
    assert holds(found)


@pytest.mark.parametrize("temperature", [600.0, 900.0, 1300.0])
def test_vacancies_diffuse_as_the_closed_form_has_it(vacancy, record_property, temperature):
    v, _ = vacancy
    walk = random_walk(v.migration_energy, v.jump_length, v.attempt_frequency, v.formation_energy, temperature)
    from math import exp, sqrt

    from bridge_creep.constants import e, k

    rate = v.attempt_frequency * 1e12 * exp(-v.migration_energy * e / (k * temperature))
    exact = rate * (v.jump_length * sqrt(2) * 1e-10) ** 2
    deviation = (walk.vacancy_diffusivity - exact) / walk.vacancy_diffusivity_error
    record_property("asked", f"D = Γa² = {exact:.4g} m²/s at {temperature:g} K, within 3 standard errors")
    record_property("reached", f"{walk.vacancy_diffusivity:.4g} m²/s, {deviation:+.2f} standard errors")
    assert abs(deviation) < 3
