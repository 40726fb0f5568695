"""Lattice walls: geometry, strain compatibility, energies at rest, internal energies, and what is refused."""

from typing import get_args

import numpy as np
import pytest
from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import IN_J_PER_M2
from bridge_ferroelectric.landau import wall_box, wall_profile, wall_rest
from bridge_ferroelectric.landau.models import wall
from bridge_ferroelectric.lattice import crystal
from bridge_ferroelectric.records import published
from bridge_ferroelectric.wall_kinds import WALLS, LatticeWallKind, WallKind

WU_COHEN, LEAD = published("BaTiO3 Wu-Cohen"), published("PbTiO3")


def test_kinds_of_walls_are_those_of_the_table_and_the_lattice_has_those_of_rational_normal():
    assert set(get_args(WallKind)) == set(WALLS)
    assert set(get_args(LatticeWallKind)) == {kind for kind, it in WALLS.items() if it.normal}


@pytest.mark.parametrize("kind", get_args(LatticeWallKind))
def test_walls_carry_no_charge_and_no_misfit(kind):
    it = WALLS[kind]
    first, second = it.domains
    normal = np.array(it.normal) / np.linalg.norm(it.normal)
    assert (first - second) @ normal == pytest.approx(0, abs=1e-12)
    step = np.outer(first, first) - np.outer(second, second)
    in_plane = np.linalg.svd(normal[None])[2][1:]
    for shear in (0.3, 1.0, 5.0):  # Q44 is no multiple of Q11 - Q12: any ratio must fit
        strain = np.where(np.eye(3) > 0, step, shear * step)
        assert in_plane @ strain @ in_plane.T == pytest.approx(np.zeros((2, 2)), abs=1e-12)


@pytest.mark.parametrize("kind", get_args(LatticeWallKind))
def test_boxes_hold_whole_planes_of_equal_size(kind):
    it = WALLS[kind]
    cells = wall_box.box(it, 12, 4)
    where = wall_box.plane_index(it, cells, 12)
    assert (np.bincount(where.ravel()) == np.prod(cells) / 12).all()
    rolled = [np.roll(where, 1, axis) for axis in range(3)]  # the pattern is periodic across every face
    for axis, h in enumerate(it.normal):
        assert ((where - rolled[axis]) % 12 == h % 12).all()
    # area × length = volume, with the spacing a/|hkl| of simple cubic planes
    assert wall_box.area(it, cells, 12, 4.0) * 12 * wall_box.spacing(it, 4.0) == pytest.approx(np.prod(cells) * 64)


def test_the_tetragonal_wall_of_wu_and_cohen_has_the_published_energy():
    # first trial: 16.4 mJ/m² at 0 K, measured at -2 GPa; 1 % covers boxes of 20 to 40 planes (16.33, 16.46)
    found = wall(WU_COHEN, 0.0, -2.0)
    assert found.energy == pytest.approx(16.4, rel=0.01)
    assert found.meaning == "energy"
    assert found.bloch_component == 0
    assert found.neel_component == 0
    assert "far apart have 16.59" in found.remark  # by extrapolation of boxes of 40, 80 and 160 planes in 1/planes
    assert "saddle" in found.remark
    assert len(wall_profile.crossings(found.polarization[:, 1])) == 2
    assert found.polarization[10, 1] == pytest.approx(-found.polarization[0, 1])
    assert 0.1 < found.width < 0.4  # narrower than a cell: the wall lies between planes


def test_walls_far_apart_are_the_limit_of_large_boxes():
    (small, alone, _), (large, larger, _) = (
        wall_rest.relax(wall_rest.Start(LEAD, "90", 0.0, n, 0.0)) for n in (12, 24)
    )
    assert alone.energy == pytest.approx(larger.energy, rel=0.02)
    assert small.energy < large.energy < larger.energy
    assert 2 * large.energy - small.energy == pytest.approx(larger.energy, rel=0.02)  # a deficit in 1/planes


def test_a_wall_at_rest_has_the_least_energy_of_its_symmetry():
    rest, _, well = wall_rest.relax(wall_rest.Start(LEAD, "180", 0.0, 12, 0.0))
    box = crystal.Crystal(LEAD, (12, 1, 1), 0.0)
    u = rest.modes[:, None, None, :]
    assert np.abs(box.force(u)).max() < 1e-4
    single = box.energy(np.broadcast_to([0.0, 0.0, well.size], u.shape))
    excess = (box.energy(u) - single) / (2 * LEAD.lattice_constant**2) * IN_J_PER_M2
    assert rest.energy == pytest.approx(excess, rel=1e-6)
    moved = u + 1e-3 * np.random.default_rng(0).standard_normal(u.shape) * (np.arange(3) == 2)
    assert box.energy(moved) > box.energy(u)


def test_a_bloch_component_is_found_only_where_it_lowers_the_energy():
    plain, turned = (wall(WU_COHEN, 0.0, 0.0, "R71", cells_normal=12, bloch=b) for b in (0.0, 0.01))
    assert turned.energy == pytest.approx(plain.energy, abs=1e-3)
    assert turned.bloch_component < 1e-3
    # in BaTiO3 a 180° wall that may turn takes its domains along: the tetragonal phase is a saddle
    with pytest.raises(ArithmeticError, match="no minimum"):
        wall(WU_COHEN, 0.0, 0.0, cells_normal=12, bloch=0.01)
    # a 180° wall of the rhombohedral phase on (1-10) turns by itself: k ∥ [1-10] couples P to the direction across
    assert wall(WU_COHEN, 0.0, 0.0, "R180{1-10}", cells_normal=20).bloch_component > 0.2


def test_strains_of_planes_leave_the_same_stress_on_all():
    it = WALLS["90"]
    rest, *_ = wall_rest.relax(wall_rest.Start(LEAD, "90", 0.0, 20, 0.0))
    box = crystal.Crystal(LEAD, (1, 1, 1), 0.0)
    y = voigt.products(rest.modes)
    strain = wall_profile.strain(box, it, rest.strain, y)
    assert strain.mean(axis=0) == pytest.approx(rest.strain, abs=1e-12)
    stress = voigt.tensor(strain @ box.stiffness + y @ box.coupling.T)
    traction = stress @ it.axes[0]
    assert traction == pytest.approx(np.zeros_like(traction), abs=1e-9)  # eV a cell; stress-free box
    # in the middle of its domain it is the strain of the well, but for the walls' own share
    turned = voigt.turned_strain(strain, it.axes)
    assert np.ptp(turned[:, 1]) == pytest.approx(0, abs=1e-12)  # along the wall all planes strain alike
    assert np.ptp(turned[:, 2]) == pytest.approx(0, abs=1e-12)


def test_the_width_is_that_of_a_tanh():
    x = np.arange(24) - 11.7
    for width in (1.5, 3.0):
        profile = np.tanh(2 * (x + 6) / width) * np.tanh(-2 * (x - 6) / width)
        assert wall_profile.width(profile, 0.4) == pytest.approx(0.4 * width, rel=0.02)


def test_wandering_walls_are_aligned_before_they_are_averaged():
    x = np.arange(24)
    one = np.where((x >= 6) & (x < 18), 1.0, -1.0)
    one[[5, 6, 17, 18]] *= 0.7
    samples = np.stack([np.roll(np.stack([0 * one, one, 0 * one], axis=1), shift, axis=0) for shift in (0, 3, 11, 20)])
    assert wall_profile.aligned(samples)[:, 1] == pytest.approx(one)


def test_a_wall_that_the_phase_does_not_have_is_refused():
    with pytest.raises(ArithmeticError, match=r"no wall '90' at 0 K: the tetragonal phase is no minimum"):
        wall(WU_COHEN, 0.0, 0.0, "90", cells_normal=12)
    with pytest.raises(ValueError, match="multiple of four"):
        wall(WU_COHEN, 0.0, 0.0, cells_normal=10)
    with pytest.raises(ArithmeticError, match=r"at 900 K: a single tetragonal domain .* ended cubic"):
        wall(WU_COHEN, 900.0, -2.0, cells_normal=8, cells_parallel=4, equilibrate=400, sample=400)


def test_walls_that_are_gone_at_the_end_are_refused():
    # first trial: small cross-sections lose their walls; two 90° walls two nanometres apart do at once
    with pytest.raises(
        ArithmeticError, match=r"12 × 12 × 6 cells that began with two walls '90' ended with .*_parallel"
    ):
        wall(WU_COHEN, 300.0, -2.0, "90", cells_normal=12, cells_parallel=6, equilibrate=600, sample=400)


def test_a_cold_wall_in_motion_has_the_energy_of_the_wall_at_rest():
    # a harmonic lattice stores kT/2 a mode with walls or without: at 30 K the difference of energies is that at 0 K
    rest = wall(LEAD, 0.0, 0.0, "90", cells_normal=16)
    found = wall(LEAD, 30.0, 0.0, "90", cells_normal=16, cells_parallel=6, equilibrate=500, sample=800)
    assert found.meaning == "internal energy"
    assert found.energy_error < 1
    assert abs(found.energy - rest.energy) < 4 * found.energy_error
    assert found.polarization[:, 1] == pytest.approx(rest.polarization[:, 1], abs=0.05)
    assert found.strain[:, 2] == pytest.approx(rest.strain[:, 2], abs=2e-3)


@pytest.mark.science
@pytest.mark.parametrize(("kind", "asked"), [("R71", 5.37), ("R109", 9.08), ("R180{1-10}", 47.5)])
def test_rhombohedral_walls_of_wu_and_cohen_converge(kind, asked, record_property):
    # limit of boxes of 40, 80 and 160 planes, free of stress, extrapolated in 1/planes
    boxes = {n: wall_rest.relax(wall_rest.Start(WU_COHEN, kind, 0.0, n, 0.0))[0].energy for n in (40, 80)}
    limit = 1e3 * (2 * boxes[80] - boxes[40])
    alone = 1e3 * wall_rest.relax(wall_rest.Start(WU_COHEN, kind, 0.0, 40, 0.0))[1].energy
    record_property("asked", f"{asked} mJ/m² and the limit of stress-free boxes, {limit:.2f}, within 3 %")
    record_property("reached", f"{alone:.2f} mJ/m²")
    assert alone == pytest.approx(limit, rel=0.03)
    assert alone == pytest.approx(asked, rel=0.01)


@pytest.mark.science
def test_the_internal_energy_of_a_wall_at_300_kelvin(record_property):
    found = wall(WU_COHEN, 300.0, -2.0)
    record_property("asked", "Wu-Cohen, -2 GPa, 300 K: 17.7 mJ/m² internal (first trial), error 1.3; P 0.385 C/m²")
    record_property("reached", f"{found.energy:.1f} ± {found.energy_error:.1f} mJ/m²; {found.remark}")
    assert abs(found.energy - 17.7) < 2 * np.hypot(found.energy_error, 1.3)
