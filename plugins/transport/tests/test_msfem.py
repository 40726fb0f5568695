"""Multiscale finite elements in two dimensions against resolved plates."""

import numpy as np
import pytest
from bridge_transport import msfem_elements
from bridge_transport.msfem import basis, plate, solve


def medium(points, period):
    """The oscillating medium of Hou and Wu (1997), equation (4.3)."""
    x = 2 * np.pi * (np.arange(points) + 0.5) / points / period
    a, b = x[:, None], x[None, :]
    return (2 + 1.8 * np.sin(a)) / (2 + 1.8 * np.cos(b)) + (2 + np.sin(b)) / (2 + 1.8 * np.sin(a))


def errors(local, elements, edges):
    """Relative errors at the corners of elements (largest) and everywhere (L2)."""
    exact = plate(local, 1.0, 1.0).temperature
    made = basis(local, elements=elements, edges=edges)
    found = solve(made.basis, made.stiffness, made.loads, 1.0, 1.0)
    step = len(local) // elements
    corners = np.abs(found.corners - exact[::step, ::step]).max() / exact.max()
    return corners, np.linalg.norm(found.temperature - exact) / np.linalg.norm(exact)


def test_a_plain_plate_warms_as_its_fourier_series():
    odd = np.arange(1, 60, 2)
    m, n = odd[:, None], odd[None, :]
    middle = (16 / np.pi**4 * np.sin(m * np.pi / 2) * np.sin(n * np.pi / 2) / (m * n * (m**2 + n**2))).sum()
    found = plate(np.full((48, 48), 3.0), 2.0, 7.0).temperature[24, 24]
    assert found == pytest.approx(middle * 7.0 * 4.0 / 3.0, rel=1e-3)


@pytest.mark.parametrize("edges", ["oscillatory", "linear", "oversampled"])
def test_functions_of_a_plain_medium_are_the_bilinear_ones(edges):
    local = np.full((16, 16), 2.5)
    ordinary, found = basis(local, elements=4, edges="bilinear"), basis(local, elements=4, edges=edges)
    assert found.basis == pytest.approx(ordinary.basis, abs=1e-13)
    assert found.stiffness == pytest.approx(ordinary.stiffness, abs=1e-13)


@pytest.mark.parametrize("edges", ["oscillatory", "linear", "oversampled", "bilinear"])
def test_functions_add_up_to_one_and_are_one_at_their_own_corner(edges):
    found = basis(medium(24, 0.3), elements=3, edges=edges).basis
    assert found.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert found[:, :, [0, -1, 0, -1], [0, 0, -1, -1]] == pytest.approx(
        np.broadcast_to(np.eye(4), (9, 4, 4)), abs=1e-12
    )


def test_functions_of_a_laminate_are_products_of_those_of_lines():
    layers = np.array([1.0, 10.0, 3.0, 0.5])
    found = basis(np.tile(np.repeat(layers, 2)[:, None], (2, 16)), elements=2).basis[0]
    rise = np.concatenate([[0.0], np.cumsum(1 / np.repeat(layers, 2))])
    x, y = rise / rise[-1], np.linspace(0, 1, 9)
    assert found[3] == pytest.approx(np.outer(x, y), abs=1e-12)
    assert found[0] == pytest.approx(np.outer(1 - x, 1 - y), abs=1e-12)


def test_neighbours_have_the_same_function_on_their_common_edge():
    made = basis(medium(32, 0.17), elements=4).basis
    assert made[0, 1, -1] == pytest.approx(made[4, 0, 0], abs=1e-13)  # elements (0, 0) and (1, 0), at x = 1/4
    assert made[0, 2, :, -1] == pytest.approx(made[1, 0, :, 0], abs=1e-13)


def test_multiscale_elements_find_what_ordinary_ones_of_the_same_mesh_miss():
    local = medium(64, 1 / 10)
    corner, everywhere = errors(local, 8, "oscillatory")
    ordinary, ordinary_everywhere = errors(local, 8, "bilinear")
    assert corner < 0.03
    assert everywhere < 0.05
    assert ordinary > 5 * corner
    assert ordinary_everywhere > 3 * everywhere


def test_where_elements_are_as_large_as_periods_the_functions_on_edges_matter():
    """The resonance of mesh and medium: linear edges lose, oscillatory ones less, oversampled ones least."""
    local = medium(64, 1 / 8)
    linear, oscillatory, oversampled = (errors(local, 8, e)[1] for e in ("linear", "oscillatory", "oversampled"))
    assert oscillatory < 0.8 * linear
    assert oversampled < oscillatory


def test_the_functions_serve_any_source_and_size():
    made = basis(medium(16, 0.25), elements=4)
    one = solve(made.basis, made.stiffness, made.loads, 1.0, 1.0)
    other = solve(made.basis, made.stiffness, made.loads, 0.1, 50.0)
    assert other.temperature == pytest.approx(0.5 * one.temperature, rel=1e-12)


def test_the_matrix_of_pixels_has_the_energy_of_a_linear_field():
    local = np.random.default_rng(1).uniform(1, 5, (6, 6))
    field = np.broadcast_to(np.arange(7.0)[:, None], (7, 7)).ravel()
    assert field @ (msfem_elements.stiffness(local) @ field) == pytest.approx(local.sum(), rel=1e-13)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: basis(np.ones((10, 10)), elements=4), "divisor"),
        (lambda: basis(np.ones((8, 12)), elements=4), "as many pixels on both"),
        (lambda: plate(np.ones((8, 12)), 1.0, 1.0), "square of pixels"),
        (lambda: solve(np.ones((3, 4, 2, 2)), np.ones((3, 4, 4)), np.ones((3, 4)), 1.0, 1.0), "from one stage"),
    ],
)
def test_what_is_no_square_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()
