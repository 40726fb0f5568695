"""Schedules as people look at them, and what they do with them: pause, resume, remove."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.errors import UnknownName, did_you_mean
from bridge.run.schedules.calling import RUN
from bridge.run.schedules.making import NEXT, SWEEP
from bridge.run.schedules.pool import deployments, prefect_client
from bridge.run.schedules.when import next_dates, of_server, told

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

#: States of flow runs that have begun, or never will.
_BEGUN = ("RUNNING", "COMPLETED", "FAILED", "CRASHED", "CANCELLED", "CANCELLING")


@dataclass(frozen=True)
class Last:
    """The last run of a schedule: Prefect's state and message, and the run in the store if it got that far."""

    state: str
    at: str
    run: str | None
    said: str | None


@dataclass(frozen=True)
class Schedule:
    """A schedule and what became of it."""

    name: str
    kind: str  # "run" or "sweep"
    flow: str
    parameters: dict[str, Any]
    every: tuple[str, ...]
    timezone: tuple[str, ...]
    paused: bool
    next: tuple[str, ...]  # ISO, with the offset of the schedule's zone
    last: Last | None
    late: int  # runs that are due and wait for `scalebridge serve`


def schedules() -> list[Schedule]:
    """All schedules of this state folder, by name."""
    with prefect_client() as client:
        return [_described(client, one) for one in deployments(client)]


def pause(name: str) -> Schedule:
    """Let a schedule fire no more until it is resumed; what was due and not begun is dropped. Raises UnknownName."""
    with prefect_client() as client:
        known = _known(client, name)
        # client.pause_deployment (prefect 3.8.8) leaves the late ones, which would still be started.
        client.request("POST", "/deployments/{id}/pause_deployment", path_params={"id": known.id})
        return _described(client, _known(client, name))


def go_on(name: str) -> Schedule:
    """Let a paused schedule fire again: from now on, what was missed stays so. Raises UnknownName."""
    with prefect_client() as client:
        client.resume_deployment(_known(client, name).id)
        return _described(client, _known(client, name))


def remove(name: str) -> Schedule:
    """Remove a schedule; what its runs stored stays. Raises UnknownName."""
    with prefect_client() as client:
        known = _known(client, name)
        described = _described(client, known)
        client.delete_deployment(known.id)
        return described


def _known(client: SyncPrefectClient, name: str) -> Any:
    found = deployments(client)
    for one in found:
        if one.name == name:
            return one
    names = [one.name for one in found]
    raise UnknownName(f"there is no schedule {name!r}. {did_you_mean(name, names)} See scalebridge schedules.")


def _described(client: SyncPrefectClient, deployment: Any) -> Schedule:
    sweep = deployment.entrypoint == SWEEP
    asked = deployment.parameters
    active = [one.schedule for one in deployment.schedules if one.active]
    dates: list[datetime] = []
    if not deployment.paused:
        dates = sorted(date for one in active for date in next_dates(of_server(one), NEXT, told(one)))[:NEXT]
    return Schedule(
        deployment.name,
        "sweep" if sweep else "run",
        str(asked.get("flow") if sweep else deployment.entrypoint),
        dict(asked.get("axes") or {}) if sweep else dict(asked),
        tuple(told(one.schedule) for one in deployment.schedules),
        tuple(dict.fromkeys(str(one.schedule.timezone or "UTC") for one in deployment.schedules)),
        bool(deployment.paused) or not active,
        tuple(date.isoformat(timespec="seconds") for date in dates),
        _last(client, deployment.id),
        _late(client, deployment.id),
    )


def _last(client: SyncPrefectClient, deployment: Any) -> Last | None:
    """The newest flow run that began."""
    from prefect.client.schemas.sorting import FlowRunSort

    asked = _of(deployment, type={"any_": list(_BEGUN)})
    found = client.read_flow_runs(flow_run_filter=asked, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=1)
    if not found:
        return None
    one = found[0]
    at = one.start_time or one.expected_start_time
    state = (one.state.name or "?").lower() if one.state else "?"
    said = one.state.message if one.state and state not in ("completed", "running") else None
    run = one.labels.get(RUN)
    return Last(state, at.isoformat(timespec="seconds") if at else "?", str(run) if run else None, said)


def _late(client: SyncPrefectClient, deployment: Any) -> int:
    found = client.read_flow_runs(flow_run_filter=_of(deployment, name={"any_": ["Late"]}), limit=200)
    return len(found)


def _of(deployment: Any, **state: Any) -> Any:
    """Prefect's filter for flow runs of a deployment in some state."""
    from prefect.client.schemas.filters import FlowRunFilter

    return FlowRunFilter.model_validate({"deployment_id": {"any_": [deployment]}, "state": state})
