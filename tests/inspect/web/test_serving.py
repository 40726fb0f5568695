"""The server as a user starts it: where it listens, what it says, who may come in, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from small_store import chain

from bridge.errors import ContractError
from bridge.inspect.web.serving import Seat, opened, seat
from bridge.store.store import Store

COMMAND = str(Path(sys.executable).with_name("scalebridge"))


@pytest.fixture
def place(store: Store, tmp_path: Path) -> dict[str, str]:
    """Environment of someone with a store in which a run is."""
    chain(store, "a")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCALEBRIDGE_", "DISPLAY"))}
    return kept | {"SCALEBRIDGE_STORE": store.address, "SCALEBRIDGE_HOME": str(tmp_path / "home")}


@contextmanager
def served(place: dict[str, str], *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command while it serves, and the line that it printed."""
    words = (COMMAND, "ui", "--json", *words)
    process = subprocess.Popen(words, env=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def get(address: str, **headers: str) -> tuple[int, Any, bytes]:
    """Status, headers, content; nothing is followed."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=60) as answered:
            return answered.status, answered.headers, answered.read()
    except urllib.error.HTTPError as reason:
        return reason.code, reason.headers, reason.read()


def refused(place: dict[str, str], *words: str) -> str:
    """What the command says that ends with 1."""
    done = subprocess.run((COMMAND, "ui", *words), env=place, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr + done.stdout


def test_it_says_its_address_answers_and_ends_at_once(place: dict[str, str], store: Store) -> None:
    with served(place, "--port", "0") as (process, told):
        assert told["store"] == store.address
        assert told["token"] is None
        assert told["address"] == f"http://127.0.0.1:{told['port']}/"
        status, headers, page = get(told["address"] + "nothing/there")
        assert status == 404
        assert b"There is no page at this address" in page
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "uvicorn" not in str(headers)
        assert get(told["address"], Host="evil.example")[0] == 421
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_it_ends_though_somebody_keeps_a_connection_open(place: dict[str, str]) -> None:
    with served(place, "--port", "0") as (process, told):
        with socket.create_connection(("127.0.0.1", told["port"])) as half:
            half.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")  # and no more
            with socket.create_connection(("127.0.0.1", told["port"])) as idle:
                idle.sendall(f"GET /static/icon.svg HTTP/1.1\r\nHost: 127.0.0.1:{told['port']}\r\n\r\n".encode())
                assert b"200 OK" in idle.recv(100)
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")


def test_it_ends_though_pages_are_kept_up_to_date(place: dict[str, str]) -> None:
    with served(place, "--port", "0") as (process, told):
        asked = f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{told['port']}\r\n\r\n".encode()
        listeners = [socket.create_connection(("127.0.0.1", told["port"])) for _ in range(3)]
        for one in listeners:
            one.sendall(asked)
            assert b"text/event-stream" in one.recv(2000)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        for one in listeners:
            one.close()


SLOW = """
import sys, time
from bridge.inspect.cli import main
from bridge.inspect.web.pages import models
models.models = lambda request: time.sleep(600)
sys.argv[1:] = ["ui", "--json", "--port", "0"]
main()
"""


def test_it_ends_though_a_page_is_being_drawn(place: dict[str, str]) -> None:
    process = subprocess.Popen([sys.executable, "-c", SLOW], env=place, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    with socket.create_connection(("127.0.0.1", told["port"])) as waiting:
        waiting.sendall(f"GET /models HTTP/1.1\r\nHost: 127.0.0.1:{told['port']}\r\n\r\n".encode())
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 0


def test_people_get_the_address_on_a_line_of_its_own(place: dict[str, str]) -> None:
    words = (COMMAND, "ui", "--port", "0", "--no-browser", "--token")
    process = subprocess.Popen(words, env=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    base, _, token = address.partition("?token=")
    assert len(token) >= 32
    assert get(base)[0] == 401
    status, headers, _ = get(address)
    assert (status, headers["location"]) == (303, "/")
    cookie = headers["set-cookie"].partition(";")[0]
    assert get(base + "static/nothing", Cookie=cookie)[0] == 404
    assert get(base + "nothing", Cookie=cookie)[0] == 404
    assert get(base + "nothing", Authorization=f"Bearer {token}")[0] == 404
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, err) == ("", "Ctrl-C ends it.\n")


def test_off_the_loopback_there_is_a_token_and_a_warning(place: dict[str, str]) -> None:
    words = (COMMAND, "ui", "--port", "0", "--host", "0.0.0.0", "--no-browser")
    process = subprocess.Popen(words, env=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith(f"http://{socket.gethostname()}:")
    port = address.partition("?")[0].rstrip("/").rpartition(":")[2]
    assert get(f"http://127.0.0.1:{port}/")[0] == 401
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert "can read the whole store" in err
    assert f"ssh -L {port}:127.0.0.1:{port}" in err


def test_requests_are_told_where_that_is_asked_for(place: dict[str, str]) -> None:
    with served(place, "--port", "0", "--log", "--token", "t" * 20) as (process, told):
        get(told["address"])
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert "GET /?token=… 303" in err
    assert "tttt" not in err


def test_a_store_that_is_not_there_is_an_error_that_says_what_to_type(place: dict[str, str], tmp_path: Path) -> None:
    said = refused(place | {"SCALEBRIDGE_STORE": str(tmp_path / "nowhere")})
    assert "there is no store at" in said
    assert "scalebridge run flows/creep.py" in said
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "file").write_text("no store")
    assert "error: " in refused(place | {"SCALEBRIDGE_STORE": str(tmp_path / "file")})


def test_a_port_that_is_taken_is_left_to_who_has_it(place: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port} of 127.0.0.1 is taken. Leave --port away" in refused(place, "--port", str(port))


def _closed(taken: Seat) -> Seat:
    taken.socket.close()
    return taken


def test_a_port_that_nobody_asked_for_makes_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr("bridge.inspect.web.serving.PORT", other.getsockname()[1])
        taken = _closed(seat())
    assert taken.port != other
    assert taken.loopback
    assert taken.token is None
    assert f"localhost:{taken.port}" in taken.names


@pytest.mark.parametrize("host", ["", "no.such.host.invalid", "192.0.2.1", "x" * 300, "a\0b"])
def test_what_is_no_address_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(ContractError, match=r"Write --host 127\.0\.0\.1"):
        seat(host)


@pytest.mark.parametrize(
    "token", ["short", "with space in its middle", "x" * 200, "semi;colon;semi;colon", "ütf8ütf8ütf8ütf8"]
)
def test_a_token_that_can_be_guessed_or_breaks_a_header_is_refused(token: str) -> None:
    with pytest.raises(ContractError, match="--token alone makes one"):
        seat(port=0, token=token)


@pytest.mark.parametrize("name", ["", "*", "a b", "http://lab", "lab/x", "lab:port", "x" * 300])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ContractError, match="--allow-host"):
        seat(port=0, names=[name])


def test_no_two_servers_make_the_same_token() -> None:
    made = {_closed(seat(port=0, token="")).token for _ in range(3)}
    assert len(made) == 3
    assert _closed(seat("0.0.0.0", 0)).token
    assert _closed(seat("127.0.0.1", 0)).token is None


def test_machines_with_another_protocol_are_written_as_browsers_do() -> None:
    try:
        taken = _closed(seat("::1", 0))
    except ContractError:
        pytest.skip("this machine has no IPv6")
    assert taken.address == f"http://[::1]:{taken.port}/"
    assert taken.loopback


def test_a_shared_store_alone_is_enough(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
    chain(store, "a")
    opened(Store(tmp_path / "nowhere", store.address), quiet=True)
