"""The store: artifacts by content key, aliases from plan keys, claims on work in progress."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bridge.kinds.record import Record
from bridge.places import store_path
from bridge.store.artifact import Artifact, write
from bridge.store.disk import locked, replace_file


class Store:
    """A folder of artifacts, the same for every run that uses it."""

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root).absolute() if root else store_path()

    def __repr__(self) -> str:
        return f"Store({str(self.root)!r})"

    def planned(self, plan_key: str) -> str | None:
        """Content key of the artifact that a plan led to, if it is there."""
        try:
            content_key = str(json.loads(self._plan(plan_key).read_bytes())["content"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return content_key if self.has(content_key) else None

    def has(self, content_key: str) -> bool:
        """Whether the artifact is committed."""
        return (self._artifact(content_key) / "zarr.json").is_file()

    def open(self, content_key: str) -> Artifact:
        """Open an artifact. Raises Damaged if it is missing or its seal does not fit."""
        return Artifact(self._artifact(content_key))

    def commit(self, content_key: str, outputs: Record, values: Mapping[str, Any], about: Mapping[str, Any]) -> bool:
        """Commit a stage's outputs, all or nothing; False if another writer was first."""
        return write(self._artifact(content_key), self.root / "tmp", outputs, values, about)

    def alias(self, plan_key: str, content_key: str) -> None:
        """Remember where a plan led to."""
        replace_file(self._plan(plan_key), json.dumps({"content": content_key}).encode())

    def claim(self, content_key: str, waiting: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Hold a key while computing it; wait while another process does. It goes with the process."""
        return locked(self.root / "claims" / content_key, waiting=waiting)

    def artifacts(self) -> Iterator[Artifact]:
        """Every committed artifact."""
        for path in sorted(self.root.glob("artifacts/??/*/zarr.json")):
            yield Artifact(path.parent)

    def _artifact(self, key: str) -> Path:
        return self.root / "artifacts" / key[:2] / key

    def _plan(self, key: str) -> Path:
        return self.root / "plans" / key[:2] / f"{key}.json"
