"""Dose -> plasma and tumour -> binding -> signal -> growth: virtual patients, and regimens side by side."""

from prefect import flow

from bridge import runner, stage, via

MASS = "145.5 kDa"  # trastuzumab: its pharmacokinetics are published, of the tumour and the patients much is assumed
GIVEN = {"body_weight": "70 kg", "interval": "1 week", "infusion": "30 min", "loading_infusion": "90 min"}


def responses(people, blood):
    """What the free drug around the tumour's cells comes to."""
    bound = stage("binding.kinetic").submit(people, blood)
    signal = stage("signal.transit").submit(bound)
    return {"binding": bound, "transduction": signal, "response": stage("effect.tumour_growth").submit(people, signal)}


@flow(task_runner=runner())
def pharmacology(
    dose: str = "2 mg/kg",
    loading: str = "4 mg/kg",
    compared: str = "0.5 mg/kg, 1 mg/kg, 2 mg/kg, 4 mg/kg",
    loading_compared: str = "1 mg/kg, 2 mg/kg, 4 mg/kg, 8 mg/kg",
    tumour_volume: str = "10 mL",  # at 100 mL plasma feels the tumour, and its uptake may not be left out
    patients: int = 200,
):
    """Growth of a tumour in a population and under several regimens, and what it matters that it feeds on plasma."""
    size = {"tumour_volume": tumour_volume}
    people = stage("population.antibody").submit(patients=patients)
    typical = stage("population.antibody", name="typical patient").submit(variability_scale=0.0, patients=1)
    doses = stage("dosing.regimen_by_weight").submit(dose=dose, loading=loading, **GIVEN)
    several = stage("dosing.regimens_by_weight").submit(dose=compared, loading=loading_compared, **GIVEN)
    blood = stage("tissue.tumour_coupled").submit(people, doses, molecular_mass=MASS, **size)
    some = stage("tissue.tumour_coupled", name="regimens").submit(typical, several, molecular_mass=MASS, **size)
    one = stage("tissue.tumour_coupled", name="typical blood").submit(typical, doses, molecular_mass=MASS, **size)
    alone = stage("pk.two_compartment").submit(people, doses)
    around = {"patient": one.patient, "time": one.time, "concentration": via(one.plasma_concentration, molar_mass=MASS)}
    told = responses(people, blood) | {f"regimen_{name}": of for name, of in responses(typical, some).items()}
    return stage("pharmacology.report").submit(
        *(blood, several),
        **{"dose": dose, "regimens": some, "uncoupled": alone, **told},
        lumped=stage("tissue.tumour").submit(people, via(alone, molar_mass=MASS), **size),
        penetration=stage("penetration.criteria").submit(typical, concentration=via(one.trough, molar_mass=MASS)),
        verdict=stage("penetration.uncoupled", accept="clearance/uptake").submit(typical, **size),
        comparison=stage("penetration.comparison").submit(coupled=blood, uncoupled=alone),
        capillary=stage("tissue.krogh").submit(typical, **around, **size),
    )
