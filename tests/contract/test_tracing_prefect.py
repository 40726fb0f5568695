"""A Prefect flow is checked like any function: no run is created, no server asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from small_chain import names, vacancy, walk, wiring

from bridge import check, stack, stage
from bridge.chain.chain import Unplanned
from bridge.chain.values import Unknown, UnknownPort
from bridge.errors import ContractError, MissingInput, NotComputedYet, UnknownName

pytestmark = pytest.mark.usefixtures("no_prefect_api")


def flow(function: Any) -> Any:
    import prefect

    return prefect.flow(function)


def load(path: str = "table.csv") -> float:
    """Stand for a plain task of Prefect, which must not run while tracing."""
    raise AssertionError("a plain task ran while tracing")


def task() -> Any:
    import prefect

    return prefect.task(load)


def test_a_prefect_flow_is_traced_without_a_run_or_a_server() -> None:
    def diffusion(count: int = 2, temperature: str = "900 K") -> Any:
        found = [stage(vacancy).submit(strain=i / 10).energy for i in range(count)]
        return [stage(walk).submit(barrier=energy, temperature=temperature) for energy in found]

    chain = check(flow(diffusion), count=3)
    assert names(chain) == names(check(diffusion, count=3))
    assert wiring(chain) == wiring(check(diffusion, count=3))
    assert len(chain.stages) == 6


def test_parameters_are_bound_and_coerced_as_prefect_would() -> None:
    @flow
    def diffusion(count: int, temperature: str = "900 K") -> None:
        for _ in range(count):
            stage(walk).submit(barrier="1 eV", temperature=temperature)

    assert len(check(diffusion, count="3").stages) == 3
    with pytest.raises(ContractError, match=r"(?s)flow 'diffusion': .*count: Input should be a valid integer"):
        check(diffusion, count="many")
    with pytest.raises(MissingInput, match=r"flow 'diffusion' needs count\. Write -p count=VALUE"):
        check(diffusion)
    with pytest.raises(UnknownName, match=r"flow 'diffusion' has no parameter 'cuont'\. Did you mean 'count'\?"):
        check(diffusion, cuont=3)


def test_a_subflow_joins_the_chain_with_its_own_defaults() -> None:
    @flow
    def barriers(strains: tuple[float, ...] = (0.0, 0.1)) -> Any:
        return [stage(vacancy).submit(strain=s).energy for s in strains]

    @flow
    def diffusion() -> Any:
        for energy in [*barriers(), *barriers((0.2,)), *barriers(strains=(0.3,))]:
            stage(walk).submit(barrier=energy)

    chain = check(diffusion)
    assert [s.sources["strain"].value for n, s in chain.stages.items() if "vacancy" in n] == [0.0, 0.1, 0.2, 0.3]  # type: ignore[union-attr]
    assert wiring(chain)[-1] == ("vacancy#4.energy", "walk#4.barrier")


@pytest.mark.parametrize(
    "use",
    [
        lambda t: t("table.csv"),
        lambda t: t.submit("table.csv"),
        lambda t: t.submit("table.csv").result(),
        lambda t: t.map(["a.csv", "b.csv"]),
        lambda t: t.delay("table.csv"),
        lambda t: t.with_options(name="load", retries=2).submit("table.csv"),
    ],
    ids=["call", "submit", "result of submit", "map", "delay", "with options"],
)
def test_a_plain_task_yields_an_opaque_value_that_only_a_stage_takes(use: Any) -> None:
    plain = task()
    kept: list[Any] = []

    def body(refused: Any = None) -> None:
        value = use(plain)
        kept.append(value)
        if refused:
            refused(value)
        stage(walk).submit(barrier=value)

    chain = check(flow(body))
    assert type(kept[0]) is Unknown
    assert chain.stages["walk"].sources["barrier"] == Unplanned("load")
    for wrong in (bool, float, list, len, lambda v: v + 1, lambda v: v == 1, lambda v: v[0], lambda v: f"{v}"):
        with pytest.raises(NotComputedYet, match="the result of task 'load' is not computed yet"):
            check(body, refused=wrong)
    with pytest.raises(
        UnknownPort, match="the result of task 'load' is not computed yet, so the flow cannot use its 'x'"
    ):
        check(body, refused=lambda v: v.x)
    with pytest.raises(ContractError, match="the result of task 'load' does not stack"):
        check(body, refused=lambda v: stack([stage(vacancy).submit().energy, v], dim="t"))


def test_a_plain_task_may_be_given_outputs_of_stages_and_to_wait_for() -> None:
    plain = task()

    @flow
    def body() -> None:
        found = stage(vacancy).submit()
        later = plain.submit(found.energy)
        plain.submit("x", wait_for=[later]).wait()

    assert names(check(body)) == ["vacancy"]


def test_an_async_flow_is_refused() -> None:
    @flow
    async def later() -> None:
        raise AssertionError("it ran")

    with pytest.raises(ContractError, match=r"flow 'later' is async: write it with def; stages run side by side"):
        check(later)


def test_an_error_in_a_prefect_flow_names_both_ends() -> None:
    @flow
    def body() -> None:
        stage(walk).submit(barrier=stage(vacancy).submit().site.spacing)

    with pytest.raises(ContractError, match=r"cannot wire vacancy\.site\.spacing \[angstrom\] to walk\.barrier \[kJ\]"):
        check(body)


SCRIPT = """
import prefect, bridge, pathlib, sys
from dataclasses import dataclass

@dataclass(frozen=True)
class Out:
    x: float

@bridge.model("one", scale=bridge.Scale("s"))
def one(x: float = 1.0) -> Out:
    "One."
    return Out(x)

@prefect.flow
def body():
    return bridge.stage(one).submit(x=bridge.stage(one).submit().x)

chain = bridge.check(body)
assert list(chain.stages) == ["one", "one#2"]
assert not {"distributed", "zarr", "prefect.server.api.server"} & set(sys.modules), "more was imported than needed"
home = pathlib.Path(prefect.settings.PREFECT_HOME.value())
assert not [*home.rglob("*.db")], "a database was made"
"""


def test_in_a_fresh_process_checking_starts_no_server_and_makes_no_database(tmp_path: Path) -> None:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PREFECT")},
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_API_URL": "http://127.0.0.1:9/api",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
