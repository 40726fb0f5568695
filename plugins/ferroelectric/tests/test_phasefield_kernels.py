"""The phase field's energy and its derivative, against finite differences and closed forms."""

import numpy as np
import pytest
from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import PERMITTIVITY_SI
from bridge_ferroelectric.interfaces import Gradient
from bridge_ferroelectric.phasefield import elastic, evolution, pattern, walls
from bridge_ferroelectric.phasefield.models import hlinka_marton

PUBLISHED = hlinka_marton()
LANDAU, GRADIENT = PUBLISHED.landau, PUBLISHED.gradient
FIELD = (3e6, -2e6, 5e6)
STRAIN = np.array([2e-3, -1e-3, 5e-4, 1e-3, -2e-3, 3e-3])

GRIDS = [((12, 10), 2), ((9, 15), 2), ((8, 9), 3), ((6, 8, 10), 3), ((5, 7, 9), 3)]


def field(shape, components, strain=None, permittivity=7.0, electric=FIELD, spacing=0.3, gradient=GRADIENT):
    of = evolution.medium(LANDAU, gradient, 298.0, permittivity, electric, strain)
    return evolution.Evolution(of, shape, spacing, components)


def functional_derivative(made, polarization):
    """δF/δP in V/m, from steps so short that P' − P is −δF/δP / A: A and −A cancel the next order."""
    moved = []
    for inertia in (1e14, -1e14):
        made.start(polarization)
        made.force()
        made.advance(inertia)
        moved.append(made.polarization.copy())
    return (moved[1] - moved[0]) * 1e14 / 2


@pytest.mark.parametrize(("shape", "components"), GRIDS)
@pytest.mark.parametrize("strain", [None, STRAIN], ids=["free", "held"])
def test_the_force_is_the_derivative_of_the_energy(shape, components, strain):
    made = field(shape, components, strain)
    rng = np.random.default_rng(3)
    p, direction = rng.normal(0, 0.2, (2, components, *shape))
    slope = functional_derivative(made, p)

    def energy(step):
        made.start(p + step * direction)
        return made.force()

    total, step = (lambda h: (energy(h).sum() - energy(-h).sum()) / (2 * h)), 2e-4
    difference = (4 * total(step) - total(2 * step)) / 3
    assert difference == pytest.approx((slope * direction).mean(axis=tuple(range(1, slope.ndim))).sum(), rel=1e-6)


@pytest.mark.parametrize("components", [2, 3])
def test_a_uniform_state_has_the_energy_of_the_polynomial(components):
    p = np.array([0.21, -0.13, 0.08])[:components]
    uniform = np.ones((components, 8, 8)) * p[:, None, None]
    full = np.append(p, [0.0] * (3 - components))
    f = evolution.medium(LANDAU, GRADIENT, 298.0, 7.0).landau
    q, c = elastic.electrostriction(LANDAU), elastic.stiffness(LANDAU)
    misfit = STRAIN - voigt.products(full) @ q
    for strain, stored in ((None, 0.0), (STRAIN, misfit @ c @ misfit / 2)):
        made = field((8, 8), components, strain)
        made.start(uniform)
        terms = dict(zip(evolution.TERMS, made.force(), strict=True))
        assert terms["landau"] == pytest.approx(f.value(full), rel=1e-12)
        assert terms["elastic"] == pytest.approx(stored, rel=1e-10, abs=1e-3)
        assert terms["field"] == pytest.approx(-np.dot(FIELD, full), rel=1e-12)
        assert max(abs(terms["gradient"]), abs(terms["electric"])) < 1e-9


@pytest.mark.parametrize("wave", [(1, 0, 0), (1, 1, 0), (0, 1, -1), (1, 1, 1), (2, 1, 0), (1, -2, 3)])
def test_a_laminate_has_the_energies_of_the_closed_forms(wave):
    """All that varies along one direction n: ½ (y − ⟨y⟩)·QᵀB(n)Q·(y − ⟨y⟩), ½ (Pn − ⟨Pn⟩)²/ε, ½ P'·Γ(n)·P'."""
    n, spacing = 16, 0.3
    phase = 2 * np.pi * np.tensordot(wave, np.indices((n, n, n)), axes=1) / n
    amplitude, shift, mean = np.array([[0.1, 0.07, -0.05], [0.3, 1.1, 2.0], [0.05, -0.1, 0.12]])
    p = mean[:, None, None, None] + amplitude[:, None, None, None] * np.sin(phase + shift[:, None, None, None])
    made = field((n, n, n), 3, None, permittivity=7.0, spacing=spacing)
    made.start(p)
    terms = dict(zip(evolution.TERMS, made.force(), strict=True))
    normal = np.array(wave) / np.linalg.norm(wave)
    q = elastic.electrostriction(LANDAU)
    y = np.moveaxis(voigt.products(np.moveaxis(p, 0, -1)), -1, 0).reshape(6, -1)
    y = y - y.mean(1, keepdims=True)
    k = q.T @ elastic.layered(elastic.stiffness(LANDAU), normal) @ q
    assert terms["elastic"] == pytest.approx(np.einsum("an,ab,bn->", y, k, y) / (2 * n**3), rel=1e-10)
    across = np.tensordot(normal, p - mean[:, None, None, None], axes=1)
    assert terms["electric"] == pytest.approx((across**2).mean() / (2 * 7.0 * PERMITTIVITY_SI), rel=1e-10)
    length = np.linalg.norm(wave) * 2 * np.pi / (n * spacing * 1e-9)
    slope = amplitude[:, None] * np.cos(np.linspace(0, 2 * np.pi, 16, endpoint=False) + shift[:, None]) * length
    bend = np.einsum("in,ij,jn->", slope, walls.gradient_stiffness(GRADIENT, normal), slope) / (2 * 16)
    assert terms["gradient"] == pytest.approx(bend, rel=1e-10)


def test_nyquist_waves_have_no_first_derivative():
    """A polarization that alternates from cell to cell has no divergence and no strain field on the grid."""
    made = field((8, 8), 2, None, electric=(0, 0, 0))
    alternating = 0.1 * (-1.0) ** np.indices((8, 8))[0]
    made.start(np.stack([alternating, 0 * alternating]))
    terms = dict(zip(evolution.TERMS, made.force(), strict=True))
    assert terms["electric"] == 0
    k = np.pi / 0.3e-9
    assert terms["gradient"] == pytest.approx(0.5 * GRADIENT.G11 * (0.1 * k) ** 2, rel=1e-12)


def test_a_slab_in_three_dimensions_is_the_plane_with_three_components():
    p = np.random.default_rng(5).normal(0, 0.2, (3, 8, 10))
    plane, slab = field((8, 10), 3, STRAIN), field((8, 10, 6), 3, STRAIN)
    plane.start(p)
    slab.start(np.repeat(p[..., None], 6, axis=3))
    for _ in range(5):
        assert plane.force() == pytest.approx(slab.force(), rel=1e-11, abs=1e-6)
        plane.advance(5e9)
        slab.advance(5e9)
    assert slab.polarization == pytest.approx(np.repeat(plane.polarization[..., None], 6, axis=3), abs=1e-13)


def test_two_components_are_three_without_the_third():
    p = np.random.default_rng(6).normal(0, 0.2, (2, 8, 10))
    two, three = (field((8, 10), n, STRAIN * [1, 1, 1, 0, 0, 1], electric=(*FIELD[:2], 0.0)) for n in (2, 3))
    two.start(p)
    three.start(np.concatenate([p, 0 * p[:1]]))
    for _ in range(5):
        assert two.force() == pytest.approx(three.force(), rel=1e-11, abs=1e-6)
        two.advance(5e9)
        three.advance(5e9)
    assert three.polarization[:2] == pytest.approx(two.polarization, abs=1e-13)
    assert np.abs(three.polarization[2]).max() < 1e-15


def test_a_step_taken_back_leaves_the_state_before_it():
    made = field((12, 10), 2)
    p = np.random.default_rng(7).normal(0, 0.2, (2, 12, 10))
    made.start(p)
    before = made.force()
    made.advance(5e9)
    made.retreat()
    assert made.polarization == pytest.approx(p, abs=1e-14)
    assert made.force() == pytest.approx(before, rel=1e-12)


def test_the_automatic_step_is_within_the_bound_and_falls_from_any_state():
    made = field((16, 16), 2, STRAIN * 0)
    for seed in range(3):
        made.start(np.random.default_rng(seed).uniform(-0.3, 0.3, (2, 16, 16)))
        run = pattern.descend(made, 0.265, 4e4, 50, 0.0, 1)
        assert run.rejected == 0
        assert (np.diff(run.terms.sum(1)) <= 0).all()


def test_a_gradient_that_lowers_the_energy_is_refused():
    with pytest.raises(ValueError, match="G11 > G12 > −G11/2"):
        field((8, 8), 2, gradient=Gradient(1e-11, 2e-11, 1e-11))
