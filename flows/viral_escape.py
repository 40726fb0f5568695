"""Mutation -> binding -> serum -> protection -> reproduction numbers -> wave: BA.1 against D614G, or another pair."""

from prefect import flow

from bridge import runner, stage


@flow(task_runner=runner())
def viral_escape(
    reference: str = "D614G",
    variant: str = "BA.1",
    sources: str = "WT convalescents, WT vaccinees",
    scan: str = "K417N, N440K, S477N, T478K, E484A, Q493R, Q498R, N501Y, Y505H",  # of BA.1, at the receptor
    clonotypes: int = 20,
    transmissibility_ratio: float = 1.0,  # neither this nor the fold of an earlier variant is in the data
    earlier_fold: float = 1.0,
    immune_fraction: float = 0.7,
    age: str = "0 d",
    country: str = "United Kingdom",
    seeds: str = "20000, 100",
    start_date: str = "2021-11-15",
    duration: str = "120 d",
    replicates: int = 200,
):
    """What escape from antibodies does to protection, transmission and a wave, and what it leaves unexplained."""
    pair, more = {"reference": reference, "variant": variant}, {"transmissibility_ratio": transmissibility_ratio}
    own = {"immune_fraction": immune_fraction, "age": age, "earlier_fold": earlier_fold}
    measured, curve = stage("antibody.published").submit(), stage("protection.published").submit()
    severe = stage("protection.published", name="severe curve").submit(outcome="severe")
    persons = stage("serum.persons").submit(measured, **pair, sources=sources, clonotypes=clonotypes)
    sera = stage("protection.sera").submit(persons, curve)
    ratio = stage("escape.ratio").submit(sera, curve, **own, **more)
    met = {"contacts": stage("contacts.published").submit(country=country).contacts}
    met["strains"] = stage("epidemic.two_strains").submit(names=f"{reference}, {variant}", seeds=seeds, **more).strains
    hosts = stage("immunity.sera").submit(sera, curve, strains=met["strains"], cross_fold=sera.equivalent_fold, **own)
    run = {**met, "immunity": hosts.immunity, "duration": duration}
    drawn = stage("epidemic.chain_binomial").submit(**run, replicates=replicates)
    told = {"persons": persons, "infection": sera, "ratio": ratio, "epidemic": drawn, "start_date": start_date}
    told |= {name: stage(f"escape.{name}").submit(sera, curve, ratio, **more) for name in ("landscape", "conditions")}
    told["severe"] = stage("protection.sera", name="severe disease").submit(persons, severe)
    told["binding"] = stage("escape.binding").submit(measured, **pair, sources=sources)
    told["expected"] = stage("epidemic.deterministic").submit(**run)
    told["scan"], told["growth"] = stage("escape.scan").submit(mutations=scan), stage("epidemic.growth").submit(drawn)
    return stage("viral_escape.report").submit(**met, **pair, **own, **more, **told)
