"""A store on a disk, and one in a bucket, to look after."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `removed`, which importlib mode does not find
from s3_server import moto, new_bucket, settings, use

from bridge.store.store import Store
from bridge.store.upkeep import reclaim as reclaiming


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait no longer than a test must."""
    monkeypatch.setattr(reclaiming, "SETTLED", 0.05)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with moto() as endpoint:
        yield endpoint


@pytest.fixture(params=["disk", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "disk":
        return Store(tmp_path / "store")
    server = request.getfixturevalue("server")
    use(monkeypatch, settings(server, tmp_path))
    return Store(f"s3://{new_bucket(server)}/some")


@pytest.fixture
def on_disk(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")
