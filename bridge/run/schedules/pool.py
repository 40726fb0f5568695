"""The work pool whose runs `scalebridge serve` starts, and the client that speaks to Prefect's server of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bridge.places import home
from bridge.run.server import configure, ensure

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

POOL = "scalebridge"


@contextmanager
def prefect_client() -> Iterator[SyncPrefectClient]:
    """A client of Prefect's server, which is started if there is none."""
    with ensure(wait=False) as server:  # it starts while Prefect is imported
        configure(server, console="CRITICAL")
        from prefect.client.orchestration import get_client

        server.wait()
        with get_client(sync_client=True) as client:
            yield client


def make_pool(client: SyncPrefectClient) -> None:
    """Make the work pool, if it is not there: of Prefect's type "process"."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

    try:
        client.read_work_pool(POOL)
        return
    except ObjectNotFound:
        from prefect.workers.process import ProcessWorker
    template = ProcessWorker.get_default_base_job_template()
    about = "Flows and sweeps by the clock; scalebridge serve works for it."
    try:
        client.create_work_pool(
            WorkPoolCreate(name=POOL, type="process", base_job_template=template, description=about)
        )
    except ObjectAlreadyExists:  # made meanwhile by another
        return


def deployments(client: SyncPrefectClient, name: str | None = None) -> list[Any]:
    """The deployments of the pool, by name."""
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterName,
        WorkPoolFilter,
        WorkPoolFilterName,
    )

    found: list[Any] = []
    while True:  # the server gives 200 at a time
        page = client.read_deployments(
            work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL])),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])) if name else None,
            offset=len(found),
        )
        found += page
        if len(page) < 200:
            return sorted(found, key=lambda one: one.name)


def variables() -> Iterator[tuple[str, str]]:
    """Environment with which Prefect's own command reaches the server here: its address, secret and folder.

    The pool is made, for deployments to name.
    """
    with ensure() as server:
        configure(server, console="CRITICAL")
        with prefect_client() as client:
            make_pool(client)
        yield "SCALEBRIDGE_HOME", str(home())
        yield "PREFECT_API_URL", server.url
        if server.auth:
            yield "PREFECT_API_AUTH_STRING", server.auth
        if server.ours:
            yield "PREFECT_HOME", str(home() / "prefect")
