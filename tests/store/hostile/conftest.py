"""An artifact, somebody to forge it, and a canary that must not sing."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.constraints import FixAtoms

from bridge import File, Picture
from bridge.store.artifact import Artifact
from bridge.store.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # for `forging`, which importlib mode does not find
from forging import PNG, Canary, Forger, Victim


@pytest.fixture
def artifact(store: Store, put: Any) -> Artifact:
    structure = Atoms("Cu200", positions=np.zeros((200, 3)))
    structure.set_constraint(FixAtoms([0]))
    structure.info = {"spins": np.arange(3.0)}
    zeros = np.zeros((30, 40))
    made: Artifact = put(store, Victim(1.0, np.arange(3.0), zeros, structure, File(b"a,b"), Picture(PNG, "image/png")))[
        0
    ]
    return made


@pytest.fixture
def forger(artifact: Artifact) -> Forger:
    return Forger(artifact)


@pytest.fixture(autouse=True)
def canary(tmp_path: Path) -> Any:
    """Nothing here may execute what an artifact holds."""
    path = tmp_path / "canary"
    Canary.path = str(path)
    pickle.loads(pickle.dumps(Canary()))
    assert path.exists()  # it sings
    path.unlink()
    yield path
    assert not path.exists()
