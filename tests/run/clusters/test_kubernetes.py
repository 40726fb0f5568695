"""Pods through the Dask operator: what kubectl is given is carried out here by a stand-in that starts processes."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import time
from pathlib import Path

import psutil
import pytest

from bridge.run.cluster import connect
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.file import ClusterFile
from bridge.run.clusters.kubernetes import described

FILE = ClusterFile("k8s", "kubernetes", image="img:1", workers=2, cores=2, memory=500_000_000, namespace="me")

#: A cluster of one machine: what the manifests say is run by this Python, with the secret's files in a folder.
KUBECTL = """#!{python}
import json, os, subprocess, sys, time
from pathlib import Path

home, port = Path({home!r}), {port}
words = sys.argv[1:]
with open(home / "said", "a") as file:
    file.write(" ".join(words) + "\\n")
words = words[2:] if words[0] == "--namespace" else words


def begin(container, replica=0):
    variables = {{one["name"]: one["value"] for one in container["env"]}}
    variables |= {{"DASK_WORKER_NAME": f"pod-{{replica}}", "DASK_SCHEDULER_ADDRESS": f"tls://127.0.0.1:{{port}}"}}
    args = [a.replace("/etc/scalebridge-tls", str(home / "secret")) for a in container["args"]]
    args = [variables["DASK_WORKER_NAME"] if a == "$(DASK_WORKER_NAME)" else a for a in args]
    args = [{{"8786": str(port), "0.0.0.0": "127.0.0.1", "127.0.0.1:8787": "127.0.0.1:0"}}.get(a, a) for a in args]
    log = open(home / f"log-{{container['name']}}-{{replica}}", "wb")
    with open(home / "pids", "a") as file:
        begun = subprocess.Popen([{dask!r}, *args[1:]], env=os.environ | variables, stdout=log, stderr=log,
                                 start_new_session=True, cwd=home)
        file.write(f"{{begun.pid}}\\n")


if words[0] == "apply":
    given = json.loads(sys.stdin.read())
    if given["kind"] == "Secret":
        (home / "secret").mkdir(mode=0o700)
        for name, text in given["stringData"].items():
            (home / "secret" / name).write_text(text)
    else:
        begin(given["spec"]["scheduler"]["spec"]["containers"][0])
        for replica in range(given["spec"]["worker"]["replicas"]):
            begin(given["spec"]["worker"]["spec"]["containers"][0], replica)
elif words[:2] == ["get", "pods"]:
    print("Running" if "--output" in words else "pod-0 1/1 Running")
elif words[0] == "port-forward":
    print(f"Forwarding from 127.0.0.1:{{port}} -> 8786", flush=True)
    time.sleep(600)
"""


def test_the_resource_shows_certificates_everywhere_and_serves_no_pages() -> None:
    spec = described(FILE, "n")["spec"]
    worker, scheduler = (spec[role]["spec"]["containers"][0] for role in ("worker", "scheduler"))
    for one in (worker, scheduler):
        words = " ".join(one["args"])
        assert "--protocol tls --tls-ca-file /etc/scalebridge-tls/ca.pem --tls-cert" in words
        assert "--no-dashboard --dashboard-address 127.0.0.1:8787" in words
        variables = {variable["name"]: variable["value"] for variable in one["env"]}
        assert variables["DASK_SCHEDULER_ADDRESS"] == "tls://n-scheduler:8786"
        assert (variables["OMP_NUM_THREADS"], variables["OMP_WAIT_POLICY"]) == ("2", "PASSIVE")
    assert worker["resources"]["limits"] == {"cpu": "2", "memory": "500000000"}
    assert "closure=1 cpus=2 memory=500000000" in worker["args"]
    assert spec["worker"]["replicas"] == 2


def test_without_kubectl_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "k.toml").write_text("kind = 'kubernetes'\nimage = 'i'\n")
    with connect(str(tmp_path / "k.toml")) as cluster, pytest.raises(ClusterError, match="no kubectl here"):
        cluster.client()


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the stand-in first on the path; the folder it works in."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    dask = str(Path(sys.executable).with_name("dask"))
    path = tmp_path / "bin" / "kubectl"
    path.parent.mkdir()
    path.write_text(KUBECTL.format(python=sys.executable, home=str(tmp_path), port=port, dask=dask))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.mark.science
def test_pods_that_speak_tls_compute_and_are_deleted_with_their_secret(kubectl: Path) -> None:
    path = kubectl / "pods.toml"
    path.write_text("kind = 'kubernetes'\nimage = 'i'\nworkers = 2\nmemory = '500 MB'\nnamespace = 'me'\n")
    try:
        with connect(str(path)) as cluster:
            assert cluster.wait(cluster.submit(sum, [1, 2, 3], key="sum", resources={"closure": 1})) == 6
            end = time.monotonic() + 30
            while len(cluster.workers()) < 2 and time.monotonic() < end:
                time.sleep(0.1)
            assert len(cluster.workers()) == 2
            assert all(address.startswith("tls://") for address in cluster.workers())
        said = (kubectl / "said").read_text().splitlines()
        assert all(line.startswith("--namespace me ") for line in said)
        gone = [line.split()[3:5] for line in said if " delete " in line]
        assert [kind for kind, _ in gone] == ["daskcluster.kubernetes.dask.org", "secret"]
        assert len({name for _, name in gone}) == 1
        assert not [child for child in psutil.Process().children() if "port-forward" in " ".join(child.cmdline())]
        assert list((kubectl / "home" / "dask").glob("tls-*")) == []
    finally:
        for pid in map(int, (kubectl / "pids").read_text().split()):
            for one in [*psutil.Process(pid).children(recursive=True), psutil.Process(pid)]:
                one.kill()


@pytest.mark.science
def test_what_kubectl_says_is_told(kubectl: Path) -> None:
    (kubectl / "bin" / "kubectl").write_text("#!/bin/sh\necho 'error: You must be logged in' >&2\nexit 1\n")
    path = kubectl / "pods.toml"
    path.write_text("kind = 'kubernetes'\nimage = 'i'\n")
    with connect(str(path)) as cluster, pytest.raises(ClusterError, match="kubectl apply says: error: You must be log"):
        cluster.client()
    assert json.dumps(list((kubectl / "home" / "dask").glob("tls-*"))) == "[]"
