"""Stores whose fields are all kept as pyramids, in small tiles."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `stored_fields`, which importlib mode does not find
import stored_fields
from s3_server import moto, new_bucket, settings, use

from bridge.store.pyramids import axes, opening, subject
from bridge.store.store import Store


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((opening, "SMALL"), (axes, "TILE"), (subject, "COARSEST")):
        monkeypatch.setattr(module, name, getattr(module, name))
    stored_fields.small_tiles()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with moto() as endpoint:
        yield endpoint


@pytest.fixture
def in_bucket(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    use(monkeypatch, settings(server, tmp_path))
    return Store(f"s3://{new_bucket(server)}/some")


@pytest.fixture(params=["disk", "bucket"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store on a disk, and one in a bucket."""
    found: Store = Store(tmp_path / "store") if request.param == "disk" else request.getfixturevalue("in_bucket")
    return found
