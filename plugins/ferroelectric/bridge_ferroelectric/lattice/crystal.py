"""The energy and the forces of a lattice of local modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyfftw
from numpy.typing import NDArray

from bridge_ferroelectric import voigt
from bridge_ferroelectric.constants import DALTON, GIGAPASCAL, IN_C_PER_M2, KILOVOLT_PER_CM
from bridge_ferroelectric.lattice import interaction, kernel, product, terms

Array = NDArray[np.float64]

LONGEST = 71
"""Cells along z at most: the kernel works on whole rows."""


class Crystal:
    """An effective Hamiltonian on nx × ny × nz cells, periodic, with the conducting (tinfoil) boundary.

    `hamiltonian` has the fields of `bridge_ferroelectric.interfaces.Hamiltonian`. `pressure` in GPa acts as
    p a0³ (η1 + η2 + η3) per cell, as in feram; `field` in kV/cm. Modes u are (nx, ny, nz, 3) in Å, strains η (6,) in
    Voigt's notation with engineering shear, energies those of the whole crystal in eV, forces in eV/Å.
    `held` fixes the homogeneous strain; otherwise it is at its minimum for each configuration.
    The instance owns arrays that its methods overwrite: one thread at a time.
    """

    def __init__(
        self,
        hamiltonian: Any,
        shape: Sequence[int],
        pressure: float = 0.0,
        field: Sequence[float] = (0.0, 0.0, 0.0),
        held: Sequence[float] | None = None,
    ) -> None:
        self.hamiltonian = hamiltonian
        self.shape = nx, ny, nz = tuple(int(n) for n in shape)
        if min(self.shape) < 1 or nz > LONGEST:
            raise ValueError(
                f"the crystal has {nx} × {ny} × {nz} cells. Write 1 or more each way, and at most {LONGEST} along z."
            )
        self.cells = nx * ny * nz
        self.volume = float(hamiltonian.lattice_constant) ** 3
        self.mass = float(hamiltonian.mass) * DALTON
        self.held = None if held is None else np.array(held, dtype=float)
        self.pressure = float(pressure)
        self.stiffness = interaction.stiffness(hamiltonian)
        self.coupling = interaction.coupling(hamiltonian)
        self._flexibility = np.linalg.inv(self.stiffness)
        self.push = self.pressure * GIGAPASCAL * self.volume * np.array([1.0, 1, 1, 0, 0, 0])
        self.force_of_field = tuple(float(e) * KILOVOLT_PER_CM * float(hamiltonian.effective_charge) for e in field)
        self.polynomial = tuple(
            float(getattr(hamiltonian, name)) for name in ("alpha", "gamma", "k1", "k2", "k3", "k4")
        )
        self._shear = (float(hamiltonian.B1xx) / 2, float(hamiltonian.B1yy) / 2, float(hamiltonian.B4yz))
        self._elastic = (
            self.stiffness,
            self._flexibility,
            self.coupling,
            self.push,
            np.empty(0) if self.held is None else self.held,
        )
        self._tables()
        self._plans()

    def _tables(self) -> None:
        nx, ny, nz = self.shape
        kx, ky, kz = (2 * np.pi * np.fft.fftfreq(n) for n in self.shape)
        kz = np.append(kz, kz[nz // 2])
        kz[nz // 2] = abs(kz[nz // 2])
        self._k = kx, ky, kz
        quarter = np.meshgrid(np.abs(kx[: nx // 2 + 1]), np.abs(ky[: ny // 2 + 1]), kz, indexing="ij")
        phase = np.stack(quarter, axis=-1)
        flat = phase.reshape(-1, 3)

        def rows(matrix: Array) -> Array:
            ordered = matrix.reshape(*phase.shape[:3], 6).transpose(0, 1, 3, 2)
            return np.ascontiguousarray(ordered) / self.cells

        self._phi = rows(sum(interaction.quadratic(self.hamiltonian, flat).values()))
        self._inverse = rows(interaction.compliance(self.hamiltonian, flat))

    def _plans(self) -> None:
        nx, ny, nz = self.shape
        # one row and one plane more: what lies a power of two apart shares cache lines, a third slower
        whole = pyfftw.zeros_aligned((5, nx + 1, ny + 1, nz), dtype="complex128")
        self._packed = whole[:, :nx, :ny]
        self._rows = whole.view(np.float64).reshape(5, nx + 1, ny + 1, 2 * nz)
        self.fields = self._rows.reshape(5, nx + 1, -1)
        flags = ("FFTW_ESTIMATE",)  # FFTW_MEASURE chooses by timing: other bits in another run
        self._there, self._back = [], []
        for one in self._packed:
            self._there.append(pyfftw.FFTW(one, one, axes=(0, 1, 2), direction="FFTW_FORWARD", flags=flags))
            self._back.append(pyfftw.FFTW(one, one, axes=(0, 1, 2), direction="FFTW_BACKWARD", flags=flags))

    def transform(self, row: Array) -> tuple[tuple[float, ...], float]:
        """Turn the packed fields into those that act on u and y.

        Writes the means of u (3) and y (6) and the homogeneous strain (6) to `row`; returns the
        coefficients of y in the energy per cell at that strain, and the energy of the strain alone in eV.
        """
        for plan in self._there:
            plan.execute()
        answer = kernel.respond(self.fields, self.cells, *self._elastic, row)
        product.multiply(self._rows, self._phi, self._inverse, *self._k, self._shear)
        for plan in self._back:
            plan.execute()
        return answer

    def strain_energy(self, strain: Array) -> float:
        """What of the enthalpy depends on the strain alone, eV."""
        return float(self.cells * (0.5 * strain @ self.stiffness @ strain + self.push @ strain))

    def relaxed_strain(self, u: Array) -> Array:
        """Homogeneous strain (6,) of least enthalpy for the modes u; or the strain held."""
        if self.held is not None:
            return self.held
        strain: Array = -self._flexibility @ (self.coupling @ voigt.products(u).mean(axis=(0, 1, 2)) + self.push)
        return strain

    def evaluate(self, u: Array, strain: Array | None = None) -> tuple[float, Array, Array]:
        """Enthalpy, forces (nx, ny, nz, 3), and the strain, relaxed unless given."""
        modes = self.planes(u)
        force = np.empty_like(modes)
        row = np.empty(15)
        kernel.fill(modes, self.fields)
        strained, rest = self.transform(row)
        eta = row[9:]
        if strain is not None:
            eta = np.array(strain, dtype=float)
            strained, rest = tuple((self.coupling @ eta).tolist()), self.strain_energy(eta)
        energy = kernel.forces(modes, self.fields, self.polynomial, strained, self.force_of_field, force)
        return energy + rest, self.sites(force), eta

    def planes(self, field: Array) -> Array:
        """A copy of a field over sites, (nx, ny, nz, 3), as the kernels want it: (3, nx, ny nz). Raises ValueError."""
        whole = np.asarray(field, dtype=float)
        if whole.shape != (*self.shape, 3):
            raise ValueError(f"the field has shape {whole.shape}, and the crystal asks for {(*self.shape, 3)}.")
        return np.moveaxis(whole, -1, 0).copy().reshape(3, self.shape[0], -1)

    def sites(self, field: Array) -> Array:
        """The inverse of `planes`."""
        return np.ascontiguousarray(np.moveaxis(field.reshape(3, *self.shape), 0, -1))

    def energy(self, u: Array, strain: Array | None = None) -> float:
        """Enthalpy at a homogeneous strain, at its own least one where none is given."""
        return self.evaluate(u, strain)[0]

    def force(self, u: Array, strain: Array | None = None) -> Array:
        """-dE/du, (nx, ny, nz, 3); where the strain relaxes, this is the derivative of the relaxed energy too."""
        return self.evaluate(u, strain)[1]

    def terms(self, u: Array, strain: Array | None = None) -> dict[str, float]:
        """The enthalpy by term, computed apart from the kernel, without packing."""
        eta = self.relaxed_strain(u) if strain is None else np.asarray(strain, dtype=float)
        return terms.of(self, np.asarray(u, dtype=float), eta)

    def polarization(self, mean: Array) -> Array:
        """Dipole moment over the volume of the cubic reference, C/m², of the mean mode (…, 3)."""
        return polarization(self.hamiltonian, mean)


def polarization(hamiltonian: Any, mean: Array) -> Array:
    """Z* e u / a0³ in C/m², for modes in Å."""
    return np.asarray(mean) * hamiltonian.effective_charge / hamiltonian.lattice_constant**3 * IN_C_PER_M2
