"""Stored runs, as people open them. Listing them imports neither zarr nor pint."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.places import store_path
from bridge.store.disk import is_locked

if TYPE_CHECKING:
    from bridge.store.view import Outputs


class Run:
    """A stored run: ``run["kmc.random_walk"].diffusivity`` is a pint quantity."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] = _read(folder)

    @property
    def id(self) -> str:
        """Name of the run in its store."""
        return str(self.about["id"])

    @property
    def flow(self) -> str:
        """Name of the flow."""
        return str(self.about["flow"])

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the flow, as they were written."""
        return dict(self.about["parameters"])

    @property
    def state(self) -> str:
        """completed, failed, cancelled, running, or interrupted if its driver died."""
        ended = self.about.get("state")
        if ended:
            return str(ended)
        return "running" if is_locked(self.folder / "lock") else "interrupted"

    @property
    def seconds(self) -> float | None:
        """Time from start to end, None while there is none."""
        if "ended" not in self.about:
            return None
        start, end = (datetime.fromisoformat(self.about[k]) for k in ("started", "ended"))
        return (end - start).total_seconds()

    @functools.cached_property
    def events(self) -> list[dict[str, Any]]:
        """What happened, in order; a line cut off by a crash is left out."""
        try:
            lines = (self.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return list(_whole(lines))

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """Stage by stage: model, scale, plan key, last state, content key and cost."""
        found = {stage["name"]: {**stage, "state": "waiting"} for stage in self.about["stages"]}
        for event in self.events:
            facts = found.setdefault(event["stage"], {"name": event["stage"]})
            for passed in ("error", "traceback"):  # of an earlier attempt
                facts.pop(passed, None)
            facts.update({k: v for k, v in event.items() if k not in ("stage", "seq", "at")})
        return found

    def __getitem__(self, stage: str) -> Outputs:
        from bridge.store.store import Store
        from bridge.store.view import Outputs

        known = self.stages
        if stage not in known:
            raise UnknownName(f"run {self.id} has no stage {stage!r}. {did_you_mean(stage, known)}")
        if "key" not in known[stage]:
            raise BridgeError(f"stage {stage!r} of run {self.id} has no outputs: it is {known[stage]['state']}.")
        return Outputs(Store(self.folder.parents[1]).open(known[stage]["key"]), stage)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.about["stages"])

    def __repr__(self) -> str:
        written = ", ".join(f"{k}={v!r}" for k, v in self.parameters.items())
        return f"<run {self.id}: {self.flow}({written}), {self.state}>"


def _read(folder: Path) -> dict[str, Any]:
    """A run's record; one that cannot be read is a damaged run, not an end to all listing."""
    try:
        about = json.loads((folder / "run.json").read_bytes())
        if isinstance(about, dict) and about.keys() >= {"id", "flow", "parameters", "stages", "edges", "started"}:
            return about
    except FileNotFoundError:
        raise BridgeError(f"there is no run at {folder}.") from None
    except ValueError:
        pass
    nothing: dict[str, Any] = {"flow": "?", "parameters": {}, "stages": [], "edges": [], "started": "?"}
    return nothing | {"id": folder.name, "state": "damaged", "failure": f"{folder / 'run.json'} cannot be read."}


def _whole(lines: list[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return


def runs(root: str | Path | None = None, limit: int | None = None) -> list[Run]:
    """Runs of a store, the newest first."""
    base = Path(root).absolute() if root else store_path()
    folders = sorted(base.glob("runs/*/run.json"), reverse=True)
    return [Run(path.parent) for path in folders[:limit]]


def run_of(name: str, root: str | Path | None = None) -> Run:
    """One run by its name or the beginning or end of it; ``last`` is the newest. Raises UnknownName."""
    base = Path(root).absolute() if root else store_path()
    known = sorted(path.parent.name for path in base.glob("runs/*/run.json"))
    fits = known[-1:] if name == "last" else [k for k in known if k == name]
    fits = fits or [k for k in known if k.startswith(name) or k.endswith(name)]
    if len(fits) == 1:
        return Run(base / "runs" / fits[0])
    if fits:
        raise UnknownName(f"{name!r} fits {len(fits)} runs: {', '.join(fits[:6])}. Write more of it.")
    raise UnknownName(f"no run is named {name!r} in {base}. {did_you_mean(name, known)}")
