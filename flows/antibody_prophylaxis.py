"""Dose -> plasma -> protection from two strains -> a wave among people of whom a share is treated, and without it."""

from prefect import flow

from bridge import runner, stage

NOTE = """Plasma is that of 300 mg of tixagevimab into the thigh: 38.2 mg/L at 7.1 d, with 26 % between people (R. A. \
Bender Ignacio et al., Clin. Pharmacol. Ther. 112, 1207, 2022), and 90 d (P. Forte-Soto et al., J. Infect. Dis. 227, \
1153, 2023). The IC50s are those of another antibody, ADG-2 (Y. Cao et al., Nature 614, 521, 2023)."""
PLASMA = {"clearance": "0.0573 L/d", "central_volume": "7.44 L", "clearance_variation": 0.26, "volume_variation": 0.26}
ABSORPTION = {"absorption": "first order", "absorption_rate": "0.63 1/d", "sampling": "1 d"}


@flow(task_runner=runner())
def antibody_prophylaxis(
    dose: str = "300 mg",
    interval: str = "180 d",
    ic50: str = "10.7 ng/mL",
    variant_ic50: str = "979 ng/mL",
    coverage: float = 0.3,
    names: str = "D614G, BA.1",
    reproduction_number: float = 1.5,
    seeds: str = "20000, 1000",
    country: str = "United Kingdom",
    duration: str = "240 d",
    patients: int = 200,
    replicates: int = 200,
):
    """Infections that an antibody averts, and what a variant does that it hardly neutralises."""
    doses = stage("dosing.regimen").submit(dose=dose, interval=interval, until=duration)
    drawn = stage("population.antibody").submit(patients=patients, **PLASMA)
    own = {"clearance": drawn.clearance, "volume": drawn.central_volume, "duration": duration}
    blood = stage("pk.one_compartment").submit(doses, **own, **ABSORPTION)
    first = stage("prophylaxis.protection").submit(blood, ic50=ic50)
    second = stage("prophylaxis.protection", name="variant").submit(blood, ic50=variant_ic50)
    people = stage("contacts.published").submit(country=country)
    pair = stage("epidemic.two_strains").submit(names=names, reproduction_number=reproduction_number, seeds=seeds)
    told = {"plasma": blood, "first": first, "second": second}
    for name, share in {"untreated": 0.0, "treated": coverage}.items():
        of = {"variant": second, "treated_fraction": share}
        immune = stage("immunity.treated", name=f"{name} people").submit(pair, first, **of)
        given = {"strains": pair.strains, "immunity": immune.immunity, "duration": duration}
        told[name] = stage("epidemic.chain_binomial", name=name).submit(people, **given, replicates=replicates)
        told[f"{name}_expected"] = stage("epidemic.deterministic", name=f"{name} on average").submit(people, **given)
    return stage("prophylaxis.report").submit(people, immune, strains=pair.strains, **told, assumptions=NOTE)
