"""Who reaches the programs of a cluster on other hosts, and what those reach who may."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from certificates import certificates
from distant import PORT, PYTHON, Far, describe
from users import FAR

STRANGERS = Path(__file__).with_name("strangers.py")

pytestmark = [pytest.mark.science, pytest.mark.timeout(900)]

CLIENT = """
import sys
from distributed import Client
from distributed.security import Security
ca, cert, key, address = sys.argv[1:]
security = Security(tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key, require_encryption=True) if ca else None
try:
    Client(address, security=security, timeout=8)
    print("let in")
except (OSError, TypeError, ValueError) as reason:
    print("refused", type(reason).__name__)
"""


def test_no_port_answers_strangers(far: Far, tmp_path: Path, record_property: Any) -> None:
    record_property("asked", "every port of scheduler, workers and nannies: no byte without the cluster's certificate")
    theirs = certificates(tmp_path / "stranger")
    front = far.hosts["front"]
    ports = sorted(
        port
        for name in ("front", "one", "two")
        for port in far.hosts[name].listening()
        if not port[0].startswith("127.")
    )
    assert (front.address, PORT) in ports
    assert {port[0] for port in ports} == {host.address for host in far.hosts.hosts.values()}
    asked = [PYTHON, str(STRANGERS), json.dumps(ports), str(theirs.cert), str(theirs.key)]
    answers = json.loads(front.run(asked, far.user.environment))
    record_property("reached", f"{len(ports)} ports, asked in three ways each; answered: {answers or 'nothing'}")
    assert answers == []
    ours = far.tls
    for address, files, said in [
        (far.address, (theirs.ca, theirs.cert, theirs.key), "refused"),
        (far.address, (ours.ca, theirs.cert, theirs.key), "refused"),
        (far.address.replace("tls", "tcp"), ("", "", ""), "refused"),
        (far.address, (ours.ca, ours.cert, ours.key), "let in"),
    ]:
        command = [PYTHON, "-c", CLIENT, *map(str, files), address]
        assert front.run(command, far.user.environment).startswith(said)


def test_a_user_with_the_wrong_certificate_is_told_where_it_does_not_fit(far: Far, tmp_path: Path) -> None:
    theirs = certificates(tmp_path / "stranger")
    wrong = describe(far, "wrong", theirs, far.address)
    errors = far.user.refused("run", f"{FAR}:fork", "--cluster", wrong, enter=far.enter)
    assert far.address in errors
    assert far.user.calls() == Counter()


CONNECT = """
import sys, time
import distributed  # seconds of imports on a busy machine are not what is measured
from bridge.run.cluster import ClusterError, connect
began = time.monotonic()
try:
    connect(sys.argv[1]).client()
except ClusterError as reason:
    print(time.monotonic() - began, reason)
"""


def test_a_host_that_swallows_every_packet_is_named_within_fifteen_seconds(far: Far, record_property: Any) -> None:
    record_property("asked", "a scheduler behind a pulled cable, where nothing is even refused: an error within 15 s")
    address = f"tls://{far.hosts['one'].address}:{PORT}"
    silent = describe(far, "silent", far.tls, address)
    far.hosts.cut("one")
    said = far.hosts["front"].run([PYTHON, "-c", CONNECT, silent], far.user.environment)
    seconds, _, reason = said.partition(" ")
    record_property("reached", f"{float(seconds):.1f} s")
    assert address in reason
    assert float(seconds) < 15


def test_a_store_that_workers_do_not_reach_is_refused_before_anything_runs(far: Far, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    far.hosts["front"].run(["mount", "-t", "tmpfs", "tmpfs", str(alone)], far.user.environment)
    lonely = far.user.over(tmp_path / "lonely", SCALEBRIDGE_STORE=str(alone / "store"))
    errors = lonely.refused("run", f"{FAR}:fork", "--cluster", "far", enter=far.enter)
    assert f"it does not reach the store {alone / 'store'}" in " ".join(errors.split())
    assert lonely.calls() == far.user.calls() == Counter()
    assert not list(alone.iterdir())  # as the workers see it: nothing was made there


def test_doctor_reports_a_worker_of_another_host(far: Far) -> None:
    examined = far.user.json("doctor", "--cluster", "far", enter=far.enter)
    assert all(finding["good"] for finding in examined["findings"]), examined
    assert any(f"tls://{far.hosts[name].address}" in json.dumps(examined) for name in ("one", "two"))
