"""A chain binomial with numpy alone, vectorised over replicates: what the compiled one is held against.

Written from the equations of `epidemic.chain_binomial`, without its code: infected people are kept by the class that
they were infected in, unless all classes become the same.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np


def courses(contacts: Any, strains: Any, immunity: Any, days: int, step: float = 0.25, *, replicates: int = 1,
            rng: Any = None, vaccination: Any = None, interventions: Any = None) -> Any:  # fmt: skip
    """Courses (replicate, day, ...): drawn with a numpy generator, or without one what is expected."""
    population, matrix = contacts.population, contacts.contacts
    groups, variants, classes = population.size, strains.reproduction_number.size, immunity.waning_rate.size
    initial = np.broadcast_to(immunity.initial, (classes, groups)) * population
    free = np.repeat((np.round(initial) if rng else initial)[None], replicates, axis=0)  # replicate, class, group
    same = (immunity.after == immunity.after[0]).all() and (immunity.infectiousness == immunity.infectiousness[0]).all()
    origin = np.zeros(classes, dtype=int) if same else np.arange(classes)
    latent, stages = strains.latent_stages, strains.latent_stages + strains.infectious_stages
    infected = np.zeros((variants, origin.max() + 1, stages, replicates, groups))
    per_case = strains.reproduction_number / np.abs(np.linalg.eigvals(matrix)).max()
    out = 1 - np.exp(-step * strains.infectious_stages / strains.infectious_period)
    hatch = 1 - np.exp(-step * latent / strains.latent_period) if latent else out
    every, steps = round(1 / step), round(days / step)
    found = SimpleNamespace(
        incidence=np.zeros((replicates, days + 1, variants)), prevalence=np.zeros((replicates, days + 1, variants)),
        susceptible=np.zeros((replicates, days + 1, classes)), attack=np.zeros((replicates, groups)),
    )  # fmt: skip

    def draw(people: Any, p: Any) -> Any:
        return rng.binomial(people.astype(np.int64), p).astype(float) if rng else people * p

    since, waned_ever = np.zeros((replicates, variants)), immunity.waning_rate.any()
    for n in range(steps + 1):
        time = n * step
        relative = np.stack([[np.interp(time, immunity.susceptibility_time, immunity.susceptibility[:, k, s])
                              for s in range(variants)] for k in range(classes)])  # fmt: skip
        for s in range(variants):
            if strains.seeds[s] and n == np.ceil(strains.seed_day[s] / step - 1e-9):
                weight = free * relative[:, s, None]
                weight /= weight.sum(axis=(1, 2), keepdims=True)
                sown = strains.seeds[s] * weight
                if rng:
                    sown = np.stack(
                        [rng.multinomial(int(strains.seeds[s]), w.ravel()).reshape(w.shape) for w in weight]
                    )
                free -= sown
                for k in range(classes):
                    infected[s, origin[k], 0] += sown[:, k]
                since[:, s] += sown.sum(axis=(1, 2))
                found.attack += sown.sum(axis=1)
        if n % every == 0:
            row = n // every
            found.incidence[:, row], since = since, np.zeros_like(since)
            found.prevalence[:, row] = infected.sum(axis=(1, 2, 4)).T
            found.susceptible[:, row] = free.sum(axis=2)
        to_come = strains.imported.any() or (strains.seeds * (strains.seed_day > time)).any() or waned_ever
        if n == steps or not (to_come or vaccination or infected.any()):
            found.susceptible[:, n // every + 1 :] = free.sum(axis=2)[:, None]
            break
        if vaccination is not None:
            _vaccinate(free, immunity, vaccination, time, step)
        factor = np.ones(groups)
        if interventions is not None:
            for start, end, by in zip(interventions.start, interventions.end, interventions.factor, strict=True):
                factor = factor * (by if start <= time + 1e-9 < end else 1.0)
        mixing = matrix * np.sqrt(factor[:, None] * factor) / population
        risks = []
        for s in range(variants):
            weight = immunity.infectiousness[:, s] if not same else immunity.infectiousness[:1, s]
            met = sum(w * infected[s, o, latent:].sum(axis=0) for o, w in enumerate(weight))
            hazard = per_case[s] * out[s] / strains.infectious_stages * met @ mixing.T
            if strains.imported[s]:
                hazard = hazard + strains.imported[s] * step / (free * relative[:, s, None]).sum(axis=(1, 2))[:, None]
            risks.append(relative[:, s, None] * hazard[:, None, :])
        waned = immunity.waning_rate * step
        open_to = np.flatnonzero(relative.any(axis=1) | (waned > 0))  # nobody leaves another class
        total = (sum(risks) + waned[:, None])[:, open_to]
        leave = -np.expm1(-total)
        gone = draw(free[:, open_to], leave)
        free[:, open_to] -= gone
        arrived, entered = np.zeros_like(free), np.zeros_like(infected[:, :, 0])
        left, rest = gone.copy(), total
        for s in range(variants):
            risk = risks[s][:, open_to]
            share = np.divide(risk, rest, out=np.zeros_like(rest), where=rest > 0)
            last = s == variants - 1 and not waned.any()
            struck = left.copy() if last else draw(left, np.minimum(share, 1.0))
            rest = rest - risk
            left -= struck
            since[:, s] += struck.sum(axis=(1, 2))
            found.attack += struck.sum(axis=1)
            for at, k in enumerate(open_to):
                entered[s, origin[k]] += struck[:, at]
        for at, k in enumerate(open_to):
            if waned[k]:
                arrived[:, immunity.wanes_to[k]] += left[:, at]
        for s in range(variants):
            for o in range(infected.shape[1]):
                for stage in reversed(range(stages)):
                    gone = draw(infected[s, o, stage], out[s] if stage >= latent else hatch[s])
                    infected[s, o, stage] -= gone
                    if stage < stages - 1:
                        infected[s, o, stage + 1] += gone
                    else:
                        arrived[:, immunity.after[o, s]] += gone
        infected[:, :, 0] += entered
        free = free + arrived
    found.attack /= population
    return found


def _vaccinate(free: Any, immunity: Any, vaccination: Any, time: float, step: float) -> None:
    """Expected doses of a step, in proportion to the classes that can have one."""
    willing = immunity.vaccinated_to >= 0
    for start, end, per_day in zip(vaccination.start, vaccination.end, vaccination.per_day, strict=True):
        doses = per_day * max(0.0, min(end, time + step) - max(start, time))
        given = free[:, willing] * (doses / free[:, willing].sum(axis=1))[:, None]
        free[:, willing] -= given
        for at, k in enumerate(np.flatnonzero(willing)):
            free[:, immunity.vaccinated_to[k]] += given[:, at]
