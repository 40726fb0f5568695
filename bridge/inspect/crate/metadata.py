"""The crate's metadata: RO-Crate 1.1 after the profile Provenance Run Crate 0.5, made of what the store says.

Nothing in it comes from anywhere but the run and the options: no name of a person unless one is given, no time of
writing. The same run gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bridge.errors import ContractError
from bridge.inspect.crate.actions import Actions
from bridge.inspect.crate.contents import Contents, media_type, stages_of, swept
from bridge.inspect.crate.graph import Graph, Reference, references
from bridge.inspect.crate.layout import METADATA, PREVIEW, STORE, SUMS, identifier
from bridge.inspect.crate.workflow import add_plan
from bridge.store.artifact import Artifact
from bridge.store.carried.carried import Carried
from bridge.store.runs import Run

_BASE = "https://w3id.org/ro/crate/1.1"
_WORKFLOW = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    _WORKFLOW: ("Workflow RO-Crate", "1.0"),
}
_SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{1,63}")
_ADDRESS = re.compile(r"https?://[^\s<>\"]{3,500}")
#: What stands where no licence was given: without one, others may read a crate and do nothing else with it.
UNSTATED = "No licence was stated when this crate was written: ask whoever gave it to you."

#: Size and SHA-256 of the files of a crate, by path.
Files = Mapping[str, tuple[int, str]]


def metadata(
    run: Run, contents: Contents, carried: Carried, files: Files, license: str | None = None, agent: str | None = None
) -> bytes:
    """Write the metadata of a crate; ``files`` are all but itself, the preview and the sums."""
    graph = Graph()
    licensed = _license(graph, license) or UNSTATED
    person = _agent(graph, agent)
    samples = samples_of(run)
    add_plan(graph, run, contents, samples, licensed)
    actions = Actions(graph, run, contents, carried, samples, person)
    mentioned = actions.add()
    parts = _data(graph, files, actions.fills, contents, run)
    profiles = [
        graph.add(name, "CreativeWork", name=called, version=version) for name, (called, version) in _PROFILES.items()
    ]
    about = run.about
    graph.add(
        METADATA,
        "CreativeWork",
        about={"@id": "./"},
        conformsTo=[{"@id": _BASE}, {"@id": _WORKFLOW}],
    )
    graph.add(
        "./",
        "Dataset",
        name=run.name or f"Run {run.id} of {run.flow}",
        description=f"The run {run.id} of the flow {run.flow} with scalebridge: what was asked, what came out, and "
        f"everything it was made from. The folder {STORE}/ is a store that scalebridge opens; scalebridge import "
        "takes the run into another one.",
        identifier=run.id,
        keywords=", ".join(run.tags) or None,
        datePublished=str(about.get("ended") or about["started"])[:10],
        license=licensed,
        conformsTo=profiles,
        author=person,
        mainEntity={"@id": identifier(contents.workflow)},
        mentions=mentioned,
        hasPart=parts,
    )
    return graph.document()


def check_words(license: str | None, agent: str | None) -> None:
    """Raise ContractError for a licence or an agent that the metadata could not hold."""
    graph = Graph()
    _license(graph, license)
    _agent(graph, agent)


def samples_of(run: Run) -> dict[str, Artifact]:
    """An artifact of each stage that has one: its own, or of a sweep that of some point."""
    if "sweep" not in run.about:
        return {name: outputs._artifact for name, outputs in stages_of(run).items()}
    sweep, found = swept(run), dict[str, Artifact]()
    if sweep is None:
        return found
    for name in sweep.stages:
        key = next((key for key in sweep.keys(name) if key is not None), None)
        if key is not None:
            found[name] = run.store.open(key)
    return found


def _license(graph: Graph, written: str | None) -> Reference | None:
    """A licence by its SPDX identifier or its address. Raises ContractError."""
    if written is None:
        return None
    if _ADDRESS.fullmatch(written):
        return graph.add(written, "CreativeWork", name=written, url=written)
    if not _SPDX.fullmatch(written):
        raise ContractError(
            f"{written!r} is no licence: write its SPDX identifier, such as CC-BY-4.0, or its https://…"
        )
    address = f"https://spdx.org/licenses/{written}"
    return graph.add(address, "CreativeWork", name=written, identifier=written, url=address)


def _agent(graph: Graph, written: str | None) -> Reference | None:
    """Who ran it: a name, an address such as https://orcid.org/…, or both. Raises ContractError."""
    if written is None:
        return None
    address = _ADDRESS.search(written)
    name = _ADDRESS.sub("", written).strip(" ,<>()")
    if not (name or address) or len(written) > 500:
        raise ContractError("--agent is a name, or a name and an address: 'Ada Lovelace, https://orcid.org/…'.")
    return graph.add(address[0] if address else "#agent", "Person", name=name or written)


def _data(graph: Graph, files: Files, fills: Mapping[str, list[str]], contents: Contents, run: Run) -> list[Reference]:
    """Every file, with its size and digest, in the folder that describes it; those of the crate itself come back."""
    folders: dict[str, list[str]] = {}
    top = [SUMS]
    for path, (size, digest) in files.items():
        folder = _folder(path)
        (folders.setdefault(folder, []) if folder else top).append(path)
        if path == contents.workflow:
            described = graph.described(identifier(path))
            described |= {"contentSize": str(size), "sha256": digest, "encodingFormat": media_type(path)}
            continue
        graph.add(
            identifier(path),
            "File",
            name=path.rpartition("/")[2],
            contentSize=str(size),
            sha256=digest,
            encodingFormat=media_type(path),
            exampleOfWork=references(fills.get(path, ())),
        )
    graph.add(
        SUMS, "File", name=SUMS, description="SHA-256 of every other file: sha256sum -c", encodingFormat="text/plain"
    )
    graph.add(PREVIEW, "CreativeWork", name="The run as a page", encodingFormat="text/html", about={"@id": "./"})
    inner = [folder for folder in sorted(folders) if folder != f"{STORE}/"]
    for folder in inner:
        graph.add(
            identifier(folder),
            "Dataset",
            name=_called(folder, run),
            description=_described(folder),
            exampleOfWork=references(fills.get(folder, ())),
            hasPart=references(map(identifier, folders[folder])),
        )
    graph.add(
        f"{STORE}/",
        "Dataset",
        name="The store",
        description="A store of scalebridge with this run alone: SCALEBRIDGE_STORE=store scalebridge show last.",
        hasPart=references(map(identifier, [*folders.get(f"{STORE}/", ()), *inner])),
    )
    return references(map(identifier, [*top, f"{STORE}/"]))


def _folder(path: str) -> str:
    """The folder that describes a file: that of an artifact, a block, a run, the aliases; "" for the crate itself."""
    parts = path.split("/")
    if parts[0] != STORE:
        return ""
    depth = {"artifacts": 4, "blocks": 3, "runs": 3, "plans": 2}.get(parts[1], 1)
    return "/".join(parts[:depth]) + "/"


def _called(folder: str, run: Run) -> str:
    parts = folder.rstrip("/").split("/")
    what = {"artifacts": "Results", "blocks": "Rows", "plans": "Plans", "runs": "Record"}[parts[1]]
    return f"{what} {parts[-1][:12]}…" if parts[1] in ("artifacts", "blocks") else f"{what} of run {run.id}"


def _described(folder: str) -> str:
    return {
        "artifacts": "Outputs of one stage: a Zarr v3 group, sealed with BLAKE3 digests.",
        "blocks": "Outputs of many executions of one model as rows: a Zarr v3 group, sealed with BLAKE3 digests.",
        "plans": "Where the plan of each stage led to.",
        "runs": "The run's record, its events in their order, what its models logged.",
    }[folder.split("/")[1]]
