"""``python -m bridge_ferroelectric.quantum.live``: GPAW as installed here against the results of the plugin.

Of the committed 4×4×4 series the cubic reference and one frozen mode are computed again, now; energies, forces
and stresses must agree, or the program fails. `make dft` ends with it.
"""

from __future__ import annotations

import sys

import numpy as np

from bridge_ferroelectric.quantum import reading, source_gpaw

SETTINGS = source_gpaw.Settings(kpoints=4)
TOLERANCE = {"energy": 1e-3, "forces": 2e-3, "stress": 2e-4}
"""eV, eV/Å, eV/Å³: ten times what convergence leaves, far below what another setup or functional would change."""


def differences() -> dict[str, float]:
    """Largest difference between now and the committed results, for the reference and one frozen mode.

    The energy is that of the mode against the reference. Raises RuntimeError without GPAW.
    """
    series = reading.series(reading.frames(reading.committed()), SETTINGS.functional, SETTINGS.cutoff, SETTINGS.kpoints)
    cells = reading.sort(series, "BaTiO3")
    edge = cells.modes[0].edge
    reference = next(i for i, a in enumerate(series) if abs(reading.by_site(a, "BaTiO3", i).edge - edge) < 2e-5)
    mode = next(i for i, a in enumerate(series) if reading.by_site(a, "BaTiO3", i).moved.sum() > 1)
    then = [series[reference], series[mode]]
    now = [source_gpaw.calculate(atoms, SETTINGS) for atoms in then]
    wells = [pair[1].get_potential_energy() - pair[0].get_potential_energy() for pair in (then, now)]
    pairs = list(zip(then, now, strict=True))
    return {
        "energy": abs(wells[1] - wells[0]),
        "forces": max(float(np.abs(a.get_forces() - b.get_forces()).max()) for a, b in pairs),
        "stress": max(float(np.abs(a.get_stress() - b.get_stress()).max()) for a, b in pairs),
    }


def main() -> int:
    """Print the differences; 1 if one is too large."""
    try:
        found = differences()
    except RuntimeError as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 1
    units = {"energy": "eV", "forces": "eV/Å", "stress": "eV/Å³"}
    for what, value in found.items():
        print(f"{what}: differs by {value:.1e} {units[what]} from the committed result (at most {TOLERANCE[what]:g})")
    return int(any(value > TOLERANCE[what] for what, value in found.items()))


if __name__ == "__main__":
    sys.exit(main())
