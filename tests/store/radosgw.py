"""Ceph on one machine: a monitor, a storage daemon in memory and an S3 gateway, on the loopback in a folder of its own.

The programs are Debian's ``radosgw``, ``ceph-mon`` and ``ceph-osd``; nothing of theirs is kept or left running.
By itself it starts one, says how to reach it, and stops it with the end of its input.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
PACKAGES = "radosgw ceph-mon ceph-osd"

CONFIGURATION = """
[global]
fsid = {fsid}
mon initial members = a
mon host = [v2:127.0.0.1:{mon_port}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = {folder}/keyring
admin socket =
run dir = {folder}
log file = {folder}/$name.log
pid file =
crash dir = {folder}
mon data = {folder}/mon
mon allow pool size one = true
mon max pg per osd = 1000
mon warn on pool no redundancy = false
osd data = {folder}/osd
osd journal = {folder}/osd/journal
osd objectstore = memstore
memstore device bytes = 4294967296
osd crush chooseleaf type = 0
osd crush initial weight = 1
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd class load list = *
osd class default list = *
rgw data = {folder}
rgw frontends = beast endpoint=127.0.0.1:{gateway_port} tcp_nodelay=1
"""


@dataclass(frozen=True)
class Gateway:
    """Where Ceph answers as S3, and who may ask."""

    endpoint: str
    key_id: str
    secret: str

    def new_bucket(self) -> str:
        """Make a bucket."""
        name = f"bucket-{uuid.uuid4().hex[:12]}"
        self._signed("PUT", f"/{name}")
        return name

    def _signed(self, method: str, path: str) -> None:
        date = formatdate(usegmt=True)
        text = f"{method}\n\n\n{date}\n{path}"
        signature = base64.b64encode(hmac.digest(self.secret.encode(), text.encode(), hashlib.sha1)).decode()
        headers = {"Date": date, "Authorization": f"AWS {self.key_id}:{signature}"}
        with urllib.request.urlopen(urllib.request.Request(self.endpoint + path, method=method, headers=headers)):
            pass


def missing() -> list[str]:
    """Programs that are not installed."""
    return [program for program in PROGRAMS if not shutil.which(program)]


@contextlib.contextmanager
def radosgw() -> Iterator[Gateway]:
    """A gateway that is ready, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="radosgw-") as name, contextlib.ExitStack() as running:
        folder, gateway_port = Path(name), _free_port()
        settings = {"fsid": uuid.uuid4(), "mon_port": _free_port(), "gateway_port": gateway_port, "folder": folder}
        (folder / "ceph.conf").write_text(CONFIGURATION.format(**settings))
        _monitor(folder, running, settings)
        _storage(folder, running)
        gateway = Gateway(f"http://127.0.0.1:{gateway_port}", "TESTS", uuid.uuid4().hex)
        keys = ["--access-key", gateway.key_id, "--secret-key", gateway.secret]
        _run(folder, "radosgw-admin", "user", "create", "--uid", "tests", "--display-name", "tests", *keys)
        _start(folder, running, "radosgw", "-f", "--name", "client.admin")
        _wait_for(folder, gateway)
        yield gateway


def _monitor(folder: Path, running: contextlib.ExitStack, settings: dict[str, object]) -> None:
    for part in ("mon", "osd"):
        (folder / part).mkdir()
    address = ("--addv", "a", f"[v2:127.0.0.1:{settings['mon_port']}]")
    _run(folder, "monmaptool", "--create", *address, "--fsid", str(settings["fsid"]), f"{folder}/monmap")
    (folder / "keyring").write_text("".join(map(_key, ("mon.", "osd.0", "client.admin"))))
    _run(folder, "ceph-mon", "--mkfs", "-i", "a", "--monmap", f"{folder}/monmap")
    _start(folder, running, "ceph-mon", "-f", "-i", "a")


def _storage(folder: Path, running: contextlib.ExitStack) -> None:
    name = str(uuid.uuid4())
    _run(folder, "ceph", "--connect-timeout", "30", "osd", "new", name)
    _run(folder, "ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", name)
    _start(folder, running, "ceph-osd", "-f", "-i", "0")


def _key(name: str) -> str:
    """A new key, as Ceph writes it: kind, seconds, nanoseconds, length and bytes."""
    secret = base64.b64encode(struct.pack("<HIIH", 1, int(time.time()), 0, 16) + os.urandom(16)).decode()
    may = "".join(f'caps {whom} = "allow *"\n' for whom in ("mon", "osd"))
    return f"[{name}]\nkey = {secret}\n{may}"


def _run(folder: Path, program: str, *arguments: str) -> None:
    done = subprocess.run(
        [program, "-c", f"{folder}/ceph.conf", *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"


def _start(folder: Path, running: contextlib.ExitStack, program: str, *arguments: str) -> None:
    """Start a daemon in the foreground; it is killed by its number in the end."""
    command = [program, "-c", f"{folder}/ceph.conf", *arguments]
    daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # it writes a log
    running.callback(daemon.wait)
    running.callback(daemon.kill)


def _wait_for(folder: Path, gateway: Gateway) -> None:
    start = time.monotonic()
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            gateway._signed("GET", "/")
            return
        assert time.monotonic() - start < 60, (folder / "client.admin.log").read_text()[-2000:]
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    if absent := missing():
        raise SystemExit(f"Ceph is not here ({', '.join(absent)}); as root: apt-get install {PACKAGES}")
    with radosgw() as started:
        print(f"export AWS_ENDPOINT_URL={started.endpoint} AWS_ACCESS_KEY_ID={started.key_id}")
        print(f"export AWS_SECRET_ACCESS_KEY={started.secret} AWS_REGION=us-east-1")
        print(f"export SCALEBRIDGE_STORE=s3://{started.new_bucket()}/store", flush=True)
        sys.stdin.read()
