"""Artifacts made by somebody who can compute every seal, and what shows that nothing of them is executed."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from ase import Atoms
from numpy.typing import NDArray

from bridge import File, Picture
from bridge.errors import BridgeError
from bridge.store.artifact import Artifact
from bridge.store.sealed import blake3_of, digest, spelled
from bridge.store.store import Store

#: Bytes that reading what is refused may take at most; the bombs below would take 10^5 times as much.
BOUND = 8 * 2**20
KEY = "ab" + "0" * 62
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@dataclass(frozen=True)
class Victim:
    number: Annotated[float, "K"]
    small: Annotated[NDArray[np.float64], "K", ("n",)]
    field: Annotated[NDArray[np.float64], "K", ("x", "y")]
    atoms: Atoms
    table: File
    picture: Picture


class Forger:
    """Changes an artifact as somebody who can compute every digest would."""

    def __init__(self, artifact: Artifact) -> None:
        self.folder = Path(artifact.where)
        document = json.loads((self.folder / "zarr.json").read_text())
        self.content: dict[str, Any] = document["attributes"]["scalebridge"]
        self.ports, self.objects = self.content["ports"], self.content["objects"]

    def write(self, name: str, content: bytes) -> None:
        """Replace or add an object, and say so in the manifest."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.objects[name] = [len(content), blake3_of(content)]

    def metadata(self, name: str, **changed: Any) -> None:
        """Change what an array's own document says."""
        found = json.loads((self.folder / name / "zarr.json").read_text())
        self.write(f"{name}/zarr.json", json.dumps(found | changed).encode())

    def array(self, name: str, shape: list[int], chunks: list[int], **changed: Any) -> None:
        """Change an array's shape, wherever it is told."""
        grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
        self.metadata(name, shape=shape, chunk_grid=grid, **changed)
        self.ports[name]["shape"] = shape

    def seal(self) -> Artifact:
        """Write the document down; the artifact, opened."""
        group = {"zarr_format": 3, "node_type": "group"}
        attributes = {"scalebridge": self.content, "seal": digest(self.content)}
        return self.written(spelled(group | {"attributes": attributes}))

    def written(self, document: bytes) -> Artifact:
        (self.folder / "zarr.json").write_bytes(document)
        store = self.folder.parents[2]
        return Artifact(Store(store).space, str(self.folder.relative_to(store)))


class Canary:
    """Unpickled, it writes a file."""

    path = ""

    def __reduce__(self) -> Any:
        return (Path.write_text, (Path(Canary.path), "I was executed"))


def refused(read: Callable[[], Any], reason: str) -> str:
    """Read, and be refused for a reason, without taking room."""
    tracemalloc.start()
    try:
        with pytest.raises(BridgeError, match=reason) as caught:
            read()
        assert tracemalloc.get_traced_memory()[1] < BOUND
    finally:
        tracemalloc.stop()
    return str(caught.value)
