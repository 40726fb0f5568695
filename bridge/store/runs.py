"""Stored runs, as people open them. Listing them imports neither zarr nor pint."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError, UnknownName, did_you_mean
from bridge.store.events import read_events
from bridge.store.recorded import RUN, cure, lacks
from bridge.store.sealed import INDENT, strict, unsealed
from bridge.store.spaces.space import Damaged, Space, proper

if TYPE_CHECKING:
    import xarray

    from bridge.inspect.explain.lineage import Lineage
    from bridge.inspect.pictures.plot import Plot
    from bridge.scales.separation import Verdict
    from bridge.store.store import Store
    from bridge.store.sweeps import Sweep
    from bridge.store.view import Outputs

_RECORD = 64 * 2**20  # bytes of a record; more is none


class Run:
    """A stored run: ``run["kmc.random_walk"].diffusivity`` is a pint quantity."""

    def __init__(self, store: Store, name: str) -> None:
        self.store = store
        self.space = next((s for s in (layer.space for layer in store.layers) if _there(s, name)), store.space)
        self.about: dict[str, Any] = _read(self.space, name)

    @property
    def id(self) -> str:
        """Name of the run in its store."""
        return str(self.about["id"])

    @property
    def name(self) -> str | None:
        """What people called it."""
        return self.about.get("name")

    @property
    def tags(self) -> list[str]:
        """What people tagged it with."""
        return list(self.about.get("tags", []))

    @functools.cached_property
    def imported(self) -> dict[str, Any] | None:
        """Crate that it was read from, the crate's digest, and when; None if it ran here. Raises Damaged."""
        from bridge.store.carried.mark import mark_of

        return mark_of(self.space, self.id)

    @property
    def folder(self) -> str:
        """Where in the store its record is."""
        return f"runs/{self.id}"

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
        return "running" if self.space.claimed(f"{self.folder}/lock") else "interrupted"

    @property
    def seconds(self) -> float | None:
        """Time from start to end, None while there is none, and where a record does not say it as a time."""
        if "ended" not in self.about:
            return None
        try:
            start, end = (datetime.fromisoformat(self.about[k]) for k in ("started", "ended"))
            return (end - start).total_seconds()
        except (TypeError, ValueError):
            return None

    @functools.cached_property
    def events(self) -> list[dict[str, Any]]:
        """What happened, in order; a line cut off by a crash is left out."""
        return read_events(self.space.read_log(f"{self.folder}/events.jsonl"))

    @property
    def stages(self) -> dict[str, dict[str, Any]]:
        """Stage by stage: model, scale, plan key, last state, content key and cost."""
        found = {stage["name"]: {**stage, "state": "waiting"} for stage in self.about["stages"]}
        for event in self.events:
            if not event["stage"]:  # of the run itself
                continue
            facts = found.setdefault(event["stage"], {"name": event["stage"]})
            for passed in ("error", "traceback"):  # of an earlier attempt
                facts.pop(passed, None)
            facts.update({k: v for k, v in event.items() if k not in ("stage", "seq", "at")})
        return found

    def __getitem__(self, stage: str) -> Outputs:
        from bridge.store.view import Outputs

        known = self.stages
        if "key" not in known.get(stage, {}):
            whole(self)
        if stage not in known:
            raise UnknownName(f"run {self.id} has no stage {stage!r}. {did_you_mean(stage, known)}")
        if "sweep" in self.about:
            raise BridgeError(f"run {self.id} is a sweep of many points: write run.sweep.to_xarray({stage!r}).")
        if "key" not in known[stage]:
            raise BridgeError(f"stage {stage!r} of run {self.id} has no outputs: it is {known[stage]['state']}.")
        return Outputs(self.store.open(known[stage]["key"]), stage)

    @property
    def sweep(self) -> Sweep:
        """The points of a sweep, and their results. Raises BridgeError for a run that is none."""
        from bridge.store.sweeps import Sweep

        return Sweep(self)

    @property
    def separation(self) -> dict[str, list[Verdict]]:
        """What stages judged of the separation of their scales, the worst verdict of each pair."""
        from bridge.scales.separation import verdict_from

        judged = {name: facts["separation"] for name, facts in self.stages.items() if facts.get("separation")}
        return {name: [verdict_from(one) for one in verdicts] for name, verdicts in judged.items()}

    def to_datatree(self) -> xarray.DataTree:
        """Every stage's numbers, texts and arrays, a Dataset each, with ``units`` attributes."""
        from bridge.store.view import datatree

        return datatree(self)

    def lineage(self, of: str) -> Lineage:
        """Everything that ``stage`` or ``stage.port`` came from, back to what the flow's text says; print it.

        A notebook shows it as a picture. Raises UnknownName.
        """
        from bridge.inspect.explain.lineage import lineage

        return lineage(self, of)

    def plot(self, of: str) -> Plot:
        """The outputs of ``stage``, or one ``stage.port``, as a picture; of a sweep, over what was varied.

        A notebook shows it; ``.save("a.svg")`` (or .png, .pdf) writes it, ``.figure()`` is matplotlib's. Raises
        UnknownName, and ContractError for what is not drawn.
        """
        from bridge.inspect.pictures.of_run import plot_of

        return plot_of(self, of)

    def calls(self, of: str) -> Outputs:
        """What the closure ``stage.port`` was asked and answered: one row a call, ``to_xarray()`` for a table.

        Raises UnknownName, and BridgeError for what was not asked.
        """
        from bridge.store.view import Outputs

        stage, _, port = of.rpartition(".")
        if stage not in self.stages:
            raise UnknownName(f"run {self.id} has no stage {stage!r}. {did_you_mean(stage, self.stages)}")
        inputs = self[stage]._artifact.about["inputs"]
        if "calls" not in inputs.get(port, {}):
            known = [name for name, facts in inputs.items() if "calls" in facts]
            raise UnknownName(f"{stage} asked nothing at {port!r}. {did_you_mean(port, known)}")
        return Outputs(self.store.open(inputs[port]["calls"]), f"{of}, its calls")

    def _repr_html_(self) -> str:
        from bridge.store.html import html_of_run

        return html_of_run(self)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.about["stages"])

    def __repr__(self) -> str:
        written = ", ".join(f"{k}={v!r}" for k, v in self.parameters.items())
        return f"<run {self.id}: {self.flow}({written}), {self.state}>"


class Runs(list[Run]):
    """Runs, as a table in a notebook."""

    def _repr_html_(self) -> str:
        from bridge.store.html import html_of_runs

        return html_of_runs(self)


def whole(run: Run) -> Run:
    """The run, if its record can be read. Raises Damaged with what is wrong with it."""
    if run.about.get("state") == "damaged":
        raise Damaged(str(run.about["failure"]))
    return run


def record_of_run(space: Space, name: str) -> dict[str, Any]:
    """A run's record. Raises FileNotFoundError, or Damaged where it is not what was written."""
    path = f"runs/{name}/run.json"
    raw = space.read(path, limit=_RECORD)
    about = strict(raw, space.where(path))
    if about.get("schema", 1) != 1 or "seal" in about:  # schema 1 had no seal
        about = unsealed(raw, space.where(path), INDENT)
    wrong = lacks(about, RUN)
    if wrong or about["id"] != name:
        raise Damaged(
            f"{space.where(path)} is not the record of run {name}: {wrong or 'its id is another'}. {cure(about, name)}"
        )
    return about


def _read(space: Space, name: str) -> dict[str, Any]:
    """A run's record; one that cannot be read is a damaged run, not an end to all listing."""
    try:
        return record_of_run(space, name)
    except FileNotFoundError:
        raise BridgeError(f"there is no run at {space.where(f'runs/{name}')}.") from None
    except Damaged as reason:
        nothing: dict[str, Any] = {"flow": "?", "parameters": {}, "stages": [], "edges": [], "started": "?"}
        return nothing | {"id": name, "state": "damaged", "failure": str(reason)}


def names(space: Space) -> list[str]:
    """Names of all runs of a space, the oldest first."""
    found = [child.rstrip("/") for child in space.children("runs") if child.endswith("/")]
    return [name for name in found if _there(space, name)]


def _there(space: Space, name: str) -> bool:
    return space.size(f"runs/{name}/run.json") is not None


def runs(
    root: str | Path | None = None,
    limit: int | None = None,
    *,
    flow: str | None = None,
    state: str | None = None,
    tag: str | None = None,
    name: str | None = None,
    since: str | None = None,
    until: str | None = None,
    where: Mapping[str, str] | None = None,
    words: str | None = None,
    model: str | None = None,
) -> Runs:
    """Runs of a store, the newest first: ``runs(flow="creep", where={"temperature": "800 K .. 1000 K"})``.

    ``since`` and ``until`` are days (``"2026-11-01"``, UTC); ``where`` asks for values of parameters, in any unit;
    all ``words`` occur somewhere in the id, the flow, the name, the tags or the parameters; ``model`` was used.
    Raises ContractError for a condition that cannot be read, or a unit that the parameter has in no run.
    """
    from bridge.store.index.conditions import Conditions
    from bridge.store.index.lookup import page_of
    from bridge.store.store import Store

    store = Store(root)
    asked = Conditions(
        flow=flow,
        state=state,
        tag=tag,
        name=name,
        since=since,
        until=until,
        where=where or {},
        words=words,
        model=model,
    )
    return Runs(Run(store, line.id) for line in page_of(store, asked, limit).lines)


def run_of(name: str, root: str | Path | None = None) -> Run:
    """One run by its id, the beginning or end of it, or what people called it; ``last`` is the newest.

    Raises UnknownName.
    """
    from bridge.store.index.lookup import find_runs, named
    from bridge.store.store import Store

    store = Store(root)
    if name == "last":
        fits = find_runs(store, limit=1)
    elif proper(name) and any(_there(layer.space, name) for layer in store.layers):
        fits = [name]
    else:
        known = find_runs(store)
        fits = [k for k in known if k.startswith(name) or k.endswith(name)] or named(store, name)
    if len(fits) == 1:
        return Run(store, fits[0])
    if fits:
        raise UnknownName(f"{name!r} fits {len(fits)} runs: {', '.join(sorted(fits)[:6])}. Write more of it.")
    words = [*found, "last"] if (found := find_runs(store)) else []
    raise UnknownName(f"no run is named {name!r} in {store.address}. {did_you_mean(name, words)}")
