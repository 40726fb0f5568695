"""The random walk against closed forms of the fcc lattice."""

import math

import numpy as np
import pytest
from bridge_creep.walk import BOLTZMANN, NEIGHBOURS, TRACER_CORRELATION, random_walk
from bridge_creep.walk_kernel import uniform, walk
from scipy.sparse import csr_array, identity
from scipy.sparse.linalg import spsolve

COPPER = {"barrier": 0.79, "jump_length": 2.538, "attempt_frequency": 5.6, "formation_energy": 1.22}


def closed_form(temperature):
    """Γ a^2, in m^2/s."""
    rate = COPPER["attempt_frequency"] * 1e12 * math.exp(-COPPER["barrier"] / (BOLTZMANN * temperature))
    return rate * 2 * (COPPER["jump_length"] * 1e-10) ** 2


@pytest.mark.parametrize("temperature", [300.0, 900.0, 1300.0])
def test_vacancies_diffuse_as_the_closed_form_says(temperature):
    result = random_walk(**COPPER, temperature=temperature, seed=int(temperature))
    assert result.vacancy_diffusivity_error < 0.02 * result.vacancy_diffusivity
    assert abs(result.vacancy_diffusivity - closed_form(temperature)) < 3 * result.vacancy_diffusivity_error


def test_the_error_is_the_scatter_between_seeds():
    runs = [random_walk(**COPPER, temperature=900.0, seed=s, walkers=64, jumps=1000) for s in range(100)]
    score = np.array([(r.vacancy_diffusivity - closed_form(900.0)) / r.vacancy_diffusivity_error for r in runs])
    assert abs(score.mean()) < 0.3  # 3 / sqrt(100)
    assert abs(score.std() - 1) < 0.21  # 3 / sqrt(2 x 100)


def test_the_walk_is_isotropic():
    count = 4096
    end = random_walk(**COPPER, temperature=900.0, walkers=count, jumps=500).displacement / COPPER["jump_length"]
    assert np.abs(end.mean(axis=0)).max() < 3 * math.sqrt(500 / 3 / count)
    moments = end.T @ end / count / (500 / 3)  # 500 jumps of length 1 shared by three axes
    assert moments == pytest.approx(np.eye(3), abs=4 * math.sqrt(2 / count))  # the largest of six: 4 errors, not 3


def test_mean_square_displacement_grows_as_time():
    result = random_walk(**COPPER, temperature=900.0, walkers=4096, jumps=1000, observations=10)
    slope = result.mean_square_displacement * 1e-20 / (6 * result.time)
    assert slope == pytest.approx(closed_form(900.0), rel=4 * math.sqrt(2 / 3 / 4096))


def test_walkers_are_back_home_as_often_as_closed_paths_on_fcc_allow():
    # closed paths of n steps on fcc, of 12^n: OEIS A002899; the number of steps in one mean waiting time is Poisson
    closed = [1, 0, 12, 48, 540, 4320, 42240]
    expected = math.exp(-1) * sum(c / 12**n / math.factorial(n) for n, c in enumerate(closed))
    seeds = np.random.SeedSequence(5).generate_state(80_000, np.uint64).reshape(-1, 4)
    home = (walk(seeds, NEIGHBOURS, 1.0, 1)[:, 0] == 0).all(axis=1).mean()
    assert home == pytest.approx(expected, abs=3 * math.sqrt(expected * (1 - expected) / 20_000))


def test_walkers_stay_on_the_fcc_lattice():
    end = random_walk(**COPPER, temperature=900.0, walkers=32, jumps=200).displacement
    sites = end / (COPPER["jump_length"] / math.sqrt(2))
    assert sites == pytest.approx(np.round(sites), abs=1e-9)
    assert (np.round(sites).sum(axis=1) % 2 == 0).all()


def test_arrhenius_slope_is_barrier_plus_formation_energy():
    temperatures = np.linspace(700.0, 1300.0, 7)
    rates = [random_walk(**COPPER, temperature=t, seed=i).diffusivity for i, t in enumerate(temperatures)]
    slope = -np.polyfit(1 / (BOLTZMANN * temperatures), np.log(rates), 1)[0]
    # each of seven seeds errs by 0.8 %, over 7.6 in 1/kT: 0.0012 eV is one standard error
    assert slope == pytest.approx(0.79 + 1.22, abs=0.004)


def test_entropy_of_formation_multiplies_the_vacancies():
    without, with_entropy = (random_walk(**COPPER, temperature=900.0, formation_entropy=s) for s in (0.0, 2.5))
    assert with_entropy.vacancy_concentration == pytest.approx(without.vacancy_concentration * math.exp(2.5))
    assert without.vacancy_concentration == pytest.approx(math.exp(-1.22 / (BOLTZMANN * 900)))


def test_matter_moves_by_vacancies_and_tracers_more_slowly():
    result = random_walk(**COPPER, temperature=900.0)
    assert result.diffusivity == pytest.approx(result.vacancy_concentration * result.vacancy_diffusivity)
    assert result.diffusivity_error == pytest.approx(result.vacancy_concentration * result.vacancy_diffusivity_error)
    assert result.tracer_diffusivity == pytest.approx(0.78146 * result.diffusivity)


def test_tracer_correlation_follows_from_the_ways_a_vacancy_returns():
    """f = (1 + c) / (1 - c), c being the mean cosine between a tracer's jump and its next.

    After the jump the vacancy sits at (1, 1, 0) of the tracer. Its chance to arrive by each of the
    twelve neighbours solves a linear system over the sites of a periodic cell, here of 4000.
    """
    edge = 20
    sites = np.array([s for s in np.ndindex(edge, edge, edge) if sum(s) % 2 == 0])
    index = {tuple(s): i for i, s in enumerate(sites)}
    start, row, column = [index[tuple(n % edge)] for n in NEIGHBOURS], [], []
    for i, site in enumerate(sites[1:], 1):  # site 0 is the tracer's: a vacancy that swaps with it is done
        for n in NEIGHBOURS:
            j = index[tuple((site + n) % edge)]
            if j:
                row.append(i)
                column.append(j)
    steps = csr_array((np.full(len(row), 1 / 12), (row, column)), shape=(len(sites),) * 2)
    began = np.zeros(len(sites))
    began[start[0]] = 1
    visits = spsolve((identity(len(sites)) - steps.T).tocsc(), began)
    arrival = visits[start] / 12
    # the tracer's first jump went from the vacancy's new place to its old: along -NEIGHBOURS[0]
    cosine = arrival @ (NEIGHBOURS @ -NEIGHBOURS[0]) / 2
    assert arrival.sum() == pytest.approx(1)
    assert (1 + cosine) / (1 - cosine) == pytest.approx(TRACER_CORRELATION, abs=0.001)  # 4000 sites are not infinite


def test_equal_seeds_walk_equal_paths_and_company_changes_nothing():
    one, two, more, other = (
        random_walk(**COPPER, temperature=900.0, jumps=100, walkers=w, seed=s)
        for w, s in ((8, 3), (8, 3), (16, 3), (8, 4))
    )
    assert np.array_equal(one.displacement, two.displacement)
    assert np.array_equal(one.displacement, more.displacement[:8])
    assert not np.array_equal(one.displacement, other.displacement)


def test_the_generator_is_xoshiro256_plus_plus():
    # its authors' C code started from 1, 2, 3, 4; a number in [0, 1) keeps the upper 53 of 64 bits
    state = np.array([1, 2, 3, 4], dtype=np.uint64)
    published = [41943041, 58720359, 3588806011781223, 3591011842654386]
    assert [int(uniform(state) * 2**53) for _ in published] == [word >> 11 for word in published]
