"""The page of a ferroelectric chain: one section a scale, then how they close."""

from __future__ import annotations

from typing import Any

from bridge import Picture
from bridge.pages import box, chapter, folded, paragraph, picture, table
from bridge.pages import page as document
from bridge_ferroelectric.lattice.transitions import listed as transitions


def page(
    temperature: float,
    electrons: Any,
    hamiltonian: Any,
    remark: str,
    ladder: Any,
    theory: Any,
    landau: Any,
    gradient: Any,
    wall_180: Any,
    wall_90: Any,
    domains: Any,
    closing: Any,
) -> bytes:
    """HTML, from the records that `models.report` takes."""
    lead = (
        f"At {temperature:g} K the domains carry {wall_180.spontaneous_polarization:.3f} C/m²; a 180° wall costs "
        f"{wall_180.energy:.1f} mJ/m² and is {wall_180.width:.2f} nm wide, a 90° wall {wall_90.energy:.1f} mJ/m² and "
        f"{wall_90.width:.2f} nm. All of it follows from the electrons of one cell and "
        "the published record named below."
    )
    return document(
        f"{hamiltonian.name}: from electrons to domains at {temperature:g} K",
        lead,
        [
            chapter(
                "Domains",
                "phase field",
                paragraph(f"Quenched from noise: {named(domains)}; mean |P| {domains.mean_polarization:.3f} C/m²."),
                shown(domains.picture, "Direction of the polarization as colour, with the energy on its way down."),
            ),
            chapter(
                "Electrons",
                electrons.onsite.functional,
                paragraph(
                    "Energies, forces and stresses of distorted cells give the on-site energy of the local mode, "
                    "elasticity and their coupling. The softest force constant and the frozen mode agree within "
                    f"{100 * electrons.disagreement:.1f} %."
                ),
                box("Take care", [remark], "warn") if remark.startswith("Warning") else "",
                quantum_table(electrons, hamiltonian),
                folded("Where the numbers come from", [remark]),
                shown(electrons.picture, "Energy of the frozen mode along [001], [011] and [111], with the fit."),
            ),
            chapter(
                "Lattice",
                "effective Hamiltonian",
                paragraph(f"Cooling: {transitions(ladder.cooling)}. Heating: {transitions(ladder.heating)}."),
                shown(ladder.picture, "Polarization and strain, cooling and heating.", 640),
            ),
            chapter(
                "Free energy",
                "Landau theory",
                paragraph(
                    f"One polynomial for all temperatures: T0 = {theory.curie_weiss_temperature:.0f} ± "
                    f"{theory.curie_weiss_temperature_error:.0f} K, χ²/dof {theory.chi2_per_degree:.1f}. Errors are "
                    "multiplied by the root of that; what another polynomial would give is a stage output of its own."
                ),
                landau_table(landau, gradient),
                folded("Points left out of the fit", left) if (left := theory.rejected.splitlines()) else "",
                shown(theory.picture, "Slope of the free energy: points of the lattice, lines of the fit."),
            ),
            chapter(
                "Walls",
                "continuum against lattice",
                paragraph(
                    "A difference of two simulations is an internal energy; it is compared with σ − T dσ/dT of the "
                    f"continuum, never with σ itself ({closing.wall_free_energy:.1f} mJ/m² there)."
                ),
                wall_table(wall_180, wall_90),
                shown(closing.picture, f"The same 180° wall at {closing.temperature:g} K by both."),
            ),
            chapter(
                "How the scales close",
                f"at {closing.temperature:g} K, which the fit has not seen",
                paragraph("Each row is one quantity by the finer and by the coarser of two neighbours."),
                closing_table(closing),
            ),
        ],
    )


def shown(drawn: Picture, caption: str, width: int = 960) -> str:
    """A picture with what it shows, at most so many CSS pixels wide."""
    return picture(drawn, caption, caption, width)


def named(domains: Any) -> str:
    """Variants with their shares, such as ``four variants: +x 31 %, …``."""
    names = [name.strip() for name in domains.variants.split(",")]
    shares = [f"{name} {100 * share:.0f} %" for name, share in zip(names, domains.variant_fraction, strict=True)]
    return f"{domains.variants_above} variants above 5 % of the area ({', '.join(shares)})"


def quantum_table(electrons: Any, hamiltonian: Any) -> str:
    """What the electrons decide, and what the record they were completed from adds."""
    rows = [
        ("lattice constant", f"{electrons.onsite.lattice_constant:.4f} Å", "computed"),
        ("2κ, curvature of the uniform mode", f"{2 * electrons.onsite.kappa:.3f} eV/Å²", "computed"),
        ("α, γ", f"{electrons.onsite.alpha:.1f}, {electrons.onsite.gamma:.1f} eV/Å⁴", "computed"),
        ("B11, B12, B44", f"{hamiltonian.B11:.1f}, {hamiltonian.B12:.1f}, {hamiltonian.B44:.1f} eV", "computed"),
        (
            "B1xx, B1yy, B4yz",
            f"{hamiltonian.B1xx:.1f}, {hamiltonian.B1yy:.1f}, {hamiltonian.B4yz:.1f} eV/Å²",
            "computed",
        ),
        ("Z*, ε∞", f"{hamiltonian.effective_charge:.3f} e, {hamiltonian.permittivity:.3f}", "published"),
        ("κ2 on site, from 2κ less dipoles and short range", f"{hamiltonian.kappa2:.4f} eV/Å²", "both"),
    ]
    return table(("quantity", "value", "source"), rows, text_columns=3)


def landau_table(landau: Any, gradient: Any) -> str:
    """The coefficients, with their slopes."""
    rows = [
        (f"α1 at {landau.reference_temperature:.0f} K", si(landau.alpha1), si(landau.alpha1_slope), "J m/C²"),
        ("α11", si(landau.alpha11), si(landau.alpha11_slope), "J m⁵/C⁴"),
        ("α12", si(landau.alpha12), si(landau.alpha12_slope), "J m⁵/C⁴"),
        *((name, si(getattr(landau, key)), "", "J m⁹/C⁶") for name, key in
          (("α111", "alpha111"), ("α112", "alpha112"), ("α123", "alpha123"))),
        ("Q11, Q12, Q44", f"{landau.Q11:.4f}, {landau.Q12:.4f}, {landau.Q44:.4f}", "", "m⁴/C²"),
        ("G11, G12, G44", f"{si(gradient.G11)}, {si(gradient.G12)}, {si(gradient.G44)}", "", "J m³/C²"),
    ]  # fmt: skip
    return table(("coefficient", "value", "slope per K", "unit"), rows, text_columns=4)


def wall_table(wall_180: Any, wall_90: Any) -> str:
    """Both walls of the tetragonal phase."""
    rows = [
        (name, f"{w.energy:.1f} mJ/m²", f"{w.internal_energy:.1f} mJ/m²", f"{w.width:.2f} nm")
        for name, w in (("180°", wall_180), ("90°", wall_90))
    ]
    return table(("wall", "free energy σ", "internal energy", "width"), rows)


def closing_table(closing: Any) -> str:
    """Fine, coarse and their relative difference."""
    rows = [
        (
            "spontaneous polarization (lattice → Landau)",
            f"{closing.polarization_fine:.4f} C/m²",
            f"{closing.polarization_coarse:.4f} C/m²",
            percent(closing.polarization_error),
        ),
        (
            "c/a − 1 (lattice → Landau)",
            f"{1e3 * closing.strain_fine:.2f}·10⁻³",
            f"{1e3 * closing.strain_coarse:.2f}·10⁻³",
            percent(closing.strain_error),
        ),
        (
            "180° wall, internal energy (lattice → continuum)",
            f"{closing.wall_fine:.1f} ± {closing.wall_fine * closing.wall_uncertainty:.1f} mJ/m²",
            f"{closing.wall_coarse:.1f} mJ/m²",
            percent(closing.wall_error),
        ),
        (
            "180° wall, width (lattice → continuum)",
            f"{closing.width_fine:.2f} nm",
            f"{closing.width_coarse:.2f} nm",
            percent(closing.width_error),
        ),
    ]
    return table(("bridge", "fine", "coarse", "coarse/fine − 1"), rows)


def percent(share: float) -> str:
    """A signed percentage."""
    return f"{100 * share:+.1f} %"


def si(value: float) -> str:
    """Three digits with a power of ten, or plain where that is short."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.2e}".split("e")
    digits = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa}·10{digits}"
