"""Several hosts on one machine: each with its own address, name, processes and mounts, on a network of their own.

A host is a set of Linux namespaces whose network is joined to that of the others by a switch, and to nothing else.
What the hosts share is one folder, which each of them mounts for itself through FUSE: a lock taken on one host is
not seen on another, as on many a cluster's file system. It takes root, iproute2, util-linux and bindfs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PROGRAMS = ("ip", "unshare", "nsenter", "bindfs", "mount", "hostname")
PACKAGES = "iproute2 util-linux bindfs hostname"
NETWORK = "10.97.0"

# What the first process of a host does before anything else runs there; all others end with it.
BEGIN = """
set -e
hostname "$1"
mount --bind "$2" /etc/hosts
bindfs --no-allow-other "$3" "$4"
echo ready
exec sleep infinity
"""


@dataclass
class Host:
    """One of the hosts."""

    name: str
    address: str
    space: str  # its network's name
    first: int = 0  # number of its first process, as seen from outside
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
        """Begin a program there, in its own folder; what it prints is appended to a file."""
        with open(log, "ab") as file:
            begun = subprocess.Popen([*self.enter(), *command], env=dict(environment), stdout=file, stderr=file)
        self.started.append(begun)
        return begun

    def run(self, command: Sequence[str], environment: Mapping[str, str], timeout: float = 120) -> str:
        """What a program prints there."""
        command = [*self.enter(), *command]
        done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def listening(self) -> set[tuple[str, int]]:
        """Addresses and ports where its programs take connections (/proc/net/tcp, in hexadecimal)."""
        found = set()
        for line in Path(f"/proc/{self.first}/net/tcp").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":
                address, port = words[1].split(":")
                found.add((socket.inet_ntoa(bytes.fromhex(address)[::-1]), int(port, 16)))
        return found

    def processes(self) -> list[psutil.Process]:
        """All that runs there; its first process and its mount do not count."""
        found, mine = [], os.stat(f"/proc/{self.first}/ns/pid").st_ino
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                there = os.stat(f"/proc/{process.pid}/ns/pid").st_ino == mine and process.pid != self.first
                if there and process.status() != psutil.STATUS_ZOMBIE and process.name() != "bindfs":
                    found.append(process)
        return found

    def end(self) -> None:
        """Kill all that runs there at once, as a loss of power does."""
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        for begun in self.started:
            begun.wait(timeout=10)

    def enter(self) -> list[str]:
        """Words before a command that make it run there."""
        return ["nsenter", "--target", str(self.first), "--net", "--uts", "--pid", "--mount", "--wdns=/", "--"]


@dataclass
class Hosts:
    """Hosts by name, the switch between them and the folder they share."""

    folder: Path
    switch: str
    shared: Path
    hosts: dict[str, Host] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    @property
    def disk(self) -> Path:
        """Where the shared folder is, as seen from outside."""
        return self.folder / "disk"

    def cut(self, name: str) -> None:
        """Pull the cable of a host: nothing arrives any more, and nobody is told."""
        _ip("-n", self.switch, "link", "set", f"to-{name}", "down")

    def heal(self, name: str) -> None:
        """Put it back."""
        _ip("-n", self.switch, "link", "set", f"to-{name}", "up")


def missing() -> list[str]:
    """What it takes and is not here."""
    absent = [
        program for program in PROGRAMS if not shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    ]
    return absent if os.geteuid() == 0 else [*absent, "root's rights"]


@contextlib.contextmanager
def hosts(folder: Path, *names: str) -> Iterator[Hosts]:
    """Hosts that reach one another by their addresses; with the end all that runs there is gone."""
    for inside in ("disk", "shared"):
        (folder / inside).mkdir(parents=True)
    tag = f"{os.getpid()}-{time.time_ns() % 10**6}"
    made = Hosts(folder, f"scalebridge-{tag}-switch", folder / "shared")
    with contextlib.ExitStack() as standing:
        _space(made.switch, standing)
        _ip("-n", made.switch, "link", "add", "name", "switch", "type", "bridge")
        _ip("-n", made.switch, "link", "set", "switch", "up")
        for number, name in enumerate(names, start=1):
            made.hosts[name] = Host(name, f"{NETWORK}.{number}", f"scalebridge-{tag}-{name}")
        known = [f"{host.address} {host.name}" for host in made.hosts.values()]
        (folder / "hosts").write_text("\n".join(["127.0.0.1 localhost", *known, ""]))
        for host in made.hosts.values():
            _join(made, host, standing)
            _begin(made, host, standing)
        yield made


def _space(name: str, standing: contextlib.ExitStack) -> None:
    _ip("netns", "add", name)
    standing.callback(_ip, "netns", "delete", name)


def _join(made: Hosts, host: Host, standing: contextlib.ExitStack) -> None:
    """Give a host its network, and a cable from there to the switch."""
    _space(host.space, standing)
    cable = f"to-{host.name}"
    _ip("-n", made.switch, "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", host.space)
    _ip("-n", made.switch, "link", "set", cable, "master", "switch", "up")
    _ip("-n", host.space, "address", "add", f"{host.address}/24", "dev", "eth0")
    for device in ("eth0", "lo"):
        _ip("-n", host.space, "link", "set", device, "up")


def _begin(made: Hosts, host: Host, standing: contextlib.ExitStack) -> None:
    """Start the first process of a host; when it is killed, the kernel kills all others there."""
    isolate = ["unshare", "--uts", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc"]
    places = [host.name, str(made.folder / "hosts"), str(made.disk), str(made.shared)]
    command = ["ip", "netns", "exec", host.space, *isolate, "sh", "-c", BEGIN, "begin", *places]
    outside = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    standing.callback(_end, outside, host)
    assert outside.stdout is not None
    if outside.stdout.readline() != "ready\n":
        raise RuntimeError(f"host {host.name} does not start: {outside.communicate(timeout=10)[1]}")
    host.first = psutil.Process(outside.pid).children()[0].pid


def _end(outside: subprocess.Popen[str], host: Host) -> None:
    outside.kill()  # its child is the first process there, and goes with it
    outside.communicate()
    for begun in host.started:
        begun.wait(timeout=10)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"
