"""The regression on synthetic points: a known free energy must come back within its errors."""

from dataclasses import fields, replace

import numpy as np
import pytest
from bridge_ferroelectric import polynomial, voigt
from bridge_ferroelectric.interfaces import Hamiltonian
from bridge_ferroelectric.landau import free_energy, separation
from bridge_ferroelectric.landau.models import Coefficients, landau
from bridge_ferroelectric.phases import DIRECTIONS

ZVR = Hamiltonian(
    name="BaTiO3",
    functional="LDA",
    source="W. Zhong, D. Vanderbilt and K. M. Rabe, Phys. Rev. B 52, 6301 (1995)",
    lattice_constant=3.9477,
    mass=39.0,
    effective_charge=9.956,
    permittivity=5.24,
    B11=126.0,
    B12=44.9,
    B44=50.3,
    B1xx=-211.0,
    B1yy=-19.3,
    B4yz=-7.75,
    kappa2=5.502,
    alpha=110.4,
    gamma=-163.1,
    k1=0.0,
    k2=0.0,
    k3=0.0,
    k4=0.0,
    j=np.array([-2.648, 3.894, 0.898, -0.789, 0.562, 0.358, 0.179]),
    pressure=-4.8,
    thermal_pressure=0.0,
)

#: First trial: the demo's free energy about 300 K.
TRUE = {
    "alpha1": 7.65e5 * 41,
    "alpha1_slope": 7.65e5,
    "alpha11": -9.15e8,
    "alpha11_slope": 2e6,
    "alpha12": 2.4e8,
    "alpha12_slope": -1e6,
    "alpha111": 5.38e9,
    "alpha112": 6.65e9,
    "alpha123": 9.6e9,
}
Q = np.array([0.122, -0.0375, 0.0314])
KELVIN = np.array([260.0, 300.0, 340.0, 380.0])


def points(seed=0, kelvin=KELVIN, noise=5e5, true=TRUE):
    """Points of the free energy TRUE about 320 K, with noise in V/m."""
    size = np.linspace(0.40, 0.14, 6)
    polarization = np.broadcast_to(
        size[None, None, :, None] * DIRECTIONS[None, :, None, :], (len(kelvin), 3, 6, 3)
    ).copy()
    law = free_energy.columns(polarization, (kelvin - 320.0)[:, None, None], free_energy.CHOICES[free_energy.ANSWER])
    along = sum(true[name] * column for name, column in law.items())
    along = along + noise * np.random.default_rng(seed).standard_normal(along.shape)
    return {
        "temperature": kelvin,
        "polarization": polarization,
        "field": along[..., None] * DIRECTIONS[None, :, None, :],
        "field_error": np.full(along.shape, max(noise, 1.0)),
        "strain": voigt.products(polarization) @ voigt.cubic(*Q)
        + (1e-5 * kelvin)[:, None, None, None] * np.array([1.0, 1, 1, 0, 0, 0]),
        "distortion_error": np.full(along.shape, 1e-5),
        "volume_error": np.full(along.shape, 1e-5),
    }


def lattice(*kelvin, off=0.0):
    """Polarization of unconstrained runs in the well of TRUE."""
    wells = []
    for t in kelvin:
        a = TRUE["alpha1"] + TRUE["alpha1_slope"] * (t - 320)
        b = TRUE["alpha11"] + TRUE["alpha11_slope"] * (t - 320)
        c = TRUE["alpha111"]
        wells.append([0.0, 0.0, (1 + off) * np.sqrt((-b + np.sqrt(b * b - 3 * a * c)) / (3 * c))])
    return {"lattice_temperature": np.array(kelvin), "lattice_polarization": np.array(wells)}


def test_a_known_free_energy_comes_back_within_its_errors():
    deviations = []
    for seed in range(30):
        given = points(seed)
        shape, flat = given["field_error"].shape, (-1, 3)
        kelvin = np.broadcast_to((KELVIN - 320.0)[:, None, None], shape).ravel()
        field = (given["field"] * DIRECTIONS[:, None]).sum(axis=-1).ravel()
        polarization, error = given["polarization"].reshape(flat), given["field_error"].ravel()
        found = free_energy.regress(polarization, kelvin, field, error)
        deviations.append([(found.value(n) - v) / found.error(n) for n, v in TRUE.items()])
    deviations = np.array(deviations)
    # 30 draws of 9 coefficients: a mean of 0 ± 0.18, a spread of 1 ± 0.05 (errors are never scaled below 1)
    assert np.abs(deviations.mean(axis=0)).max() < 0.6
    assert deviations.std() == pytest.approx(1.0, abs=0.15)


def test_the_fit_says_where_the_transition_and_the_wells_are():
    found = landau(ZVR, **points(noise=0.0), **lattice(260.0, 300.0))
    assert found.curie_weiss_temperature == pytest.approx(320 - 41, abs=1e-3)
    # a = b²/4c of a first-order transition, by bisection of the same a(T), b(T): 41 + t = (b0 + b1 t)²/4c/a1
    t = np.roots([TRUE["alpha11_slope"] ** 2, 2 * TRUE["alpha11"] * TRUE["alpha11_slope"]
                  - 4 * TRUE["alpha111"] * TRUE["alpha1_slope"],
                  TRUE["alpha11"] ** 2 - 4 * TRUE["alpha111"] * TRUE["alpha1"]]).min()  # fmt: skip
    assert found.transition_temperature == pytest.approx(320 + t, abs=0.01)
    assert found.spontaneous_polarization == pytest.approx(lattice(260.0, 300.0)["lattice_polarization"][:, 2])
    assert np.array([found.landau.Q11, found.landau.Q12, found.landau.Q44]) == pytest.approx(Q)
    assert found.thermal_strain == pytest.approx(1e-5 * KELVIN)
    # C = B/a0³: ZVR's 126 eV of (3.9477 Å)³, 1 eV/Å³ = 160.218 GPa
    stiffness = found.landau.C11
    assert stiffness == pytest.approx(126 / 3.9477**3 * 160.21766)
    assert found.picture.content.startswith(b"\x89PNG")


def test_a_misfitting_polynomial_has_larger_errors_and_a_spread():
    wrong = points(noise=2e5)
    size = np.linalg.norm(wrong["polarization"], axis=-1, keepdims=True)
    wrong["field"] = wrong["field"] + 8 * 6e9 * size**6 * wrong["polarization"]  # an eighth order that no fit expects
    found = landau(ZVR, **wrong, **lattice(300.0), closing=0.5)
    plain = landau(ZVR, **points(noise=2e5), **lattice(300.0))
    assert found.chi2_per_degree > 4 * plain.chi2_per_degree
    ratio = found.errors.alpha11 / plain.errors.alpha11
    assert ratio == pytest.approx(np.sqrt(found.chi2_per_degree / max(1, plain.chi2_per_degree)), rel=1e-6)
    for f in fields(Coefficients):
        assert getattr(found.lowest, f.name) <= getattr(found.landau, f.name) <= getattr(found.highest, f.name)
    assert found.lowest.alpha1_slope < found.highest.alpha1_slope
    assert len(found.polynomials.splitlines()) == len(free_energy.CHOICES)


def test_points_that_separated_into_domains_are_dropped_and_listed():
    given = points(noise=2e5)
    # stripes of |P| = 0.25 along [001] at 260 K: their strain does not fall, and the field they hold is none
    for a in (4, 5):
        striped = np.array([0.0, 0.0, 0.25])
        given["strain"][0, 0, a] = voigt.products(striped) @ voigt.cubic(*Q) + 2.6e-3 * np.array([1, 1, 1, 0, 0, 0])
        given["field"][0, 0, a] = 0.0
    found = landau(ZVR, **given, **lattice(300.0))
    assert found.rejected_points == 2
    assert not found.kept[0, 0, 4:].any()
    assert found.kept.sum() == 70
    lines = found.rejected.splitlines()
    assert len(lines) == 2
    assert all("260 K, P along [001]" in line and "domains" in line for line in lines)
    assert abs(found.landau.alpha1_slope - TRUE["alpha1_slope"]) < 4 * found.errors.alpha1_slope


def test_noise_in_the_strain_rejects_nothing():
    strain = points()["strain"][0]
    size = np.linalg.norm(points()["polarization"][0], axis=-1)
    noisy = strain + 1e-4 * np.random.default_rng(3).standard_normal(strain.shape)
    error = np.full(size.shape, 1.2e-4)
    assert separation.single_phase(size, noisy, error, error).all()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"alpha111": -2e8}, "α111 > 0"),
        ({"alpha112": -8e9}, "α111 \\+ α112 > 0"),
        ({"alpha123": -9e10}, "3 α111 \\+ 6 α112 \\+ α123 > 0"),
    ],
)
def test_a_free_energy_without_lower_bound_is_refused_by_its_condition(change, text):
    with pytest.raises(ArithmeticError, match=text):
        landau(ZVR, **points(noise=0.0, true=TRUE | change), **lattice(300.0))


def test_a_fit_that_misses_the_polarization_of_the_lattice_says_both():
    fit = r"at 300 K the fit's polarization along \[001\] is 0\.3\d+ C/m², "
    with pytest.raises(
        ArithmeticError, match=fit + r"the lattice's 0\.3\d+ C/m²: they differ by 5\.[67]%, more than 5%"
    ):
        landau(ZVR, **points(noise=0.0), **lattice(300.0, off=0.06))


def test_temperatures_must_be_four_and_two_above_the_transition():
    with pytest.raises(ValueError, match="four temperatures"):
        landau(ZVR, **points(kelvin=KELVIN[:3]), **lattice(300.0))
    with pytest.raises(ValueError, match="1 of the temperatures"):
        landau(ZVR, **points(kelvin=np.array([240.0, 260.0, 300.0, 340.0]), noise=0.0), **lattice(300.0))
    with pytest.raises(ValueError, match="all temperatures"):
        landau(ZVR, **points(kelvin=np.array([350.0, 360.0, 380.0, 400.0]), noise=0.0), **lattice(300.0))


def test_the_free_energy_of_hlinka_and_marton_has_their_polarization():
    # J. Hlinka and P. Marton, Phys. Rev. B 74, 104104 (2006), coefficients as in the first trial; Ps at 298 K
    # 0.26523 C/m² is published by Ferret's documentation, to 0.1 %
    base = landau(ZVR, **points(noise=0.0), **lattice(300.0)).landau
    theory = replace(
        base, reference_temperature=298.0, alpha1=3.34e5 * (298 - 381), alpha1_slope=3.34e5,
        alpha11=4.69e6 * (298 - 393) - 2.02e8, alpha11_slope=4.69e6, alpha12=3.23e8, alpha12_slope=0.0,
        alpha111=-5.52e7 * (298 - 393) + 2.76e9, alpha111_slope=-5.52e7, alpha112=4.47e9, alpha123=4.91e9,
    )  # fmt: skip
    f = polynomial.at(theory, 298.0)
    wells = [f.spontaneous(n) * n for n in DIRECTIONS]
    assert wells[0] == pytest.approx([0, 0, 0.26523], rel=1e-3)
    assert np.argmin(f.value(np.array(wells))) == 0
