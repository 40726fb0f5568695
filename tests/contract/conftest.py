"""The matrices of mistakes share one catalogue of ports, which importlib mode finds only on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def prefect_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let prefect, unless a test imported it before, write to a folder that goes away."""
    if "prefect" not in sys.modules:
        os.environ.setdefault("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
        os.environ.setdefault("DO_NOT_TRACK", "1")


@pytest.fixture
def no_prefect_api(prefect_home: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Prefect's server is at a closed port, and whoever asks for a client or a connection fails at once."""
    import prefect.client.orchestration
    import prefect.flow_engine  # whatever takes names from the client does so before they are patched
    import prefect.task_engine
    import prefect.task_runners
    import prefect.tasks
    from prefect.settings import PREFECT_API_URL, temporary_settings

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("checking a flow asked for Prefect's server")

    monkeypatch.setattr(prefect.client.orchestration, "get_client", refuse)
    monkeypatch.setattr(prefect.client.orchestration.PrefectClient, "__init__", refuse)
    monkeypatch.setattr(prefect.client.orchestration.SyncPrefectClient, "__init__", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        yield
