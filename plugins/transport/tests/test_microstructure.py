"""Images of fibres and spheres."""

import numpy as np
import pytest
from bridge_transport import drawing, packing
from bridge_transport.microstructure import fibres, spheres


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Pictures take most of the time of a small case, and have a test of their own."""
    monkeypatch.setattr(drawing, "microstructure", lambda *given: b"\x89PNG\r\n\x1a\n")


@pytest.mark.parametrize(("dimensions", "count", "fraction"), [(2, 25, 0.65), (3, 27, 0.4)])
def test_particles_do_not_overlap_in_a_periodic_box(dimensions, count, fraction):
    centres = packing.equilibrium(count, fraction, dimensions, sweeps=100, seed=4)
    apart = np.abs(centres[:, None] - centres[None])
    apart = np.sqrt((np.minimum(apart, 1 - apart) ** 2).sum(axis=2)) + np.eye(count)
    assert apart.min() >= packing.diameter_of(fraction, count, dimensions)
    assert ((centres >= 0) & (centres < 1)).all()


def test_disks_in_equilibrium_touch_as_often_as_the_theory_of_hard_disks_says():
    # contact value of the pair distribution: D. Henderson, Mol. Phys. 30, 971 (1975), (1 - 7f/16) / (1 - f)^2
    fraction, count, width = 0.4, 64, 0.1
    diameter = packing.diameter_of(fraction, count, 2)
    shells = []
    for seed in range(40):
        centres = packing.equilibrium(count, fraction, 2, sweeps=150, seed=seed)
        apart = np.abs(centres[:, None] - centres[None])
        distance = np.sqrt((np.minimum(apart, 1 - apart) ** 2).sum(axis=2))[np.triu_indices(count, 1)] / diameter
        shells.append([((distance >= 1 + i * width) & (distance < 1 + (i + 1) * width)).sum() for i in range(3)])
    area = np.pi * diameter**2 * np.array([(1 + (i + 1) * width) ** 2 - (1 + i * width) ** 2 for i in range(3)])
    pairs = np.mean(shells, axis=0) / (count * (count - 1) / 2 * area)
    contact = np.polyval(np.polyfit([0.05, 0.15, 0.25], pairs, 2), 0.0)
    assert contact == pytest.approx((1 - 7 * fraction / 16) / (1 - fraction) ** 2, rel=0.1)  # 3 errors of 40 samples


@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5])
def test_voxels_show_the_volume_fraction_that_was_asked_for(fraction):
    assert fibres(fraction, voxels=256).volume_fraction == pytest.approx(fraction, abs=0.003)
    assert spheres(0.6 * fraction, voxels=36).volume_fraction == pytest.approx(0.6 * fraction, abs=0.01)


def test_a_disk_across_the_border_comes_back_on_the_other_side():
    image = packing.image(np.array([[0.0, 0.0]]), 0.5, 32)
    assert image[0, 0, 0] == image[-1, -1, 0] == image[0, -1, 0] == 1
    assert np.array_equal(image, np.flip(image, (0, 1)))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fibres(0.7, fibres=10), "a full lattice of 16"),
        (lambda: fibres(0.4, "square", fibres=10), "Write 16"),
        (lambda: spheres(0.4, "cubic", spheres=9), "Write 27"),
        (lambda: fibres(0.1, fibres=400, voxels=64), "Write voxels="),
    ],
)
def test_what_cannot_be_placed_is_refused_with_what_to_write(call, said):
    with pytest.raises(ValueError, match=said):
        call()
