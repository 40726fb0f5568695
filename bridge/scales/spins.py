"""Blocks of spins: the majority rule, and the exponents that a renormalization step shows (Monte Carlo RG)."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from bridge.errors import ContractError
from bridge.scales.blocks import on_blocks
from bridge.scales.fields import Floats, Values, finite, magnitudes
from bridge.scales.transfer import Transfer, divides, whole


def majority(factor: int) -> Transfer:
    """Restrict spins of ±1 to what most spins of each block say; lift a spin to its whole block.

    Where a block of even size is split in halves, its first spin decides: no sign is preferred, and the same
    spins give the same answer. The rule is not linear: there is no adjoint. Raises ContractError.
    """
    whole(factor, "majority: factor", "majority(2)")
    name = f"majority({factor})"
    decided = functools.partial(_decided, factor=factor, name=name)
    pair = on_blocks(name, (factor,), None)
    return dataclasses.replace(pair, restricting=decided, transposed=None, settings={"factor": factor})


def renormalization_exponents(fine: Any, coarse: Any, factor: float) -> Floats:
    """Exponents y = ln λ / ln L of a renormalization step by L, the largest first, from sums over spins.

    ``fine`` and ``coarse`` hold the operators (a row a sample, a column an operator: Σ s, Σ s s', …) of the same
    configurations before and after the step. λ are the eigenvalues of T = ⟨C C⟩⁻¹ ⟨C F⟩ (connected), the change of
    the coarse couplings with the fine ones. Even operators give the thermal exponent, odd ones the magnetic one.
    R. H. Swendsen, Phys. Rev. Lett. 42, 859 (1979). Raises ContractError or ValueRefused.
    """
    one, other = magnitudes(fine, "fine")[0], magnitudes(coarse, "coarse")[0]
    if one.ndim != 2 or one.shape != other.shape or len(one) <= one.shape[1]:
        raise ContractError(
            f"fine has shape {one.shape}, coarse {other.shape}: both are samples × operators, the same operators of "
            "the same samples, and there are more samples than operators."
        )
    if not factor > 1:
        raise ContractError(f"factor is the side of a block, above 1, got {factor!r}. Write factor=2.")
    finite(one, "fine", "Leave out samples that are not whole.")
    finite(other, "coarse", "Leave out samples that are not whole.")
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    if np.linalg.matrix_rank(other) < other.shape[1]:
        raise ContractError("the coarse operators are not independent: leave out those that repeat others.")
    eigenvalues = np.linalg.eigvals(np.linalg.solve(other.T @ other, other.T @ one))
    largest = np.sort(np.abs(eigenvalues))[::-1]
    return np.asarray(np.log(largest) / math.log(factor))


def _blocked(spins: Values, factor: int, name: str) -> Values:
    """A block a row along the last axis, its first spin first."""
    divides(spins.shape, dict.fromkeys(range(spins.ndim), factor), name)
    split = spins.reshape([n for size in spins.shape for n in (size // factor, factor)])
    order = [*range(0, split.ndim, 2), *range(1, split.ndim, 2)]
    return split.transpose(order).reshape([*(size // factor for size in spins.shape), -1])


def _decided(fine: Values, factor: int, name: str) -> Values:
    if not np.array_equal(np.abs(fine), np.ones_like(fine)):
        raise ContractError(f"{name} takes spins of 1 and -1. Write np.sign(field), or block_mean for other fields.")
    blocks = _blocked(fine, factor, name)
    return np.asarray(np.sign(blocks.sum(axis=-1) + blocks[..., 0] / 2))
