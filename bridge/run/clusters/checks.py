"""What is asked of a worker before it is given work, and what is wrong with its answer."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import pickle
import platform
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.needs import Needs

if TYPE_CHECKING:
    from distributed import Client

#: Seconds within which a worker answers, unless compiled code keeps its interpreter's lock.
ANSWER = 10.0


def asked_of(
    client: Client, address: str, needed: Needs, *, note: str | None = None, timeout: float | None = None
) -> dict[str, Any] | None:
    """What one worker says of itself; None if it does not answer, for it may be busy in compiled code.

    With ``note`` it also writes an object of that name into the store. First its Python is asked for, in a message
    that carries no code; other Pythons could not read what comes then. A ``timeout`` is for each of both questions.
    """
    timeout = ANSWER if timeout is None else timeout
    try:
        told: Any = client.sync(_versions, client, address, callback_timeout=timeout)
        if address not in told:
            return None
        version = ".".join(str(told[address]["host"]["python"]).split(".")[:3])
        seen = {"python": version, "packages": told[address]["packages"]}
        if version.rpartition(".")[0] != ".".join(platform.python_version_tuple()[:2]):
            return seen
        store = pickle.dumps(needed.store) if needed.store else None
        began = time.monotonic()
        sent = (list(needed.models), list(needed.versions), store, note)
        answer: Any = client.sync(
            client._run, _probe(), *sent, workers=[address], on_error="return", callback_timeout=timeout
        )
        seen["round_trip"] = time.monotonic() - began
    except (TimeoutError, OSError):
        return None
    said = answer.get(address)
    if isinstance(said, BaseException):
        raise ClusterError(f"worker {address} cannot be asked what it has: {type(said).__name__}: {said}")
    return None if said is None else seen | said


async def _versions(client: Client, address: str) -> Any:
    scheduler: Any = client.scheduler
    return await scheduler.broadcast(msg={"op": "versions"}, workers=[address], on_error="ignore")


def _probe() -> Callable[..., dict[str, Any]]:
    """A function that travels by value, for the worker may have no scalebridge to import it from."""

    def probe(models: list[str], versions: list[str], store: bytes | None, note: str | None) -> dict[str, Any]:
        import importlib
        import os
        import pickle
        import platform
        import sys
        import time
        from importlib import metadata

        def version(name: str) -> str | None:
            try:
                return metadata.version(name)
            except metadata.PackageNotFoundError:
                return None

        found: dict[str, Any] = {
            "host": platform.node(),
            "executable": sys.executable,
            "versions": {name: version(name) for name in versions},
            "environment": {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY")},
            "bridge": "",
            "models": {},
            "store": "",
        }
        try:
            from bridge.registry import entries, refresh
        except ImportError as reason:
            return found | {"bridge": str(reason)}
        if not set(models) <= set(entries()):  # it may have been installed after this worker had looked
            importlib.invalidate_caches()
            refresh()
        known = entries()
        found["models"] = {
            name: (known[name].distribution, known[name].version) if name in known else None for name in models
        }
        if store is not None:
            began = time.perf_counter()
            try:
                found_store = pickle.loads(store)
                found_store.prepare()  # it is the driver's store or none: nothing is made where there is none
                if note is not None:
                    found_store.space.put(note, note.encode())
            except Exception as reason:
                found["store"] = f"{type(reason).__name__}: {reason}"
            found["store_seconds"] = time.perf_counter() - began
        return found

    return probe


def faults(seen: Mapping[str, Any], needed: Needs) -> list[str]:
    """What keeps a worker from carrying out orders of this process, a sentence each with what to do."""
    mine = platform.python_version()
    if seen["python"].rpartition(".")[0] != mine.rpartition(".")[0]:
        return [f"it has Python {seen['python']}, this process {mine}. Start workers with the same Python."]
    if seen["bridge"]:
        return [f"it has no scalebridge ({seen['bridge']}). Install it where {seen['executable']} finds it."]
    found = []
    for name, version in needed.versions.items():
        theirs = seen["versions"].get(name)
        if theirs != version:
            has = f"{name} {theirs}" if theirs else f"no {name}"
            found.append(f"it has {has}, this process {version}. Install {name}=={version} there.")
    missing: dict[str, list[str]] = {}
    for model, (distribution, version) in needed.models.items():
        theirs = seen["models"].get(model)
        if theirs is None:
            missing.setdefault(f"{distribution} {version}", []).append(model)
        elif tuple(theirs) != (distribution, version):
            found.append(
                f"it has {model} of {theirs[0]} {theirs[1]}, this process of {distribution} {version}. Install"
                f" {distribution}=={version} there."
            )
    for what, models in missing.items():
        found.append(f"it misses the plugin {what}, which brings {', '.join(sorted(models))}. Install it there.")
    if seen["store"] and needed.store:
        found.append(
            f"it does not reach the store {needed.store.address} ({seen['store']}). Set SCALEBRIDGE_STORE to a folder"
            " that all machines see, or to s3://bucket/prefix."
        )
    return list(dict.fromkeys(found))
