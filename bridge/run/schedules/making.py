"""Making a schedule: a flow or a sweep checked now, and deployed for Prefect's server to fire."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import ContractError
from bridge.places import shared_address, store_address
from bridge.run.schedules.attendance import who_serves
from bridge.run.schedules.pool import POOL, deployments, make_pool, prefect_client
from bridge.run.schedules.when import When, next_dates, of_server, told, when
from bridge.run.server import configure, ensure

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

#: What runs a scheduled flow; `python` is that of who serves, which may be a newer one by then.
COMMAND = "python -m bridge.run.schedules.fire"
#: Where the flow of a sweep is that Prefect is told of.
SWEEP = "bridge.run.sweeps.flow.sweep_flow"
#: Next dates that are told.
NEXT = 3


def schedule(
    flow: str,
    parameters: Mapping[str, str],
    every: str,
    *,
    sweep_options: Mapping[str, Any] | None = None,
    cluster: str | None = None,
    name: str | None = None,
    tags: Sequence[str] = (),
    timezone: str | None = None,
) -> dict[str, Any]:
    """Have a flow file run by the clock: ``schedule("flows/creep.py", {"temperature": "950 K"}, "0 2 * * *")``.

    With ``sweep_options`` (those of ``sweep_flow``; may be empty) the parameters are axes and every fire is a sweep.
    The flow is checked and the axes are read before anything is made. What was made comes back, with its next dates.
    Raises what the contract refuses, and ContractError where the name is taken.
    """
    from bridge.run.launch import labelled

    read = when(every, timezone)
    with ensure(wait=False) as server:  # starts while the flow is checked
        configure(server, console="CRITICAL")
        loaded = _checked(flow, parameters, sweep_options, cluster)
        called = name or loaded.fn.__name__
        labelled(called, tags)
        where = f"{Path(flow.partition(':')[0]).resolve()}:{loaded.fn.__name__}"
        made: dict[str, Any] = {"tags": [*dict.fromkeys(tags)], "job_variables": _job(cluster)}
        if sweep_options is None:
            made |= {"entrypoint": where, "parameters": dict(parameters)}
            deployed = loaded
        else:
            from bridge.run.sweeps.flow import sweep_flow

            asked = {"flow": where, "axes": dict(parameters), "options": dict(sweep_options)}
            made |= {"entrypoint": SWEEP, "parameters": asked}
            deployed = sweep_flow
        with prefect_client() as client:
            _free(client, called)
            _deploy(client, deployed, called, read, made)
    kind = "run" if sweep_options is None else "sweep"
    return {"name": called, "kind": kind, "flow": where, "parameters": dict(parameters)} | _dates(read)


def _checked(
    flow: str, parameters: Mapping[str, str], sweep_options: Mapping[str, Any] | None, cluster: str | None
) -> Any:
    """The flow, with everything refused that its run would refuse."""
    from bridge.run.cluster import connect
    from bridge.run.flowfile import load_flow

    loaded = load_flow(flow)
    if cluster is not None:
        connect(cluster).close()  # refuses an unknown name; nothing has been started
    if sweep_options is None:
        from bridge.run.check import check_with

        if not check_with(loaded, parameters).stages:
            raise ContractError(f"flow {loaded.name!r} submits no stage: write stage('…').submit(…) in its body.")
    else:
        from bridge.run.sweeps.prepared import prepare_written

        prepare_written(flow, parameters, sweep_options)
    return loaded


def _job(cluster: str | None) -> dict[str, Any]:
    """How a run is started: the command, its folder, and the places that this process was told."""
    command = COMMAND + (f" --cluster {shlex.quote(cluster)}" if cluster else "")
    places: dict[str, str] = {}
    if os.environ.get("SCALEBRIDGE_STORE"):
        places["SCALEBRIDGE_STORE"] = _absolute(store_address())
    shared = shared_address()
    if shared:
        places["SCALEBRIDGE_SHARED"] = _absolute(shared)
    return {"command": command, "working_dir": os.getcwd(), "env": places}


def _absolute(address: str) -> str:
    return address if "://" in address else str(Path(address).absolute())


def _free(client: SyncPrefectClient, name: str) -> None:
    """Refuse a name that a schedule has already. Raises ContractError."""
    taken = deployments(client, name)
    if taken:
        first = next((told(one.schedule) for one in taken[0].schedules), "never")
        raise ContractError(
            f"there is a schedule named {name!r} already ({first}). Write --name ANOTHER, or remove that one first:"
            f" scalebridge schedules remove {name}"
        )


def _deploy(client: SyncPrefectClient, flow: Any, name: str, read: When, made: Mapping[str, Any]) -> None:
    """Make pool and deployment at Prefect's server."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.utilities.callables import parameter_schema

    make_pool(client)
    client.create_deployment(
        client.create_flow_from_name(flow.name),
        name,
        schedules=[DeploymentScheduleCreate(schedule=read.prefect(), active=True)],
        work_pool_name=POOL,
        path=os.getcwd(),
        pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": os.getcwd()}}],
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=False,  # the contract is checked by the run, and says more
        description=f"{read.text} ({read.timezone})",
        **made,
    )


def _dates(read: When) -> dict[str, Any]:
    """When a schedule fires, and whether somebody is there to start its runs."""
    schedule = of_server(read.prefect())
    fires = [date.isoformat(timespec="seconds") for date in next_dates(schedule, NEXT, read.text)]
    return {"every": told(schedule), "timezone": read.timezone, "next": fires, "served": who_serves() is not None}
