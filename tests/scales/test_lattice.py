"""Gaussian lattice fields: block means, and sampling from coarse to fine, against closed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bridge.errors import ContractError
from bridge.scales.blocks import block_mean
from bridge.scales.lattice import (
    Couplings,
    GaussianField,
    couplings,
    measured_propagator,
    renormalized,
)
from bridge.scales.lattice_laws import wavelet_laws
from bridge.scales.wavelets import wavelet
from bridge.testing import check_transfer

# Block means


@pytest.mark.parametrize("dimension", [1, 2, 3])
@pytest.mark.parametrize(("factor", "ratio"), [(2, 1.000025), (4, 1.000125), (8, 1.000525)])
def test_block_means_renormalize_mass_and_stiffness_as_the_theory_says(
    factor: int, ratio: float, dimension: int
) -> None:
    """m² = 1e-4 κ: m²' = L^d m² (theorem), κ' / L^(d-2) κ = 1 + (L²-1) m²/12 κ to first order, in six decimals."""
    found = renormalized(GaussianField((64,) * dimension, 1e-4), factor)
    assert found.mass_squared == pytest.approx(factor**dimension * 1e-4, rel=1e-15)
    assert round(found.stiffness / factor ** (dimension - 2), 6) == ratio


@pytest.mark.parametrize("factor", [2, 3, 4, 8])
@pytest.mark.parametrize("mass", [1e-4, 0.3, 5.0])
def test_the_closed_form_is_that_of_the_exact_propagator_as_k_goes_to_nought(mass: float, factor: int) -> None:
    """Also for heavy fields, where the modes that look alike count; from two lattices, extrapolated in k²."""
    small, large = (couplings(GaussianField((n * factor,), mass, 2.0).blocked_propagator(factor)) for n in (1024, 2048))
    asked = renormalized(GaussianField((8 * factor,), mass, 2.0), factor)
    assert large.mass_squared == pytest.approx(asked.mass_squared, rel=1e-13)
    assert (4 * large.stiffness - small.stiffness) / 3 == pytest.approx(asked.stiffness, rel=2e-7)


def test_the_exact_propagator_of_block_means_is_that_of_the_restricted_covariance() -> None:
    """Against R C Rᵀ written out as matrices."""
    field = GaussianField((8, 12), 0.2, 1.5)
    covariance = np.fft.ifftn(field.propagator()).real
    rows = []
    for place in np.ndindex(8, 12):
        shifted = np.roll(covariance, place, axis=(0, 1))
        rows.append(block_mean(4).restrict(shifted))
    first = np.mean([row for row, (x, y) in zip(rows, np.ndindex(8, 12), strict=True) if x < 4 and y < 4], axis=0)
    assert np.allclose(np.fft.fftn(first).real, field.blocked_propagator(4), rtol=1e-12)


def test_couplings_measured_on_drawn_fields_are_those_of_the_theory() -> None:
    """1,500 fields: standard errors of 3.7 % in m² (one mode) and 2.5 % in κ; three of them are allowed."""
    field, rng = GaussianField((16, 16), 0.05), np.random.default_rng(0)
    restrict = block_mean(2).restrict
    samples = np.stack([restrict(field.draw(rng)) for _ in range(1500)])
    found, asked = couplings(measured_propagator(samples)), couplings(field.blocked_propagator(2))
    assert found.mass_squared == pytest.approx(asked.mass_squared, rel=0.11)
    assert found.stiffness == pytest.approx(asked.stiffness, rel=0.075)


def test_couplings_of_a_field_are_those_it_was_made_with() -> None:
    found = couplings(GaussianField((16, 8), 0.3, 2.0).propagator())
    assert (found.mass_squared, found.stiffness) == (pytest.approx(0.3), pytest.approx(2.0))


def test_blocking_twice_is_blocking_once() -> None:
    """Means of means: the propagator of blocks of four is that of blocks of two, blocked again by hand."""
    field = GaussianField((16,), 0.7)
    twice = field.blocked_propagator(2)
    angle = 2 * np.pi * np.fft.fftfreq(8)
    again = (twice * np.cos(angle / 2) ** 2 / 2).reshape(2, 4).sum(axis=0)
    assert np.allclose(again, field.blocked_propagator(4), rtol=1e-13)


# From coarse to fine


@pytest.mark.parametrize("name", ["haar", "db2", "db4"])
def test_every_scale_is_well_conditioned_where_the_whole_law_is_not(name: str) -> None:
    """m² = κ/n²: the whole law has 513, 2049, 8193 at n = 8, 16, 32; a scale 4 to 9 (and 2 on 2² points) at every n."""
    for size, whole in ((8, 513), (16, 2049), (32, 8193)):
        field = GaussianField((size, size), 1 / size**2)
        assert field.condition == pytest.approx(whole)
        scales = [law.condition for law in wavelet_laws(field, name).laws]
        assert all(3.9 <= condition <= 9 for condition in scales[:-1])
        assert scales[-1] < 2.5


def _basis(size: tuple[int, ...], name: str) -> Any:
    """One halving as a matrix, approximations first, in the order of the law's bands."""
    from bridge.scales.multiresolution import decompose

    columns = []
    for place in np.ndindex(*size):
        impulse = np.zeros(size)
        impulse[place] = 1.0
        apart = decompose(impulse, name, levels=1)
        columns.append(np.concatenate([apart.approximation.ravel(), *(b.ravel() for b in apart.details[0])]))
    return np.asarray(columns).T


@pytest.mark.parametrize("size", [(16,), (8, 4), (4, 4, 2)], ids=str)
@pytest.mark.parametrize("name", ["haar", "db2"])
def test_a_conditional_law_is_the_schur_complement_of_the_covariance(name: str, size: tuple[int, ...]) -> None:
    """Mode by mode against dense matrices: gain, covariance, condition number, and what is left above."""
    field = GaussianField(size, 0.1, 1.3)
    stationary = np.fft.ifftn(field.propagator()).real
    dense = np.stack([np.roll(stationary, p, axis=tuple(range(len(size)))).ravel() for p in np.ndindex(*size)])
    matrix = _basis(size, name)
    covariance = matrix @ dense @ matrix.T
    count = int(np.prod(size)) // 2 ** len(size)
    kept, cross, rest = covariance[:count, :count], covariance[count:, :count], covariance[count:, count:]
    gain = cross @ np.linalg.inv(kept)
    schur = rest - gain @ cross.T
    laws = wavelet_laws(field, name, levels=1)
    (law,) = laws.laws
    half = tuple(n // 2 for n in size)
    coarse = np.random.default_rng(0).normal(size=half)
    mean = np.fft.ifftn(law.gain * np.fft.fftn(coarse)[..., None], axes=range(len(size))).real
    assert np.allclose(np.moveaxis(mean, -1, 0).ravel(), gain @ coarse.ravel(), atol=1e-12)
    eigenvalues = np.linalg.eigvalsh(schur)
    assert law.condition == pytest.approx(eigenvalues.max() / eigenvalues.min(), rel=1e-9)
    found = law.factor @ np.conj(np.swapaxes(law.factor, -1, -2))
    assert np.allclose(np.sort(np.linalg.eigvalsh(found).ravel()), eigenvalues, rtol=1e-9)
    assert np.allclose(np.fft.ifftn(laws.propagator).real.ravel(), kept[0], atol=1e-13)


def test_fields_drawn_from_coarse_to_fine_have_the_propagator_of_the_lattice() -> None:
    """Ratio 1 (0.9996 measured): 60 fields of 128² modes, standard error 0.0014; also shell by shell."""
    field, rng = GaussianField((128, 128), 1 / 128**2), np.random.default_rng(1)
    laws = wavelet_laws(field, "db2")
    ratio = measured_propagator(np.stack([laws.draw(rng) for _ in range(60)])) / field.propagator()
    assert ratio.mean() == pytest.approx(1.0, abs=0.0045)
    frequency = np.abs(np.fft.fftfreq(128) * 128)
    longest = np.maximum(frequency[:, None], frequency)
    for low, high in ((2, 4), (4, 8), (8, 16), (16, 32), (32, 65)):
        shell = ratio[(longest >= low) & (longest < high)]
        assert shell.mean() == pytest.approx(1.0, abs=4 * np.sqrt(2 / 60 / shell.size))


def test_conditional_laws_are_transfers() -> None:
    laws = wavelet_laws(GaussianField((16, 8), 0.1), "db2", levels=2)
    found = check_transfer(laws.transfer, (16, 8), unit="mV")
    assert found.coarse == (4, 2)
    assert found.law < 1e-12


def test_a_coarse_field_is_filled_with_details_that_fit_it() -> None:
    """The smooth part follows the given approximation: its mean over many draws is the conditional expectation."""
    field, rng = GaussianField((32,), 0.02), np.random.default_rng(0)
    law = wavelet_laws(field, "haar", levels=1).laws[0].transfer
    coarse = np.sin(2 * np.pi * np.arange(16) / 16)
    mean = np.mean([law.lift(coarse, rng) for _ in range(1500)], axis=0)
    dense = np.stack([np.roll(np.fft.ifft(field.propagator()).real, n) for n in range(32)])
    restrict = np.kron(np.eye(16), [0.5, 0.5])
    expected = dense @ restrict.T @ np.linalg.solve(restrict @ dense @ restrict.T, coarse)
    assert np.abs(mean - expected).max() < 0.05  # standard error 0.013 of a detail's deviation of 0.5


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: GaussianField((8,), 0.0), "a squared mass above nought"),
        (lambda: GaussianField((0,), 1.0), "a size of the lattice is a whole number"),
        (lambda: GaussianField((9,), 1.0).blocked_propagator(2), "takes 2 points of axis 0 to one, and there are 9"),
        (lambda: renormalized(GaussianField((8,), 1.0), 0), "factor is a whole number of at least 1"),
        (lambda: couplings(np.ones((4, 1))), "has no lowest mode along every axis"),
        (lambda: measured_propagator(np.ones(4)), "the first axis counts fields, two at least"),
        (lambda: wavelet_laws(GaussianField((8,), 1.0), "bior2.2"), "is not orthogonal. Write wavelet='db2'"),
        (lambda: wavelet_laws(GaussianField((12,), 1.0), levels=3), "takes 8 points of axis 0 to one"),
        (lambda: wavelet_laws(GaussianField((9,), 1.0)), r"of shape \(9,\) does not halve: a size is odd"),
        (
            lambda: wavelet_laws(GaussianField((8,), 1.0)).transfer.lift(np.ones(4), np.random.default_rng(0)),
            r"this law is for fields of shape \(1,\), got \(4,\)",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(ask: Callable[[], Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        ask()


def test_a_field_without_stiffness_is_white() -> None:
    assert couplings(GaussianField((4, 4), 2.0, 0.0).propagator()) == Couplings(2.0, 0.0)
    assert wavelet("haar", 1).restrict(GaussianField((4,), 2.0, 0.0).draw(np.random.default_rng(0))).shape == (2,)
