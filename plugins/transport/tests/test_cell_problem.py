"""Cell problems against closed forms, and against what no composite can exceed."""

import math

import numpy as np
import pytest
from bridge_transport import bounds, cell_problem, drawing
from bridge_transport.effective import conductivity, conductivity_of_field, random_fibres, windows
from bridge_transport.microstructure import fibres, spheres

HALF = np.array([0.5, 0.5])


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Pictures take most of the time of a small case, and have a test of their own."""
    monkeypatch.setattr(drawing, "microstructure", lambda *given: b"\x89PNG\r\n\x1a\n")


def laminate(size, low=1.0, high=10.0):
    """Layers normal to x, one voxel each."""
    return np.broadcast_to(np.where(np.arange(size)[:, None, None] % 2, high, low), (size, size, 1)).copy()


def checkerboard(size, high):
    """One period of four squares."""
    side = np.arange(size) // (size // 2)
    return np.where((side[:, None] + side[None, :]) % 2, high, 1.0)[:, :, None]


@pytest.mark.parametrize("scheme", ["harmonic", "arithmetic"])
@pytest.mark.parametrize("solver", ["fft", "amg"])
def test_a_laminate_of_one_to_ten_is_exact_on_16_squared(scheme, solver):
    found, _ = cell_problem.tensor(laminate(16), scheme, solver=solver, accuracy=1e-11)
    assert found == pytest.approx(np.diag([20 / 11, 5.5, 5.5]), rel=1e-10, abs=1e-10)  # 1.81818 across, 5.5 along


def test_a_layered_row_conducts_with_the_harmonic_mean():
    local = np.random.default_rng(3).uniform(0.1, 8.0, (37, 1, 1))
    found = cell_problem.bracket(local, accuracy=1e-12)
    assert found.lower[0, 0] == pytest.approx(1 / np.mean(1 / local), rel=1e-11)
    assert found.upper[0, 0] == pytest.approx(1 / np.mean(1 / local), rel=1e-11)
    assert found.middle[1, 1] == pytest.approx(local.mean(), rel=1e-12)


@pytest.mark.parametrize("high", [4.0, 10.0])
def test_harmonic_volumes_approach_dykhnes_checkerboard_with_the_order_of_its_corner(high):
    # A. M. Dykhne, Sov. Phys. JETP 32, 63 (1971): sqrt(a1 a2); the corner allows the order (8/pi) atan sqrt(a1/a2)
    order = 8 / math.pi * math.atan(math.sqrt(1 / high))
    errors = [
        math.sqrt(high) - cell_problem.tensor(checkerboard(n, high), "harmonic", accuracy=1e-9)[0][0, 0]
        for n in (32, 64, 128)
    ]
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders == pytest.approx(order, abs=0.05)
    assert order - orders[1] < 0.6 * (order - orders[0])  # and it gets there


def test_the_two_networks_are_dual_in_two_dimensions():
    """J. B. Keller, J. Math. Phys. 5, 548 (1964): exchanging phases inverts; each network is the other's dual."""
    local = np.where(np.random.default_rng(0).random((24, 24, 1)) < 0.5, 1.0, 7.0)
    one = cell_problem.bracket(local, accuracy=1e-11)
    two = cell_problem.bracket(7.0 / local, accuracy=1e-11)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    dual = turn @ np.linalg.inv(two.upper[:2, :2]) @ turn.T * 7.0
    assert one.lower[:2, :2] == pytest.approx(dual, rel=1e-8, abs=1e-8)


def test_the_bracket_encloses_a_finer_image_of_the_same_medium():
    local = np.where(np.random.default_rng(1).random((12, 12, 1)) < 0.4, 1.0, 30.0)
    coarse = cell_problem.bracket(local)
    fine = cell_problem.bracket(np.kron(local, np.ones((4, 4, 1))))
    assert np.linalg.eigvalsh(fine.lower - coarse.lower).min() > -1e-6
    assert np.linalg.eigvalsh(coarse.upper - fine.upper).min() > -1e-6
    assert fine.half_width < 0.5 * coarse.half_width


def test_a_square_array_of_fibres_conducts_as_rayleigh_computed():
    # W. T. Perrins, D. R. McKenzie and R. C. McPhedran, Proc. R. Soc. A 369, 207 (1979), equation (14), to f^12
    image = fibres(0.4, "square", fibres=1, voxels=128)
    f, t = image.volume_fraction, 11 / 9
    series = 1 + 2 * f / (t - f - 0.305827 * f**4 * t / (t**2 - 1.402958 * f**8) - 0.013362 * f**8 / t)
    found = conductivity(image.phase, np.array([1.0, 10.0]))
    assert found.conductivity[0, 0] == pytest.approx(series, rel=5e-3)  # the image is a staircase of 128 voxels
    assert found.half_width < 0.03 * series


def test_a_cubic_array_of_few_spheres_conducts_as_maxwell_computed():
    image = spheres(0.1, "cubic", spheres=1, voxels=24)
    f, beta = image.volume_fraction, 9 / 12
    maxwell = (1 + 2 * beta * f) / (1 - beta * f)  # the array differs from it by terms of f^(10/3): 5e-4 here
    found = conductivity(image.phase, np.array([1.0, 10.0]))
    assert found.conductivity == pytest.approx(np.eye(3) * maxwell, rel=0.02, abs=1e-6)
    assert found.half_width < 0.03 * maxwell
    assert found.hashin_shtrikman_low == pytest.approx(maxwell, rel=1e-12)  # Maxwell's is the lower bound


def test_fft_and_multigrid_agree_in_three_dimensions():
    local = np.where(np.random.default_rng(2).random((8, 6, 10)) < 0.5, 1.0, 50.0)
    one, two = (cell_problem.tensor(local, "harmonic", solver=s, accuracy=1e-10)[0] for s in ("fft", "amg"))
    assert one == pytest.approx(two, rel=1e-8, abs=1e-8)


def test_turning_the_image_turns_the_tensor():
    phase = np.zeros((12, 12, 1), dtype=np.int64)
    phase[2:8, 3:6] = 1
    k = np.array([1.0, 9.0])
    one, two = conductivity(phase, k).conductivity, conductivity(np.swapaxes(phase, 0, 1), k).conductivity
    assert two == pytest.approx(one[np.ix_([1, 0, 2], [1, 0, 2])], rel=1e-9, abs=1e-9)
    assert one[0, 0] > 1.05 * one[1, 1]  # longer along x


def test_a_field_of_two_values_is_an_image_of_two_phases():
    phase = fibres(0.3, voxels=32, fibres=4).phase
    k = np.array([2.0, 5.0])
    assert np.array_equal(conductivity(phase, k).conductivity, conductivity_of_field(k[phase]).conductivity)


# Bounds


def test_hashin_shtrikman_of_three_dimensions_is_the_textbooks():
    low, high = bounds.hashin_shtrikman(np.array([0.7, 0.3]), np.array([1.0, 10.0]), 3)
    assert low == pytest.approx(1 + 0.3 / (1 / 9 + 0.7 / 3), rel=1e-13)  # Hashin and Shtrikman 1962, equation (4.1)
    assert high == pytest.approx(10 + 0.7 / (1 / (1 - 10) + 0.3 / 30), rel=1e-13)


def test_in_one_dimension_hashin_shtrikman_is_the_harmonic_mean():
    assert bounds.hashin_shtrikman(HALF, np.array([1.0, 3.0]), 1) == pytest.approx((1.5, 1.5))


def test_traces_of_isotropic_composites_are_hashin_and_shtrikmans():
    shares, k = np.array([0.7, 0.3]), np.array([1.0, 10.0])
    low, high = bounds.hashin_shtrikman(shares, k, 3)
    for value, wrong in ((low, low * (1 - 1e-6)), (high, high * (1 + 1e-6))):
        bounds.check(value * np.eye(3), value * np.eye(3), shares, k, slack=1e-9)
        with pytest.raises(bounds.BoundsViolated, match="trace bound"):
            bounds.check(wrong * np.eye(3), wrong * np.eye(3), shares, k, slack=1e-9)


@pytest.mark.parametrize(
    ("lower", "upper", "said"),
    [
        ([1.0, 5.5, 5.5], [1.8, 5.5, 5.5], "Voigt and Reuss"),
        ([1.9, 5.6, 5.5], [1.9, 5.6, 5.5], "Voigt and Reuss"),
        ([3.0, 4.0, 5.5], [2.9, 4.0, 5.5], "from below exceeds"),
        ([5.0, 5.0, 5.5], [5.0, 5.0, 5.5], "above the upper trace bound"),
        ([2.0, 2.0, 5.5], [2.0, 2.0, 5.5], "below the lower trace bound"),
    ],
)
def test_what_no_composite_can_conduct_is_an_error(lower, upper, said):
    with pytest.raises(bounds.BoundsViolated, match=said):
        bounds.check(np.diag(lower), np.diag(upper), HALF, np.array([1.0, 10.0]), slack=1e-9)


def test_laminates_reach_the_trace_bounds_and_pass():
    k = np.array([1.0, 10.0])
    found = conductivity((laminate(16) > 5).astype(np.int64), k)
    assert found.reuss == pytest.approx(20 / 11)
    assert found.voigt == pytest.approx(5.5)
    assert found.principal == pytest.approx([20 / 11, 5.5, 5.5])


def test_forty_random_images_keep_all_bounds():
    generator = np.random.default_rng(11)
    for _ in range(40):
        shape = tuple(generator.integers(1, 9, 3))
        phase = (generator.random(shape) < generator.random()).astype(np.int64)
        conductivity(phase, np.array([1.0, 10.0 ** generator.uniform(-3, 3)]))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: conductivity(np.full((4, 4, 1), 2), np.array([1.0, 2.0])), "Write conductivities"),
        (lambda: cell_problem.tensor(np.ones((4, 4)), "harmonic"), r"image\[:, :, None\]"),
        (lambda: cell_problem.tensor(np.zeros((4, 4, 1)), "harmonic"), "small positive"),
        (lambda: windows(np.zeros((9, 8, 1), np.int64), np.ones(1), per_side=4), "divisor"),
    ],
)
def test_an_image_that_is_none_is_refused_with_what_to_write(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_iterations_that_do_not_end_are_an_error(monkeypatch):
    monkeypatch.setattr(cell_problem, "MOST_ITERATIONS", 3)
    with pytest.raises(ArithmeticError, match="solver='amg'"):
        cell_problem.bracket(checkerboard(16, 1e4))


# Random media


def test_the_standard_error_over_realizations_is_that_of_their_mean():
    one = random_fibres(0.4, 1.0, 10.0, realizations=16, fibres=4, voxels=16, seed=1)
    two = random_fibres(0.4, 1.0, 10.0, realizations=16, fibres=4, voxels=16, seed=2)
    apart = abs(one.isotropic - two.isotropic)
    assert 0 < apart < 4 * math.hypot(one.isotropic_error, two.isotropic_error)
    assert one.conductivity_error[2, 2] < 1e-2 * one.conductivity[2, 2]  # along the fibres nothing is random but voxels
    assert one.window == pytest.approx(math.sqrt(math.pi * 4 / (4 * 0.4)))  # of a side, in diameters


def test_errors_shrink_as_one_over_the_root_of_the_number_of_windows():
    ratio = [
        random_fibres(0.4, 1.0, 10.0, realizations=n, fibres=4, voxels=16, seed=n).isotropic_error for n in (16, 64)
    ]
    assert ratio[0] / ratio[1] == pytest.approx(2.0, rel=0.5)  # a spread over 16 is known to 18 %


def test_windows_of_one_image_say_how_many_correlation_lengths_they_are():
    noise = (np.random.default_rng(5).random((64, 64, 1)) < 0.5).astype(np.int64)
    fine = windows(noise, np.array([1.0, 4.0]), per_side=4)
    coarse = windows(np.kron(noise[:32, :32], np.ones((2, 2, 1), np.int64)), np.array([1.0, 4.0]), per_side=4)
    assert fine.windows == 16
    assert fine.window == 16.0  # uncorrelated voxels: one voxel is the length
    assert coarse.window == pytest.approx(16 / 1.264, rel=0.05)  # covariance falls linearly over two voxels
    assert fine.isotropic == pytest.approx(2.0, abs=4 * fine.isotropic_error + 1.5 * fine.half_width)  # Dykhne
