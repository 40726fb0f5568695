"""What can keep runs from running here: Prefect's server, the store, and a cluster with one worker, each tried."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from bridge.errors import BridgeError
from bridge.literals import duration
from bridge.registry import entries
from bridge.run.cluster import Cluster
from bridge.run.clusters.amounts import size
from bridge.run.clusters.checks import asked_of, faults
from bridge.run.clusters.coming import first, workers
from bridge.run.clusters.embedded import offer
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.file import ClusterFile, cluster_file
from bridge.run.clusters.needs import SAME, Needs, installed, written
from bridge.run.server import Server, ensure
from bridge.store.store import Store

#: Distributions that pass values between driver and workers, beside those that must be the same.
SHOWN = (*SAME, "msgpack", "numpy", "zarr")
#: Seconds to wait for a first worker, where nothing else is said.
PATIENCE = 60.0
#: Seconds within which a worker answers: more than a run waits, for it is all that is asked here.
ANSWER = 30.0
#: What to do about findings, where it is always the same.
TODO = {
    "TLS": "Start the scheduler with --protocol tls and certificates (docs/clusters.md).",
    "threads": "Start workers with --nthreads 1: models share files and memory of their process.",
    "nanny": "Start workers with --nanny: else a timeout cannot free them.",
    "store, from the worker": "Use a file system that shows writes at once on all machines, or a bucket.",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: whether it is as it must be, what was seen, and what to do if it is not."""

    what: str
    good: bool
    seen: str
    do: str = ""

    def advice(self) -> str:
        """What to do about it; nothing where it is good."""
        return "" if self.good else self.do or TODO.get(self.what, "")


@dataclass
class Examination:
    """All that was found, and the versions on both sides: of this process, and of a worker."""

    cluster: str
    findings: list[Finding]
    versions: dict[str, tuple[str | None, str | None]]

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.good for finding in self.findings)


def examine(
    name: str = "local", *, patience: float | None = None, told: Callable[[str], None] = lambda _: None
) -> Examination:
    """Try everything that a run on a cluster needs, with one worker; ``patience`` is how long to wait for it.

    Raises ClusterError for a name or a cluster file that cannot be meant; whatever else is wrong is a finding.
    """
    file = cluster_file(name)
    found = Examination(str(file), [], {})
    server: Server | BridgeError
    try:
        server = ensure(wait=False)  # starts beside the rest
    except BridgeError as reason:
        server = reason
    store = _store(found)
    with Cluster(_small(file)) as cluster:
        try:
            _cluster(cluster, store, found, patience or file.patience or PATIENCE, told)
        except BridgeError as reason:
            found.findings.append(Finding("cluster", False, str(reason)))
    found.findings.insert(0, _prefect(server))
    return found


def _small(file: ClusterFile) -> ClusterFile:
    """The cluster with one worker, where it is ours to say."""
    if file.kind == "scheduler":
        return file
    memory = int(offer(file).get("memory", 0)) if file.embedded else file.memory
    return replace(file, workers=1, adaptive=None, workers_per_job=1, memory=memory or None)


def _prefect(server: Server | BridgeError) -> Finding:
    what = "Prefect server"
    if isinstance(server, BridgeError):
        return Finding(what, False, str(server))
    with server:
        try:
            server.wait()
            began = time.monotonic()
            version = _asked(server, with_secret=True)
            took = time.monotonic() - began
            open_to_all = server.ours and _asked(server, with_secret=False)[0] == 200
        except (BridgeError, OSError) as reason:
            return Finding(what, False, f"{server.url}: {reason}")
    status, said = version
    mine = installed("prefect")
    seen = f"{said.strip() or status} at {server.url}, answers in {duration(took)}"
    if status != 200:
        return Finding(what, False, seen, "Set PREFECT_API_AUTH_STRING to the secret of that server.")
    if said.strip().strip('"') != mine:
        return Finding(what, False, seen, f"This process has Prefect {mine}: use a server of the same version.")
    if open_to_all:
        return Finding(what, False, f"{seen}, to anybody", "End it: python -m bridge.run.server stop, and try again.")
    return Finding(what, True, seen + (", started just now" if server.started else ""))


def _asked(server: Server, with_secret: bool) -> tuple[int, str]:
    """Status and answer of a server asked for its version."""
    from base64 import b64encode
    from http.client import HTTPConnection, HTTPSConnection

    parts = urlsplit(server.url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    headers = {}
    if with_secret and server.auth:
        headers["Authorization"] = "Basic " + b64encode(server.auth.encode()).decode()
    with contextlib.closing(kind(parts.hostname or "", parts.port, timeout=20)) as connection:
        connection.request("GET", f"{parts.path}/admin/version", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(1000).decode(errors="replace").strip('"')


def _store(found: Examination) -> Store | None:
    what = "store"
    try:
        store = Store()
        began = time.monotonic()
        store.prepare()
        with _note(store) as note:
            store.space.put(note, note.encode())
            if store.space.read(note) != note.encode():
                raise BridgeError(f"{store.space.where(note)} was read back as something else")
            with store.claim("0" * 64):
                pass
    except (BridgeError, OSError) as reason:
        found.findings.append(Finding(what, False, str(reason), "Set SCALEBRIDGE_STORE to a place you may write to."))
        return None
    took = duration(time.monotonic() - began)
    found.findings.append(Finding(what, True, f"{store.address}: written, read, a key held and freed in {took}"))
    return store


@contextlib.contextmanager
def _note(store: Store) -> Iterator[str]:
    """Name of an object that is gone afterwards.

    It has no folder, which another doctor would remove under it, and its name is that of half a write: verification
    takes it for no damage, and ``gc`` removes it where this process was killed.
    """
    name = f".{uuid.uuid4().hex}"
    try:
        yield name
    finally:
        store.space.remove(name)


def _cluster(
    cluster: Cluster, store: Store | None, found: Examination, patience: float, told: Callable[[str], None]
) -> None:
    add = found.findings.append
    began = time.monotonic()
    started = cluster._running()
    scheduler = str(started.client.scheduler_info()["address"])
    add(Finding("scheduler", True, f"{scheduler}, after {duration(time.monotonic() - began)}"))
    tls = scheduler.startswith("tls://")
    seen_tls = "both sides show certificates" if tls else f"none: {scheduler} runs anybody's code"
    add(Finding("TLS", tls, seen_tls))
    try:
        first(started, replace(cluster.file, patience=patience), told, lambda: None)
    except ClusterError as reason:
        add(Finding("worker", False, str(reason)))
        return
    models = {name: (entry.distribution, entry.version) for name, entry in entries().items()}
    needed = Needs(models, {name: installed(name) for name in SHOWN}, store=store)
    for address, known in list(workers(started.client).items())[:3]:
        with _note(store) if store else contextlib.nullcontext() as note:
            seen = asked_of(started.client, address, needed, note=note, timeout=ANSWER)
            if seen is None:
                continue
            _worker(address, known, seen, time.monotonic() - began, add)
            _versions(seen, models, found)
            wrong = faults(seen, needed)
            if store and note and not wrong:
                _reached(store, note, seen, add)
        for fault in wrong:
            add(Finding("worker", False, fault))
        _round_trip(cluster, add)
        return
    log = f"Look at what they say: {cluster._home / 'dask.log'}, or the log of their jobs."
    said = f"none has answered within {ANSWER:g} s: they are busy in compiled code, or cut off"
    add(Finding("worker", False, said, log))


def _worker(address: str, known: Any, seen: Any, waited: float, add: Callable[[Finding], None]) -> None:
    limit, omp = known["memory_limit"], seen.get("environment", {})
    memory = size(limit) if limit else "no limit of memory"
    offers = f"; offers {written(known['resources'])}" if known["resources"] else ""
    host = seen.get("host", known["host"])
    add(Finding("worker", True, f"{address} on {host}, after {duration(waited)}: {memory}{offers}"))
    threads = known["nthreads"]
    shown = ", ".join(f"{name}={value}" for name, value in omp.items())
    add(Finding("threads", threads == 1, f"{threads} a worker, {shown}"))
    nanny = bool(known["nanny"])
    add(Finding("nanny", nanny, "a dead or late worker is started again" if nanny else "none"))


def _versions(seen: Any, models: dict[str, tuple[str, str]], found: Examination) -> None:
    from platform import python_version

    found.versions["python"] = (python_version(), seen["python"])
    for name, theirs in seen.get("versions", {}).items():
        found.versions[name] = (installed(name), theirs)
    for name, (distribution, version) in models.items():
        theirs = seen.get("models", {}).get(name)
        found.versions[distribution] = (version, theirs[1] if theirs else None)


def _reached(store: Store, note: str, seen: Any, add: Callable[[Finding], None]) -> None:
    """See what the worker wrote: it is one store, seen from both sides."""
    try:
        same = store.space.read(note) == note.encode()
    except FileNotFoundError:
        same = False
    took = duration(seen.get("store_seconds", 0.0))
    said = f"written there in {took}, read here" if same else f"what it wrote to {store.address} is not seen here"
    add(Finding("store, from the worker", same, said))


def _round_trip(cluster: Cluster, add: Callable[[Finding], None]) -> None:
    times = []
    for number in range(5):
        began = time.monotonic()
        future = cluster.client().submit(abs, -number, key=f"doctor-{uuid.uuid4().hex}")
        future.result(timeout=30)
        times.append(time.monotonic() - began)
    add(Finding("round trip", True, f"{duration(sorted(times)[2])} for a call that does nothing"))
