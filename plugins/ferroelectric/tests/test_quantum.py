"""The quantum stage: its fit on an energy known in closed form, its results, and what it refuses."""

import dataclasses
import io
import re
import warnings

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.db import connect
from ase.io import write
from bridge_ferroelectric import records
from bridge_ferroelectric.quantum import assembly, distortions, fit, force_constants, reading, source_gpaw
from bridge_ferroelectric.quantum.models import Onsite, assemble, quantum

from bridge import File
from bridge.testing import check_model

A0, DEPTH = 3.94, 400.0
ELASTIC = {"B11": 126.0, "B12": 44.9, "B44": 50.3}
COUPLING = {"B1xx": -211.0, "B1yy": -19.3, "B4yz": -7.75}
ONSITE = {"kappa": -1.2, "alpha": 100.0, "gamma": -150.0}
XI = np.array([0.2, 0.76, -0.53, -0.215, -0.215])
XI = (XI - XI.mean()) / np.linalg.norm(XI - XI.mean())
UNITS = {"energy_unit": "eV", "length_unit": "angstrom"}


def hard() -> np.ndarray:
    """Force constants: the soft mode at 2κ, translations at zero, all else 20 eV/Å²."""
    rest = np.eye(5) - 0.2 - np.outer(XI, XI)
    return 2 * ONSITE["kappa"] * np.outer(XI, XI) + 20 * rest


def known(atoms: Atoms) -> Atoms:
    """The structure with energy, forces and stress of an effective Hamiltonian written down here."""
    deformation = np.asarray(atoms.cell) / A0
    eta = deformation - np.eye(3)
    displacement = atoms.positions - distortions.SITES @ np.asarray(atoms.cell)
    volume = atoms.get_volume()
    energy, forces, work = 0.0, np.zeros((5, 3)), np.zeros((3, 3))
    if np.allclose(np.asarray(atoms.cell), np.cbrt(volume) * np.eye(3)):  # E(a) of Birch and Murnaghan, B' = 4
        energy = DEPTH * ((A0**3 / volume) ** (2 / 3) - 1) ** 2
    else:
        b11, b12, b44 = ELASTIC.values()
        axial = np.diag(eta)
        work = np.diag((b11 - b12) * axial + b12 * axial.sum()) + b44 * 2 * (eta - np.diag(axial))
    patterns = distortions.pattern(XI)
    u = np.einsum("ac,dac->d", displacement, patterns)
    for axis, order in zip((2, 1, 0), distortions.ALONG, strict=True):
        sites = [0, 1, *order]
        forces[sites, axis] = -hard() @ displacement[sites, axis]
        energy -= forces[sites, axis] @ displacement[sites, axis] / 2
    square = u**2
    energy += ONSITE["alpha"] * square.sum() ** 2 + ONSITE["gamma"] * (square.sum() ** 2 - (square**2).sum()) / 2
    slope = 4 * ONSITE["alpha"] * square.sum() * u + 2 * ONSITE["gamma"] * u * (square.sum() - square)
    forces -= np.einsum("d,dac->ac", slope, patterns)
    b1xx, b1yy, b4yz = COUPLING.values()
    work = work + np.diag(b1xx * square + b1yy * (square.sum() - square)) / 2
    work = work + b4yz * (np.outer(u, u) - np.diag(square))
    work = work - (forces.T @ displacement + displacement.T @ forces) / 2  # a stress moves the atoms with the cell
    stress = work @ deformation.T / volume + 0.03 * A0**3 / volume * np.eye(3)  # 0.03 eV/Å³ as of a finite cutoff
    voigt = stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    atoms.calc = SinglePointCalculator(atoms, energy=energy - 40, forces=forces, stress=voigt)
    atoms.info.update(UNITS)
    return atoms


def wanted() -> list[Atoms]:
    every = [
        *distortions.volumes("BaTiO3", A0),
        *distortions.strains("BaTiO3", A0),
        *distortions.displacements("BaTiO3", A0),
        *distortions.modes("BaTiO3", A0, XI),
    ]
    return [known(atoms) for atoms in every]


def file_of(structures) -> File:
    return File(reading.text(structures), "chemical/x-extxyz")


# The fit


def test_the_fit_finds_an_energy_that_is_known_in_closed_form():
    found = fit.fit(wanted(), "BaTiO3")
    assert found.lattice_constant == pytest.approx(A0, abs=1e-7)
    assert found.bulk_modulus == pytest.approx(8 * DEPTH / (9 * A0**3), rel=1e-6)  # d²E/da² = 8 E0/a0² at x = 0
    np.testing.assert_allclose(found.eigenvector, XI, atol=1e-9)
    assert found.eigenvalue == pytest.approx(2 * ONSITE["kappa"], rel=1e-9)
    assert found.curvature == pytest.approx(2 * ONSITE["kappa"], rel=1e-9)
    assert found.onsite == pytest.approx(ONSITE, rel=1e-9)
    assert found.elastic == pytest.approx(ELASTIC, rel=1e-4)  # a shear of 0.02 turns the stress by 1e-4 of itself
    assert found.coupling == pytest.approx(COUPLING, rel=1e-9)
    np.testing.assert_allclose(found.modelled(found.u), found.energy, atol=1e-12)
    assert found.disagreement < 1e-9


def test_order_of_structures_and_of_atoms_does_not_matter():
    shuffled = [known_in_other_order(atoms) for atoms in reversed(wanted())]
    one, other = fit.fit(wanted(), "BaTiO3"), fit.fit(shuffled, "BaTiO3")
    assert other.onsite == pytest.approx(one.onsite, rel=1e-9)
    assert other.coupling == pytest.approx(one.coupling, rel=1e-9)


def known_in_other_order(atoms: Atoms) -> Atoms:
    order = [4, 1, 0, 3, 2]
    turned = atoms[order]
    turned.info.update(atoms.info)
    turned.calc = SinglePointCalculator(
        turned, energy=atoms.get_potential_energy(), forces=atoms.get_forces()[order], stress=atoms.get_stress()
    )
    return turned


def test_a_mode_along_any_axis_is_the_same_pattern_turned():
    patterns = distortions.pattern(XI)
    np.testing.assert_allclose(np.einsum("dac,eac->de", patterns, patterns), np.eye(3), atol=1e-12)
    for axis in range(3):  # O∥ is the oxygen that lies on the B–O bond of the axis
        bond = distortions.SITES[1] - distortions.SITES[[2, 3, 4]]
        parallel = 2 + int(np.abs(bond[:, axis]).argmax())
        assert patterns[axis, parallel, axis] == XI[2]


def test_energy_and_forces_of_the_fit_agree_by_a_difference_quotient():
    u, step = np.array([0.07, 0.04, -0.1]), 3e-6
    rows = np.eye(3) * step
    quotient = (fit.onsite_energy(ONSITE, u + rows) - fit.onsite_energy(ONSITE, u - rows)) / (2 * step)
    total = u @ u
    slope = 2 * ONSITE["kappa"] * u + 4 * ONSITE["alpha"] * total * u + 2 * ONSITE["gamma"] * u * (total - u**2)
    np.testing.assert_allclose(quotient, slope, rtol=1e-7)


# What it refuses


def test_an_energy_without_a_minimum_inside_its_range_is_refused():
    edges = np.linspace(4.0, 4.2, 7)
    with pytest.raises(ArithmeticError, match=r"no minimum.*4\.0000 to 4\.2000 Å.*Write guess='4\.00 angstrom'"):
        force_constants.equation_of_state(edges, (edges - 3.9) ** 2)
    with pytest.raises(ArithmeticError, match="no minimum"):
        force_constants.equation_of_state(edges, -((edges - 4.1) ** 2))
    with pytest.raises(ArithmeticError, match="wants five"):
        force_constants.equation_of_state(edges[:4], edges[:4])


@pytest.mark.parametrize(
    ("keep", "text"),
    [
        (lambda i: i > 2, "five cubic cells of different edges"),
        (lambda i: i not in (8, 9), "a uniaxial strain along z"),
        (lambda i: i != 10, "a shear strain yz"),
        (lambda i: i != 13, "B displaced along z by two amplitudes (there are 1)"),
        (lambda i: i not in (17, 18), "O⊥ displaced along z by two amplitudes (there are 0)"),
        (lambda i: i < 20, "frozen in along 001 at 2 amplitudes or more (there are 1)"),
        (lambda i: i < 24, "frozen in along 111 at 1 amplitudes or more (there are 0)"),
        (lambda i: i < 11, "neither force constants nor frozen modes"),
    ],
)
def test_missing_structures_are_named(keep, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        fit.fit([atoms for i, atoms in enumerate(wanted()) if keep(i)], "BaTiO3")


def test_distorted_cells_of_another_edge_than_the_minimum_are_refused():
    stretched = wanted()[:7] + [known_at(atoms, 1.01) for atoms in wanted()[7:]]
    with pytest.raises(ValueError, match=r"edge 3\.9794 Å, but E\(a\) has its minimum at 3\.94"):
        fit.fit(stretched, "BaTiO3")


def known_at(atoms: Atoms, scale: float) -> Atoms:
    larger = atoms.copy()
    larger.set_cell(atoms.cell * scale, scale_atoms=True)
    larger.calc = SinglePointCalculator(larger, **atoms.calc.results)
    return larger


def test_a_cubic_phase_without_soft_mode_is_refused():
    hardened = wanted()
    for atoms in hardened[11:19]:
        displacement = atoms.positions - distortions.SITES @ np.asarray(atoms.cell)
        atoms.calc.results["forces"] = -5 * displacement + displacement.mean(0) * 5
    with pytest.raises(ArithmeticError, match="has no soft mode"):
        fit.fit(hardened, "BaTiO3")


def test_force_constants_that_contradict_the_frozen_mode_are_refused():
    doubtful = wanted()
    for atoms in doubtful[11:19]:
        atoms.calc.results["forces"] *= 1.04
    with pytest.raises(ArithmeticError, match=r"they differ by 3\.8%, more than 3%"):
        quantum(dataset=file_of(doubtful))


def test_a_file_that_does_not_say_its_units_or_has_no_stress_is_refused():
    for change, text in (
        (lambda a: a.info.pop("energy_unit"), "structure 3 (BaTiO3) declares no energy_unit. Write energy_unit=eV"),
        (lambda a: a.info.update(length_unit="bohr"), "structure 3 (BaTiO3) has length_unit=bohr"),
        (lambda a: a.calc.results.pop("stress"), "structure 3 (BaTiO3) has no stress"),
        (lambda a: a.calc.results.pop("forces"), "structure 3 (BaTiO3) has no forces"),
    ):
        structures = wanted()
        change(structures[3])
        with pytest.raises(ValueError, match=re.escape(text)):
            quantum(dataset=file_of(structures))


def test_a_file_of_another_material_setting_or_form_is_refused():
    structures = wanted()
    for inputs, text in (
        ({"dataset": file_of(structures), "material": "PbTiO3"}, "is not one cell of PbTiO3"),
        ({"dataset": File(b"not a file of structures")}, "neither extended XYZ nor an ASE database"),
        ({"material": "KNbO3"}, "are BaTiO3 with LDA, not KNbO3"),
        ({"functional": "PBEsol"}, "not BaTiO3 with PBEsol"),
        ({"material": "Ba2TiO4"}, "no perovskite oxide"),
        ({"kpoints": 3}, "no structure was computed with LDA, 600 eV and 3×3×3 points. There are: LDA 600 eV"),
        ({"source": "gpaw", "material": "LaAlO3"}, "Write guess="),
    ):
        with pytest.raises(ValueError, match=re.escape(text)):
            quantum(**inputs)


def test_a_turned_cell_and_an_atom_off_its_site_are_refused():
    turned = wanted()[10]
    turned.set_cell(np.array([[A0, 0.2, 0], [0, A0, 0], [0, 0, A0]]))
    with pytest.raises(ValueError, match="is turned"):
        reading.sort([turned], "BaTiO3")
    wrong = wanted()[0]
    wrong.symbols = "TiBaO3"
    with pytest.raises(ValueError, match=r"no Ba within 0\.5 Å of the site"):
        reading.sort([wrong], "BaTiO3")


def test_without_gpaw_the_live_source_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gpaw", None)
    with pytest.raises(RuntimeError, match=r'make dft.*libxc-dev.*pip install "scalebridge-ferroelectric\[gpaw\]"'):
        quantum(source="gpaw")


# A file of one's own


def test_extxyz_and_an_ase_database_give_the_same(tmp_path):
    structures = wanted()
    with connect(tmp_path / "own.db") as base:
        for atoms in structures:
            base.write(atoms, **UNITS)
    packed = io.StringIO()
    write(packed, structures, format="extxyz")
    one = quantum(dataset=File(packed.getvalue().encode()))
    other = quantum(dataset=File.read(tmp_path / "own.db"))
    assert one.onsite.kappa == pytest.approx(ONSITE["kappa"], rel=1e-6)  # extxyz rounds to 1e-8
    assert other.onsite.kappa == pytest.approx(ONSITE["kappa"], rel=1e-9)
    assert "cutoff and k-points not stated; a file of 26 structures: no code named" in one.provenance
    assert one.convergence.cutoff.shape == (0,)


def test_the_live_source_computes_only_what_its_file_lacks(monkeypatch):
    run = []

    def counted(atoms, settings, iterations):
        run.append(atoms)
        done = known(atoms.copy())
        done.info.update(dataclasses.asdict(settings))
        return done

    monkeypatch.setattr(source_gpaw, "calculate", counted)
    settings = source_gpaw.Settings()
    first = list(source_gpaw.series("BaTiO3", settings, A0))
    assert (len(run), len(first)) == (26, 26)
    run.clear()
    again = list(source_gpaw.series("BaTiO3", settings, A0, reading.frames(reading.text(first))[:20]))
    assert (len(run), len(again)) == (6, 26)
    run.clear()
    list(source_gpaw.series("BaTiO3", source_gpaw.Settings(kpoints=4), A0, first))
    assert len(run) == 26  # of other settings, none is the same
    found = quantum(source="gpaw", guess=A0, dataset=file_of(first))
    assert found.onsite.kappa == pytest.approx(ONSITE["kappa"], rel=1e-5)  # ξ rounded to five digits
    assert found.provenance.startswith("BaTiO3, LDA, 600 eV, 8×8×8 points; computed now by GPAW")


# Assembly


def onsite(**changes) -> Onsite:
    """The first trial's own 6×6×6 terms beside ZVR's record: κ -1.20, α 99.9, γ -148.6, B1xx -239.7, a0 3.9476 Å."""
    terms = {"B11": 131.8, "B12": 46.1, "B44": 51.05, "B1xx": -239.7, "B1yy": -21.7, "B4yz": -11.2}
    terms |= {"lattice_constant": 3.9476, "kappa": -1.20, "alpha": 99.9, "gamma": -148.6}
    return Onsite(**{"material": "BaTiO3", "functional": "LDA", "source": "test", **terms, **changes})


def test_onsite_curvature_is_the_total_less_short_range_and_dipoles():
    found = assemble(onsite())
    assert found.hamiltonian.kappa2 == pytest.approx(6.0296, abs=1e-3)  # the first trial
    assert assembly.total(found.hamiltonian) == pytest.approx(-1.20, abs=1e-12)
    assert "Warning" not in found.remark


def test_a_record_taken_apart_and_assembled_again_is_itself():
    zvr = records.published("BaTiO3 ZVR")
    names = ("lattice_constant", "B11", "B12", "B44", "B1xx", "B1yy", "B4yz", "alpha", "gamma")
    found = assemble(onsite(kappa=assembly.total(zvr), **{n: getattr(zvr, n) for n in names})).hamiltonian
    assert found.kappa2 == pytest.approx(5.502, abs=1e-12)
    for name in ("mass", "effective_charge", "permittivity", "pressure", "k1", "k4", *names):
        assert getattr(found, name) == getattr(zvr, name)
    np.testing.assert_array_equal(found.j, zvr.j)


def test_short_range_of_a_uniform_mode_is_the_sum_over_26_neighbours():
    j = np.array([0.3, -0.7, 0.11, 0.23, 0.5, -0.2, 0.9])
    total = 0.0
    for cell in np.ndindex(3, 3, 3):
        r = np.array(cell) - 1
        shell = int(r @ r)
        unit = np.abs(r[2]) / np.sqrt(max(shell, 1))
        if shell == 1:
            total += j[0] + (j[1] - j[0]) * unit
        elif shell == 2:
            total += j[3] + np.sqrt(2) * (j[2] - j[3]) * unit
        elif shell == 3:
            total += j[5]
    assert assembly.short_range(j) == pytest.approx(total / 2, rel=1e-12)


def test_records_of_other_functionals_and_materials_are_not_mixed_in_silence():
    with pytest.warns(UserWarning, match="on-site terms are of LDA, Z*".replace("*", r"\*")):
        mixed = assemble(onsite(), "BaTiO3 Wu-Cohen")
    assert mixed.remark.startswith("Warning: the on-site terms are of LDA, Z*, ε∞ and j of Wu-Cohen.")
    assert mixed.hamiltonian.k1 == 0
    with pytest.warns(UserWarning, match="those of BaTiO3.*those of PbTiO3"):
        assemble(onsite(), "PbTiO3")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assemble(onsite(), "BaTiO3 ZVR")


def test_terms_without_a_minimum_are_refused():
    with pytest.raises(ArithmeticError, match=r"no minimum along \(0, 0, 1\).*must be positive"):
        assemble(onsite(alpha=20.0, gamma=0.0))
    with pytest.raises(ArithmeticError, match="not elastically stable"):
        assemble(onsite(B12=140.0))


def test_assemble_keeps_its_promises():
    units = {"B11": "eV", "B12": "eV", "B44": "eV", "lattice_constant": "angstrom"}
    units |= dict.fromkeys(("B1xx", "B1yy", "B4yz", "kappa"), "eV/angstrom^2")
    units |= dict.fromkeys(("alpha", "gamma"), "eV/angstrom^4")
    terms = dataclasses.asdict(onsite())
    found = check_model(assemble, onsite={k: f"{v} {units[k]}" if k in units else v for k, v in terms.items()})
    assert found["hamiltonian"]["alpha"] == 99.9
