"""Coarse-to-fine sampling of Gaussian fields: the law of the details at each scale, given the approximation.

A stationary Gaussian field is drawn from its coarsest approximation down: at every scale the details have a mean that
is linear in the approximation and a covariance of their own. These conditional laws are well conditioned at every
size of the lattice, whereas the law as a whole slows down as the correlation length grows.
T. Marchand, M. Ozawa, G. Biroli and S. Mallat, Multiscale data-driven energy estimation and generation,
Phys. Rev. X 13, 041038 (2023).
"""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.scales.fields import Floats, Values
from bridge.scales.lattice import GaussianField
from bridge.scales.transfer import Shape, Transfer, divides, whole
from bridge.scales.wavelets import analysed, filters_of, synthesised


@dataclass(frozen=True, eq=False)
class DetailLaw:
    """The law of the details of one halving given the approximation, mode by mode of the coarse lattice.

    Details have the mean `gain` × approximation and the covariance `factor` factor†. `condition` is the condition
    number of their conditional precision: what a local sampler of this scale would feel.
    """

    shape: Shape
    wavelet: str
    gain: Values
    factor: Values
    condition: float

    @property
    def transfer(self) -> Transfer:
        """Restrict by the wavelet; lift by details drawn from this law, in the unit of the state."""
        coarse = tuple(size // 2 for size in self.shape)
        return Transfer(
            f"details of {self.wavelet!r} on {self.shape}",
            functools.partial(_approximation, self),
            functools.partial(_with_details, self),
            None,
            functools.partial(_other_shape, self.shape, coarse),
            functools.partial(_other_shape, coarse, self.shape),
            {"wavelet": self.wavelet, "shape": list(self.shape), "condition": self.condition},
            random=True,
            tolerance=1e-9,
        )


@dataclass(frozen=True, eq=False)
class WaveletLaws:
    """A Gaussian field's law as a product of conditional ones: `laws` from the finest scale up, and the coarsest field.

    `propagator` is that of the coarsest approximation.
    """

    laws: tuple[DetailLaw, ...]
    propagator: Floats

    @property
    def transfer(self) -> Transfer:
        """All scales at once: restrict to the coarsest approximation, lift through all conditional laws."""
        return functools.reduce(lambda one, other: one.then(other), [law.transfer for law in self.laws])

    def draw(self, rng: np.random.Generator) -> Floats:
        """One field: the coarsest approximation, then the details scale by scale."""
        white = np.fft.fftn(rng.normal(size=self.propagator.shape))
        coarse = np.fft.ifftn(white * np.sqrt(self.propagator)).real
        return np.asarray(self.transfer.lift(coarse, rng))


def wavelet_laws(field: GaussianField, wavelet: str = "db2", *, levels: int | None = None) -> WaveletLaws:
    """The conditional laws of ``levels`` halvings of a Gaussian field (as many as its shape allows), exactly.

    Raises ContractError for a wavelet that is not orthogonal, and for sizes that do not halve that often.
    """
    if not filters_of(wavelet).orthogonal:
        raise ContractError(f"{wavelet!r} is not orthogonal. Write wavelet='db2' or 'haar'.")
    possible = min((size & -size).bit_length() - 1 for size in field.shape)
    if levels is None and not possible:
        raise ContractError(f"a lattice of shape {field.shape} does not halve: a size is odd. Write even sizes.")
    count = whole(possible if levels is None else levels, "levels", "levels=3")
    divides(field.shape, dict.fromkeys(range(len(field.shape)), 2**count), f"wavelet_laws(levels={count})")
    spectrum, laws = field.propagator(), []
    for _ in range(count):
        law, spectrum = _law(spectrum, wavelet)
        laws.append(law)
    return WaveletLaws(tuple(laws), spectrum)


def _law(spectrum: Floats, wavelet: str) -> tuple[DetailLaw, Floats]:
    """The law of one halving, and the propagator of the approximation."""
    filters = _filters(spectrum.shape, wavelet)
    covariance = filters @ _sublattices(spectrum) @ np.conj(np.swapaxes(filters, -1, -2))
    kept = covariance[..., 0, 0].real
    gain = covariance[..., 1:, 0] / kept[..., None]
    rest = covariance[..., 1:, 1:] - gain[..., :, None] * covariance[..., None, 0, 1:]
    rest = (rest + np.conj(np.swapaxes(rest, -1, -2))) / 2
    eigenvalues = np.linalg.eigvalsh(rest)
    condition = float(eigenvalues.max() / eigenvalues.min())
    return DetailLaw(spectrum.shape, wavelet, gain, np.linalg.cholesky(rest), condition), np.asarray(kept)


def _sublattices(spectrum: Floats) -> Values:
    """Covariance of the 2^d sublattices of even and odd points, mode by mode of the coarse lattice."""
    ndim = spectrum.ndim
    half = [size // 2 for size in spectrum.shape]
    split = spectrum.reshape([n for size in half for n in (2, size)])
    alike = split.transpose([*range(1, 2 * ndim, 2), *range(0, 2 * ndim, 2)]).reshape(*half, -1)
    angles = np.meshgrid(*(2 * np.pi * np.arange(size) / size for size in spectrum.shape), indexing="ij")
    phases = []
    for place in itertools.product((0, 1), repeat=ndim):
        phase = np.exp(1j * sum(p * angle for p, angle in zip(place, angles, strict=True)))
        folded = phase.reshape(split.shape).transpose([*range(1, 2 * ndim, 2), *range(0, 2 * ndim, 2)])
        phases.append(folded.reshape(*half, -1))
    stacked = np.stack(phases, axis=-2)
    return np.asarray((stacked * alike[..., None, :]) @ np.conj(np.swapaxes(stacked, -1, -2)) / 2**ndim)


def _filters(shape: Shape, wavelet: str) -> Values:
    """How approximation and details arise from the sublattices: 2^d × 2^d, mode by mode of the coarse lattice."""
    whole_filters: Any = np.ones((1,) * len(shape) + (1, 1))
    for axis, size in enumerate(shape):
        columns = []
        for place in (0, 1):
            impulse = np.zeros(size)
            impulse[place] = 1.0
            columns.append([np.fft.fft(half) for half in analysed(impulse, wavelet, 0)])
        along = np.moveaxis(np.asarray(columns), (0, 1, 2), (2, 1, 0))  # mode, band, sublattice
        along = along.reshape([size // 2 if i == axis else 1 for i in range(len(shape))] + [2, 2])
        product = np.einsum("...ab,...cd->...acbd", whole_filters, along)
        bands = whole_filters.shape[-1] * 2
        whole_filters = product.reshape(*product.shape[:-4], bands, bands)
    return np.asarray(whole_filters)


def _approximation(law: DetailLaw, fine: Values) -> Values:
    _other_shape(law.shape, (), fine.shape)
    for axis in range(len(law.shape)):
        fine = analysed(fine, law.wavelet, axis)[0]
    return fine


def _with_details(law: DetailLaw, coarse: Values, rng: np.random.Generator) -> Values:
    _other_shape(tuple(size // 2 for size in law.shape), law.shape, coarse.shape)
    axes = range(coarse.ndim)
    modes = np.fft.fftn(coarse)
    white = np.fft.fftn(rng.normal(size=(*coarse.shape, law.gain.shape[-1])), axes=axes)
    details = law.gain * modes[..., None] + (law.factor @ white[..., None])[..., 0]
    drawn = np.fft.ifftn(details, axes=axes).real
    bands = [coarse, *np.moveaxis(drawn, -1, 0)]
    for axis in reversed(axes):
        bands = [synthesised(bands[i], bands[i + 1], law.wavelet, axis) for i in range(0, len(bands), 2)]
    fine: Values = bands[0]
    return fine


def _other_shape(expected: Shape, other: Shape, shape: Shape) -> Shape:
    if shape != expected:
        raise ContractError(f"this law is for fields of shape {expected}, got {shape}. Make one for that lattice.")
    return other
