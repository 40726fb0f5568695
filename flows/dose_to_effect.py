"""Dose -> plasma -> tissue -> binding -> signal -> effect: five models, each of which can be another by its name."""

from prefect import flow

from bridge import runner, stage, via


@flow(task_runner=runner())
def dose_to_effect(
    dose: str = "2 mg/kg",
    interval: str = "1 week",
    infusion: str = "30 min",
    molecular_mass: str = "145.5 kDa",
    patients: int = 200,
    plasma: str = "pk.two_compartment",
    tissue: str = "tissue.tumour",
    binding: str = "binding.kinetic",
    signal: str = "signal.transit",
    effect: str = "effect.tumour_growth",
):
    """What a regimen comes to in each of some virtual patients, by way of plasma, tissue, receptor and signal."""
    people = stage("population.antibody").submit(patients=patients)
    drug = stage("dosing.substance").submit(molecular_mass=molecular_mass)
    doses = stage("dosing.regimen_by_weight").submit(people, dose=dose, interval=interval, infusion=infusion)
    blood = stage(plasma).submit(people, drug, doses)
    outside = stage(tissue).submit(people, via(blood, molar_mass=molecular_mass))
    bound = stage(binding).submit(people, outside)
    passed_on = stage(signal).submit(bound)
    return stage(effect).submit(people, passed_on)
