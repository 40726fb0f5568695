"""A stage with closures, computed in this process as a worker would."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `asked`, which importlib mode does not find

from bridge.chain.chain import Chain
from bridge.run.order import Order, perform
from bridge.run.stage import stage
from bridge.store.artifact import Artifact
from bridge.store.keys import plan_key
from bridge.store.store import Store

RUN = "20261121-000000-000aaa"


class Stages:
    """Stages computed here, into one store."""

    def __init__(self, folder: Path, notes: Path) -> None:
        self.store, self.notes = Store(folder / "store"), notes
        self.store.prepare()

    def order(self, model: Any, given: dict[str, Any], **options: Any) -> Order:
        """The order of a stage of its own."""
        use = stage(model, **options)
        added = Chain().add(use.model, given, options=use.options)
        return Order(added, plan_key(added, {}), RUN, self.store)

    def run(self, model: Any, **given: Any) -> Artifact:
        """The artifact of a stage of its own."""
        return self.store.open(perform(self.order(model, given)).key)

    def calls(self, name: str = "") -> int:
        """How many fine calls were begun."""
        lines = self.notes.read_text().splitlines()
        return sum(line.startswith(name) and "ends" not in line for line in lines)


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stages:
    notes = tmp_path / "notes"
    notes.touch()
    monkeypatch.setenv("NOTES", str(notes))
    return Stages(tmp_path, notes)
