"""Workers as pods: a DaskCluster resource for the Dask operator, with mutual TLS, by way of kubectl.

dask-kubernetes itself speaks to schedulers without TLS only (2026.3), so the resource is written here, its
certificates go into a Secret, and the scheduler is reached by kubectl's own port-forward on loopback.
"""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.places import plugin_variable
from bridge.run.clusters import tls
from bridge.run.clusters.embedded import WORKER_ENVIRONMENT, threads
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.file import ClusterFile
from bridge.run.clusters.queue import offer as offer
from bridge.run.clusters.started import Started

#: Seconds for the operator to start the scheduler's pod, where the file says no patience.
PATIENCE = 300.0
_AT = "/etc/scalebridge-tls"


def start(file: ClusterFile, home: Path) -> Started:
    """Have the operator start a scheduler and workers. Raises ClusterError with what kubectl says."""
    from distributed import Client

    if shutil.which("kubectl") is None:
        raise ClusterError(f"{file}: there is no kubectl here, by which pods are started. Install it and log in.")
    security, certificates = tls.temporary(home / "dask")
    name = f"scalebridge-{uuid.uuid4().hex[:8]}"
    forward: subprocess.Popen[bytes] | None = None
    began = False

    def close() -> None:
        try:
            if forward is not None:
                forward.terminate()
                forward.wait(timeout=10)
            if began:
                for kind in ("daskcluster.kubernetes.dask.org", "secret"):
                    with contextlib.suppress(ClusterError):
                        _kubectl(file, "delete", kind, name, "--ignore-not-found", "--wait=false")
        finally:
            shutil.rmtree(certificates, ignore_errors=True)

    try:
        began = True
        _kubectl(file, "apply", "-f", "-", given=json.dumps(_secret(name, certificates)))
        _kubectl(file, "apply", "-f", "-", given=json.dumps(described(file, name)))
        _await_scheduler(file, name)
        forward, port = _forwarded(file, name, certificates / "port-forward.log")
        client = Client(f"tls://127.0.0.1:{port}", security=security, timeout=10, set_as_default=False)
    except BaseException as reason:
        close()
        if isinstance(reason, OSError):
            raise ClusterError(f"cluster {file}: its scheduler does not answer through kubectl: {reason}") from None
        raise
    return Started(client, None, close, awaited=lambda: _pods(file, name))


def described(file: ClusterFile, name: str) -> dict[str, Any]:
    """The DaskCluster resource: a scheduler and workers that show certificates and serve no pages."""
    cores, memory = file.cores or 1, file.memory
    offered = " ".join(f"{what}={much:.12g}" for what, much in offer(file).items())
    certificates = ["--tls-ca-file", f"{_AT}/ca.pem", "--tls-cert", f"{_AT}/cert.pem", "--tls-key", f"{_AT}/key.pem"]
    no_pages = ["--no-dashboard", "--dashboard-address", "127.0.0.1:8787"]
    worker = [
        "dask", "worker", "--name", "$(DASK_WORKER_NAME)", "--protocol", "tls", *certificates, *no_pages,
        "--nthreads", "1", "--resources", offered, "--preload", "bridge.run.worker_process",
        *(["--memory-limit", str(memory)] if memory else []),
    ]  # fmt: skip
    scheduler = ["dask", "scheduler", "--host", "0.0.0.0", "--port", "8786", "--protocol", "tls"]
    variables = {**WORKER_ENVIRONMENT, **threads(cores), **plugin_variable(), **file.environment}
    # the operator writes tcp:// here, unless it is written already (controller.py)
    variables |= {"DASK_SCHEDULER_ADDRESS": f"tls://{name}-scheduler:8786"}
    variables |= {f"DASK_DISTRIBUTED__{side}__HTTP__ROUTES": "[]" for side in ("SCHEDULER", "WORKER")}
    selector = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    port = {"name": "tcp-comm", "protocol": "TCP", "port": 8786, "targetPort": "tcp-comm"}
    return {
        "apiVersion": "kubernetes.dask.org/v1",
        "kind": "DaskCluster",
        "metadata": {"name": name},
        "spec": {
            "worker": {
                "replicas": file.workers or 1,
                "spec": _pod(file, name, "worker", worker, variables),
            },
            "scheduler": {
                "spec": _pod(file, name, "scheduler", [*scheduler, *certificates, *no_pages], variables),
                "service": {"type": "ClusterIP", "selector": selector, "ports": [port]},
            },
        },
    }


def _pod(file: ClusterFile, name: str, role: str, args: list[str], variables: Mapping[str, str]) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": role,
        "image": file.image,
        "args": args,
        "env": [{"name": one, "value": value} for one, value in variables.items()],
        "volumeMounts": [{"name": "tls", "mountPath": _AT, "readOnly": True}],
    }
    if role == "worker":
        limits = {"cpu": str(file.cores or 1)} | ({"memory": str(file.memory)} if file.memory else {})
        container["resources"] = {"limits": limits, "requests": limits}
    else:
        container["ports"] = [{"name": "tcp-comm", "containerPort": 8786, "protocol": "TCP"}]
    return {"containers": [container], "volumes": [{"name": "tls", "secret": {"secretName": name}}]}


def _secret(name: str, certificates: Path) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "stringData": {path.name: path.read_text() for path in sorted(certificates.glob("*.pem"))},
    }


def _kubectl(file: ClusterFile, *words: str, given: str | None = None, timeout: float = 60) -> str:
    command = ["kubectl", *(["--namespace", file.namespace] if file.namespace else []), *words]
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise ClusterError(f"cluster {file}: kubectl {words[0]} does not answer within {timeout:g} s.") from None
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        operator = " Is the Dask operator installed there?" if "DaskCluster" in said else ""
        raise ClusterError(f"cluster {file}: kubectl {words[0]} says: {said}{operator}")
    return done.stdout


def _await_scheduler(file: ClusterFile, name: str) -> None:
    """Return once the scheduler's pod is ready."""
    patience = file.patience or PATIENCE
    end = time.monotonic() + patience
    scheduler = f"dask.org/cluster-name={name},dask.org/component=scheduler"
    phases = "jsonpath={.items[*].status.phase}"
    while time.monotonic() < end:
        phase = _kubectl(file, "get", "pods", "--selector", scheduler, "--output", phases).strip()
        if phase == "Running":
            return
        time.sleep(1.0)
    raise ClusterError(
        f"cluster {file}: no scheduler runs within {patience:g} s ({_pods(file, name)}). Is the Dask operator"
        f" installed there, and can it pull {file.image}?"
    )


def _pods(file: ClusterFile, name: str) -> str:
    """How the pods are, for people."""
    with contextlib.suppress(ClusterError):
        told = _kubectl(file, "get", "pods", "--selector", f"dask.org/cluster-name={name}", "--no-headers")
        return ", ".join(" ".join(line.split()[:3]) for line in told.splitlines()) or "there is no pod"
    return "kubectl does not say how its pods are"


def _forwarded(file: ClusterFile, name: str, log: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A port of loopback that leads to the scheduler, and the process that holds it."""
    namespace = ["--namespace", file.namespace] if file.namespace else []
    command = ["kubectl", *namespace, "port-forward", "--address", "127.0.0.1", f"service/{name}-scheduler", ":8786"]
    with open(log, "wb") as said:
        forward = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)  # Ctrl-C is for us
    end = time.monotonic() + 30
    while time.monotonic() < end and forward.poll() is None:
        if found := re.search(r"127\.0\.0\.1:(\d+)", log.read_text()):
            return forward, int(found[1])
        time.sleep(0.05)
    forward.terminate()
    forward.wait(timeout=10)
    raise ClusterError(f"cluster {file}: kubectl port-forward says: {' '.join(log.read_text().split())}")
