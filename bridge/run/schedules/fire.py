"""The process of one scheduled run: ``python -m bridge.run.schedules.fire [--cluster NAME]``.

Prefect's worker starts it as it would start Prefect's own engine, with the flow run's number in the environment. The
flow is loaded, checked and launched as `scalebridge run` does, only that the flow run exists already; so its stages
find what is in the store, it ends in order on SIGTERM, and its record names the schedule.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bridge.errors import BridgeError, ContractError
from bridge.run.schedules.calling import RUN, fired
from bridge.run.schedules.making import SWEEP
from bridge.run.schedules.pool import prefect_client

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun


def main(arguments: list[str]) -> int:
    """Run the flow run that the environment names; 0 if Prefect knows what became of it."""
    number = os.environ.get("PREFECT__FLOW_RUN_ID")
    if not number or len(arguments) not in (0, 2) or arguments[:1] not in ([], ["--cluster"]):
        print("usage, by Prefect's worker: python -m bridge.run.schedules.fire [--cluster NAME]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal's whole group; who serves sends SIGTERM, once
    with prefect_client() as client:
        flow_run = client.read_flow_run(UUID(number))
        try:
            _fire(client, flow_run, arguments[1] if arguments else None)
        except KeyboardInterrupt as ended:
            print(f"interrupted by {ended or 'Ctrl-C'}", file=sys.stderr)
            return 130
        except Exception as reason:
            _refused(client, flow_run, reason)
    return 0


def _fire(client: SyncPrefectClient, flow_run: FlowRun, cluster: str | None) -> None:
    """Run flow or sweep. Raises what the contract refuses before anything runs."""
    if flow_run.deployment_id is None:
        raise ContractError(f"flow run {flow_run.name} is of no schedule: run its flow with scalebridge run.")
    deployment = client.read_deployment(flow_run.deployment_id)

    def heard(event: dict[str, Any]) -> None:
        if event.get("state") == "planned" and "run" in event:
            with contextlib.suppress(Exception):  # a label for people is no reason to fail
                client.update_flow_run_labels(flow_run.id, {RUN: event["run"]})

    due = flow_run.expected_start_time
    facts = {"schedule": deployment.name} | ({"due": due.isoformat(timespec="seconds")} if due else {})
    about = {"cluster": cluster, "listener": heard, "tags": deployment.tags, "facts": facts}
    token = fired.set(flow_run)
    try:
        if deployment.entrypoint == SWEEP:
            _sweep(flow_run.parameters, about)
        else:
            _run(str(deployment.entrypoint), flow_run.parameters, about)
    finally:
        fired.reset(token)


def _run(entrypoint: str, parameters: dict[str, Any], about: dict[str, Any]) -> None:
    from bridge.run.flowfile import load_flow
    from bridge.run.launch import launch_with

    launch_with(load_flow(entrypoint), parameters, **about)


def _sweep(asked: dict[str, Any], about: dict[str, Any]) -> None:
    from bridge.run.flowfile import load_flow
    from bridge.run.sweeps.sweep import sweep_with
    from bridge.run.sweeps.written import read

    loaded, options = load_flow(asked["flow"]), asked.get("options") or {}
    points, fixed = read(loaded, asked.get("axes") or {}, options)
    about["cluster"] = about["cluster"] or options.get("cluster")
    sweep_with(loaded, points, fixed, failures=options.get("failures"), **about)


def _refused(client: SyncPrefectClient, flow_run: FlowRun, reason: Exception) -> None:
    """Tell Prefect why a flow run failed, unless it knows: what the contract refuses comes before its flow begins."""
    from prefect.states import Failed

    said = str(reason) if isinstance(reason, BridgeError) else f"{type(reason).__name__}: {reason}"
    print(f"error: {said}", file=sys.stderr)
    state = client.read_flow_run(flow_run.id).state
    if state is None or not state.is_final():
        client.set_flow_run_state(flow_run.id, Failed(message=said), force=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
