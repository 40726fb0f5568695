"""Pages of a store, read without a browser."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "store"))  # for `small_store`
sys.path.insert(0, str(Path(__file__).parent))  # for `reading` and others: importlib mode finds none of them
from reading import Reader

from bridge.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with nothing in it yet."""
    made = Store(tmp_path / "pages")
    made.prepare()
    return made


@pytest.fixture
def reader(store: Store) -> Reader:
    """Asks the pages of ``store``."""
    return Reader(store)
