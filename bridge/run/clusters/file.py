"""Cluster files: what a cluster is, in TOML, found by its name."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.errors import did_you_mean
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.keys import QUEUES, read_keys

_ADDRESS = re.compile(r"(tcp|tls)://.+:\d+")
#: Hosts whose port only processes of this machine reach.
_LOOPBACK = re.compile(r"(127\.\d+\.\d+\.\d+|localhost|\[?::1\]?)")


@dataclass(frozen=True)
class ClusterFile:
    """One cluster, as its file or its address describes it; the keys are told in docs/clusters.md."""

    name: str
    kind: str = "local"
    path: Path | None = None
    address: str = ""
    workers: int | None = None
    cores: int | None = None
    memory: int | None = None
    walltime: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None
    queue: str | None = None
    account: str | None = None
    adaptive: Mapping[str, int] | None = None
    interface: str | None = None
    host: str | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    tls: Mapping[str, str] = field(default_factory=dict)
    insecure: bool = False
    extra: tuple[str, ...] = ()
    prologue: tuple[str, ...] = ()
    workers_per_job: int = 1
    folder: str | None = None
    scratch: str | None = None
    patience: float | None = None
    image: str | None = None
    namespace: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether it lives and dies with this process, on this machine."""
        return self.kind == "local"

    @property
    def queued(self) -> bool:
        """Whether its workers are jobs that wait for their turn."""
        return self.kind in QUEUES

    def __str__(self) -> str:
        return f"{self.name} ({self.path})" if self.path else self.name


def cluster_file(name: str) -> ClusterFile:
    """What is meant by a name, the path of a cluster file, or the address of a running scheduler.

    Raises ClusterError: nothing of that name, a file that cannot be meant, or a scheduler that is open to others.
    """
    if _ADDRESS.fullmatch(name):
        return _closed(ClusterFile(name, "scheduler", address=name))
    if name.endswith(".toml") or "/" in name:
        path = Path(name).expanduser()
        if not path.is_file():
            raise ClusterError(f"there is no cluster file {name}. {_known()}")
        return _read(path)
    for folder in folders():
        if (path := folder / f"{name}.toml").is_file():
            return _read(path)
    if name == "local":
        return ClusterFile("local")
    raise ClusterError(f"no cluster is called {name!r}. {did_you_mean(name, known())} {_known()}")


def folders() -> list[Path]:
    """Where cluster files are looked for, in this order."""
    given = os.environ.get("SCALEBRIDGE_CLUSTERS")
    return [
        *(Path(folder).expanduser() for folder in (given or "").split(os.pathsep) if folder),
        Path.home() / ".config" / "scalebridge" / "clusters",
        Path("deploy") / "clusters",
    ]


def known() -> list[str]:
    """Names that can be given here and now."""
    return sorted({"local"} | {path.stem for folder in folders() for path in folder.glob("*.toml")})


def _known() -> str:
    return (
        f"Give the name of a cluster file ({', '.join(known())}), its path, or the address of a running Dask"
        " scheduler, tls://host:8786. Files are NAME.toml in ~/.config/scalebridge/clusters, in"
        " $SCALEBRIDGE_CLUSTERS or in deploy/clusters."
    )


def _read(path: Path) -> ClusterFile:
    try:
        written: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        raise ClusterError(f"{path} cannot be read as TOML: {reason}.") from None
    found = ClusterFile(path.stem, path=path.absolute(), **read_keys(str(path), written))
    return _closed(found)


def _closed(file: ClusterFile) -> ClusterFile:
    """Refuse a scheduler without TLS that others could reach: it runs anybody's code as its user."""
    if file.kind != "scheduler" or not file.address.startswith("tcp://") or file.insecure:
        return file
    host = file.address.removeprefix("tcp://").rpartition(":")[0]
    if _LOOPBACK.fullmatch(host):
        return file
    raise ClusterError(
        f"{file.address} has no TLS: whoever reaches a Dask scheduler without it runs code as its user. Start it with"
        f" --protocol tls and give tls://{host}:… . On a network that is yours alone, write a cluster file with"
        f" kind = 'scheduler', address = '{file.address}' and insecure = true."
    )
