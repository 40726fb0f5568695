"""Epidemics: 1,000 replicates of two strains in 16 age groups, here, with numpy alone, and one strain in epydemix.

CPU time of this process or of the rival's, compilation and imports excluded, every engine in turn.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bridge.testing import plain
from tests.bench import epidemic_numpy
from tests.bench import epidemic_problem as problem
from tests.bench.measure import Row
from tests.bench.sweep import measured
from tests.bench.sweep_venvs import NotInstalled, python_of, version_of

ROUNDS = 3
#: epydemix takes minutes for 1,000 runs, one after the other: so many are measured.
RUNS = 100

#: A single strain among people without immunity, in the same groups and steps.
EPYDEMIX = """
import json, sys, time
import numpy as np
from epydemix import EpiModel
from epydemix.population import Population
given = json.load(sys.stdin)
people, matrix = np.array(given["people"]), np.array(given["contacts"])
population = Population("bench")
names = [str(k) for k in range(len(people))]
population.add_population(people, names)
population.add_contact_matrix(matrix)
model = EpiModel("SIR", compartments=["S", "I", "R"])
model.set_population(population)
model.add_transition("S", "I", kind="mediated", params=("beta", "I"))
model.add_transition("I", "R", kind="spontaneous", params="gamma")
rho = np.abs(np.linalg.eigvals(matrix)).max()
model.add_parameter("gamma", 1 / given["period"])
model.add_parameter("beta", given["number"] / given["period"] / rho)
sick = np.full(len(people), given["seeds"] / len(people))
begin = {"S": people - sick, "I": sick, "R": 0 * sick}
dates = {"start_date": "2021-01-01", "end_date": "2021-12-31", "dt": given["step"]}
model.run_simulations(Nsim=2, initial_conditions_dict=begin, **dates)
begun = time.process_time()
found = model.run_simulations(Nsim=given["runs"], initial_conditions_dict=begin, rng=1, **dates)
took = time.process_time() - begun
last = np.mean([t.compartments["R_total"][-1] for t in found.trajectories])
print(json.dumps({"took": took, "recovered": float(last / people.sum())}))
"""


def rows() -> Iterator[Row]:
    """The stress test in every engine, and cohorts on one and two workers."""
    from bridge_epidemic.population.chain_binomial import chain_binomial

    given = {"contacts": problem.contacts(), "strains": problem.strains(), "immunity": problem.immunity()}

    def ours(replicates: int) -> Any:
        return plain(chain_binomial)(**given, duration=float(problem.DAYS), step=problem.STEP, replicates=replicates)

    def theirs(replicates: int) -> Any:
        return epidemic_numpy.courses(
            *given.values(), problem.DAYS, problem.STEP, replicates=replicates, rng=np.random.default_rng(1)
        )

    ours(2), theirs(2)
    took: dict[str, list[float]] = {"ours": [], "numpy": []}
    for _ in range(ROUNDS):
        for name, call in (("ours", ours), ("numpy", theirs)):
            begun = time.process_time()
            found = call(problem.REPLICATES)
            took[name].append(time.process_time() - begun)
            if name == "ours":
                reference = found
    agree(reference, found)
    mine, other = (statistics.median(took[name]) for name in ("ours", "numpy"))
    what = "1,000 replicates, 2 strains, 16 ages, 3 classes of immunity, 1e6 people, 365 d at 0.25 d"
    yield Row(
        f"{what}; reproduction numbers of every day, people counted in every step",
        f"{mine:.3g} CPU-s",
        f"the same with numpy {np.__version__}, vectorised over replicates, without those two: {other:.3g} CPU-s",
        f"{other / mine:.2f} times faster",
    )
    yield epydemix(mine)
    yield cohorts()


def agree(found: Any, other: Any) -> None:
    """Both engines infect as many in each group. Raises AssertionError beyond 5 standard errors."""
    apart = found.attack.mean(axis=0) - other.attack.mean(axis=0)
    error = np.sqrt((found.attack.var(axis=0) + other.attack.var(axis=0)) / problem.REPLICATES)
    if found.error_in_people or (np.abs(apart) > 5 * error).any():
        raise AssertionError(f"{np.abs(apart / error).max():.1f} standard errors apart")


def epydemix(mine: float) -> Row:
    """One strain among people without immunity in epydemix, scaled to 1,000 runs."""
    contacts = problem.contacts()
    given = {
        "people": contacts.population.tolist(), "contacts": contacts.contacts.tolist(), "number": problem.NUMBERS[0],
        "period": problem.PERIOD, "seeds": problem.SEEDS * problem.GROUPS, "step": problem.STEP, "runs": RUNS,
    }  # fmt: skip
    what = "the same, two strains, against one strain without immunity"
    try:
        python = python_of("epydemix")
    except NotInstalled as problem_:
        return Row(what, f"{mine:.3g} CPU-s", f"epydemix: not installed, {problem_}")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    told = [
        json.loads(
            subprocess.run(
                [python, "-c", EPYDEMIX], input=json.dumps(given), env=environment, check=True, capture_output=True,
                text=True,
            ).stdout.splitlines()[-1]
        )
        for _ in range(ROUNDS)
    ]  # fmt: skip
    theirs = statistics.median(one["took"] for one in told) * problem.REPLICATES / RUNS
    return Row(
        what,
        f"{mine:.3g} CPU-s",
        f"epydemix {version_of('epydemix')}, SIR, {RUNS} runs scaled to 1,000; {told[0]['recovered']:.1%} recover: "
        f"{theirs:.3g} CPU-s",
        f"{theirs / mine:.1f} times faster",
    )


def cohorts() -> Row:
    """A sweep over cohorts of replicates on one and on two workers."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for workers in (1, 2, 1, 2):  # by turns: a machine is not as fast in one minute as in the next
        with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
            environment = {**os.environ, "SCALEBRIDGE_STORE": str(Path(folder) / "store")}
            command = [sys.executable, "-m", "tests.bench.epidemic_cohorts", str(workers), "1"]
            seconds[workers] += [told["seconds"] for told in measured(command, environment)]
    took = {workers: statistics.median(rounds) for workers, rounds in seconds.items()}
    return Row(
        "20 cohorts of 500 replicates of it in a sweep, all courses stored, two workers",
        f"{took[2]:.3g} s",
        f"one worker: {took[1]:.3g} s",
        f"{took[1] / took[2]:.2f} times the throughput",
    )
