"""The keys of a cluster file: which kind of cluster takes which, and what may stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bridge.errors import did_you_mean
from bridge.run.clusters.amounts import byte_count, seconds
from bridge.run.clusters.errors import ClusterError

#: Kinds of clusters whose workers are jobs of a queue.
QUEUES = ("slurm", "pbs", "lsf", "sge")
KINDS = ("local", "scheduler", *QUEUES, "kubernetes")

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WALLTIME = re.compile(r"(\d+-)?\d{1,3}(:\d{1,2}){0,3}")
#: What stands on one line of a job script; quotes and the like would end the directive.
_WORD = re.compile(r"[^\s\"'`$\\;&|<>]+")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise ValueError
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise ValueError
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _walltime(value: Any) -> str:
    if not isinstance(value, str) or not _WALLTIME.fullmatch(value):
        raise ValueError
    return value


def _address(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"(tcp|tls)://.+:\d+", value):
        raise ValueError
    return value


def _lines(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError
    return tuple(map(_text, value))


def _variables(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(_VARIABLE.fullmatch(name) for name in value):
        raise ValueError
    if not all(isinstance(one, str) and "\n" not in one for one in value.values()):
        raise ValueError
    return dict(value)


def _amounts(value: Any) -> dict[str, float]:
    if not isinstance(value, dict) or not all(re.fullmatch(r"[A-Za-z][\w-]*", name) for name in value):
        raise ValueError
    if not all(type(one) in (int, float) and one > 0 for one in value.values()):
        raise ValueError
    return {name: float(one) for name, one in value.items()}


def _certificates(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or set(value) != {"ca", "cert", "key"}:
        raise ValueError
    return {name: _text(one) for name, one in value.items()}


def _bounds(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or set(value) != {"min", "max"}:
        raise ValueError
    if any(type(one) is not int for one in value.values()) or not 0 <= value["min"] <= max(value["max"], 1):
        raise ValueError
    if value["max"] < 1 or value["min"] > value["max"]:
        raise ValueError
    return dict(value)


_STARTED = ("local", *QUEUES, "kubernetes")
_ELSEWHERE = ("scheduler", *QUEUES)
#: Every key: how it is read, how it is written right, and the kinds that take it.
_KEYS: Mapping[str, tuple[Callable[[Any], Any], str, tuple[str, ...]]] = {
    "workers": (_count, "workers = 4", _STARTED),
    "cores": (_count, "cores = 1", _STARTED),
    "memory": (byte_count, 'memory = "4 GB"', _STARTED),
    "walltime": (_walltime, 'walltime = "01:00:00"', QUEUES),
    "environment": (_variables, 'environment = { LICENSE_SERVER = "27000@host" }', _STARTED),
    "python": (_word, 'python = "/shared/venv/bin/python"', QUEUES),
    "queue": (_word, 'queue = "short"', QUEUES),
    "account": (_word, 'account = "my_project"', QUEUES),
    "adaptive": (_bounds, "adaptive = { min = 1, max = 20 }", QUEUES),
    "interface": (_word, 'interface = "ib0"', QUEUES),
    "host": (_word, 'host = "10.0.0.1"', QUEUES),
    "resources": (_amounts, "resources = { gpu = 1 }", _STARTED),
    "tls": (_certificates, 'tls = { ca = "ca.pem", cert = "cert.pem", key = "key.pem" }', _ELSEWHERE),
    "insecure": (_flag, "insecure = true", ("scheduler",)),
    "address": (_address, 'address = "tls://scheduler:8786"', ("scheduler",)),
    "extra": (_lines, 'extra = ["--constraint=haswell"]', QUEUES),
    "prologue": (_lines, 'prologue = ["module load gcc"]', QUEUES),
    "workers_per_job": (_count, "workers_per_job = 8", QUEUES),
    "folder": (_word, 'folder = "/shared/me/dask"', QUEUES),
    "scratch": (_word, 'scratch = "/scratch/me"', QUEUES),
    "patience": (seconds, 'patience = "2 h"', (*QUEUES, "kubernetes", "scheduler")),
    "image": (_word, 'image = "registry.example.org/scalebridge:1"', ("kubernetes",)),
    "namespace": (_word, 'namespace = "me"', ("kubernetes",)),
}
#: What a kind cannot do without.
_NEEDED = dict.fromkeys(QUEUES, ("cores", "memory")) | {"scheduler": ("address",), "kubernetes": ("image",)}
#: Other words for a key, in the language of one queue.
_ALSO = {"partition": "queue", "project": "account"}


def read_keys(where: str, written: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a cluster file, each as it is used. Raises ClusterError for what cannot be meant."""
    kind = written.get("kind")
    if kind not in KINDS:
        said = f"kind = {kind!r}" if "kind" in written else "no kind"
        near = did_you_mean(kind, KINDS) if isinstance(kind, str) else f"Known: {', '.join(KINDS)}."
        raise ClusterError(f"{where} has {said}. {near} Write, for instance, kind = 'slurm'.")
    found: dict[str, Any] = {}
    for name, value in written.items():
        key = _ALSO.get(name, name)
        if name == "kind":
            continue
        if key not in _KEYS:
            raise ClusterError(f"{where}: a cluster file has no key {name!r}. {did_you_mean(name, _KEYS)}")
        read, example, kinds = _KEYS[key]
        if kind not in kinds:
            raise ClusterError(f"{where}: a cluster of kind {kind!r} takes no {name!r}; these do: {', '.join(kinds)}.")
        if key in found:
            raise ClusterError(f"{where}: {name!r} is another word for {key!r}, and both are given. Leave one out.")
        try:
            found[key] = read(value)
        except ValueError as reason:
            why = f" ({reason})" if str(reason) else ""
            raise ClusterError(f"{where}: {name} = {value!r} cannot be meant{why}. Write {example}") from None
    for key in _NEEDED.get(str(kind), ()):
        if key not in found:
            raise ClusterError(f"{where}: a cluster of kind {kind!r} needs {key!r}. Write {_KEYS[key][1]}")
    if "adaptive" in found and "workers" in found:
        raise ClusterError(f"{where}: workers is a fixed number and adaptive a range. Leave one out.")
    return found | {"kind": kind}
