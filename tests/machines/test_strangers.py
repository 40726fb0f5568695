"""Other users of this machine can reach its ports; what they are told there."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from certificates import certificates
from distributed import Client
from distributed.security import Security
from strangers import told

from bridge.run.cluster import connect


def listening() -> set[tuple[str, int]]:
    """Where this process and its children take connections."""
    tree = [psutil.Process(), *psutil.Process().children(recursive=True)]
    ports = [one.laddr for process in tree for one in process.net_connections("tcp") if one.status == "LISTEN"]
    return {(address.ip, address.port) for address in ports}


def test_no_port_of_the_embedded_cluster_tells_other_users_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path))
    before = listening()
    theirs = certificates(tmp_path / "stranger")
    with connect() as cluster:
        cluster.wait(cluster.submit(abs, -1, key="started"))
        ports = sorted(listening() - before)
        assert len(ports) >= 4  # scheduler, and a worker and its nanny at least
        assert {address for address, _ in ports} == {"127.0.0.1"}
        assert told(ports, str(theirs.cert), str(theirs.key)) == []
        address = cluster.client().scheduler.address
        files = {"tls_ca_file": str(theirs.ca), "tls_client_cert": str(theirs.cert), "tls_client_key": str(theirs.key)}
        with pytest.raises(OSError, match="TLS certificate does not match"):
            Client(address, security=Security(require_encryption=True, **files), timeout=3)
        with pytest.raises(OSError, match=r"Timed out|TCP"):
            Client(address.replace("tls://", "tcp://"), timeout=3)


def test_certificates_are_for_their_owners_eyes_alone(tmp_path: Path) -> None:
    made = certificates(tmp_path / "tls")
    assert {oct(path.stat().st_mode & 0o777) for path in (made.ca, made.cert, made.key)} == {"0o600"}
    assert oct((tmp_path / "tls").stat().st_mode & 0o777) == "0o700"
