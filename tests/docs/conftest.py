"""Readers for pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode does not find what stands beside tests
from page_reader import Reader


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Someone who has nothing yet."""
    reader = Reader(tmp_path)
    yield reader
    reader.leave()
