"""What an antibody given before exposure comes to: infections averted, two pictures and a page."""

from __future__ import annotations

import numpy as np

from bridge import File, Picture, model
from bridge_epidemic.contacts.contacts import Contacts
from bridge_epidemic.population.records import Immunity, Strains
from bridge_epidemic.ports import Array, names
from bridge_epidemic.prophylaxis.records import Plasma, Protected, Report, Wave
from bridge_epidemic.scales import POPULATION

#: What holds of every run; a flow adds what its numbers are.
ASSUMPTIONS = """\
Protection is that of trials against symptomatic infection, taken as protection from infection (E. Stadler et al., \
Nat. Commun. 14, 4545, 2023): half at 96.2 times (32.4 to 285.2) the IC50 in vitro, 1.3 (0.9 to 1.8) per log10.
The IC50s there are means over laboratories; an IC50 of one laboratory may be several times higher or lower.
All who are treated are treated on the first day, and each has the mean protection of the patients.
Who is infected in spite of the antibody is as infectious as others. Nobody has immunity else, and who has been \
infected is immune to all strains.
Intervals of infections hold chance, and nothing else: those of the half and the slope, of IC50s and of R0 are not in \
them."""


@model("prophylaxis.report", scale=POPULATION, depends=["matplotlib"])
def report(
    contacts: Contacts,
    plasma: Plasma,
    first: Protected,
    second: Protected,
    strains: Strains,
    immunity: Immunity,
    treated: Wave,
    untreated: Wave,
    treated_expected: Wave,
    untreated_expected: Wave,
    drug: str = "an antibody",
    start_date: str = "",
    assumptions: str = "",
) -> Report:
    """Infections with and without an antibody that a share of the people are given, on one HTML page.

    `first` and `second` are the protection from the first and the second of `strains`, `immunity` is that of the run in
    which people are treated. `treated` and `untreated` are replicates, the others their deterministic courses.
    Quantiles are linear between replicates. `assumptions` has a line for each that is the flow's own.

    Raises ValueError for courses of other strains, numbers of replicates or times.
    """
    from bridge_epidemic.prophylaxis import chapters, pictures  # late: matplotlib

    named = names(strains.strains)
    _alike(named, {"treated": treated, "untreated": untreated}, "replicates")
    _alike(named, {"treated_expected": treated_expected, "untreated_expected": untreated_expected}, "courses")
    people = float(contacts.population.sum())
    coverage = _coverage(immunity, contacts.population)
    sums = [wave.incidence.sum(axis=(1, 2)) for wave in (treated, untreated)]
    averted = np.quantile(sums[1] - sums[0], (0.025, 0.5, 0.975))
    each = (untreated_expected.incidence - treated_expected.incidence).sum(axis=(0, 1))
    expected = float(untreated_expected.incidence.sum())
    curves = list(zip(named, (first, second), strict=False))
    antibody = Picture.drawn(pictures.antibody(plasma, curves))
    waves = Picture.drawn(
        pictures.waves(named, (treated, untreated), (treated_expected, untreated_expected), people, start_date)
    )
    told = chapters.Told(
        drug, coverage, people, curves, (treated, untreated), (treated_expected, untreated_expected), averted
    )
    own = [*_constant(immunity, treated.time), *names(assumptions)]
    page = chapters.page(told, antibody, waves, [*ASSUMPTIONS.splitlines(), *own])
    return Report(
        infections=float(np.median(sums[0])),
        infections_untreated=float(np.median(sums[1])),
        averted=float(averted[1]),
        averted_low=float(averted[0]),
        averted_high=float(averted[2]),
        averted_expected=float(each.sum()),
        averted_by_strain=each,
        averted_share=float(each.sum()) / expected if expected else 0.0,
        antibody=antibody,
        waves=waves,
        page=File(page, "text/html"),
    )


def _coverage(immunity: Immunity, population: Array) -> float:
    """Share of all people who begin in the class "treated". Raises ValueError."""
    classes = names(immunity.classes)
    if "treated" not in classes:
        raise ValueError(f"No class is 'treated' among {', '.join(classes)}. Wire immunity from immunity.treated.")
    shares = np.broadcast_to(immunity.initial[classes.index("treated")], population.shape)
    return float(shares @ population / population.sum())


def _constant(immunity: Immunity, time: Array) -> list[str]:
    """What is assumed of protection where the wave goes on after the course of the drug ends."""
    known = float(immunity.susceptibility_time[-1])
    if known >= time[-1]:
        return []
    return [f"Protection is known up to day {known:g}; from then to day {time[-1]:g} it is taken to stay as it is."]


def _alike(strains: list[str], waves: dict[str, Wave], what: str) -> None:
    """Check that both courses are of the strains, and of the same shape. Raises ValueError."""
    (one, first), (other, second) = waves.items()
    if first.incidence.shape != second.incidence.shape or not np.array_equal(first.time, second.time):
        raise ValueError(
            f"{one} has {first.incidence.shape[0]} {what} of {first.time.size} days, {other} "
            f"{second.incidence.shape[0]} of {second.time.size}. Run both as long, with the same replicates."
        )
    if first.incidence.shape[2] != len(strains):
        raise ValueError(f"{one} has {first.incidence.shape[2]} strains, and {len(strains)} are named.")
