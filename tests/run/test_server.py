"""Our own Prefect server, in real processes: started once, reused, replaced, private, gone when idle."""

from __future__ import annotations

import base64
import fcntl
import http.client
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from commands import until

from bridge.run import server
from bridge.run.server_files import log_path, place, read_address, secret

ENSURE = "from bridge.run import server; s = server.ensure(idle={idle}); print(s.url, s.started)"


def command(source: str, **popen: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen
    )


def finish(process: subprocess.Popen[str], timeout: float = 200) -> str:
    """What it printed; a server that kept our pipes open would make this time out."""
    output, errors = process.communicate(timeout=timeout)
    assert process.returncode == 0, errors
    assert errors == ""
    return output


def get(url: str, path: str, body: object = None, auth: str | None = None, **headers: str) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    if auth is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(auth.encode()).decode()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    method = "GET" if body is None else "POST"
    content = None if body is None else json.dumps(body)
    connection.request(method, "/api" + path, content, {"Content-Type": "application/json"} | headers)
    response = connection.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home where nothing has run."""
    with monkeypatch.context() as patch:
        patch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))
        for name in [name for name in os.environ if name.startswith("PREFECT")]:
            patch.delenv(name)
        yield tmp_path / "home"
        server.stop()


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """What two commands print that need a server at the same moment, in a home where nothing has run."""
    folder = tmp_path_factory.mktemp("raced")
    (folder / "sitecustomize.py").write_text(
        "import os, sys\n"
        "def note(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo'):\n"
        "        to = arguments[1][0] if event == 'socket.connect' else arguments[0]\n"
        f"        os.write(file, f'{{to}}\\n'.encode())\n"
        f"file = os.open({str(folder / 'connections')!r}, os.O_CREAT | os.O_WRONLY | os.O_APPEND)\n"
        "sys.addaudithook(note)\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCALEBRIDGE_HOME", str(folder / "home"))
        patch.setenv("PYTHONPATH", str(folder))
        for name in [name for name in os.environ if name.startswith("PREFECT")]:
            patch.delenv(name)
        commands = [command(ENSURE.format(idle=600)) for _ in range(2)]
        yield [finish(process) for process in commands]
        server.stop()


def test_two_commands_at_once_start_one_server(raced: list[str]) -> None:
    (one, a), (two, b) = (line.split() for line in raced)
    assert one == two
    assert {a, b} == {"True", "False"}


def test_a_running_server_is_reused_without_waiting_and_without_importing_prefect(raced: list[str]) -> None:
    source = (
        "import sys, time; from bridge.run import server; time.sleep = None; s = server.ensure();"
        "print(s.url, s.started);"
        "print({'prefect', 'pydantic', 'httpx', 'distributed', 'dask', 'psutil'} & sys.modules.keys())"
    )
    first, second = finish(command(source)).splitlines()
    assert first.split() == [raced[0].split()[0], "False"]
    assert second == "set()"


def test_it_listens_on_loopback_alone(raced: list[str]) -> None:
    process = psutil.Process(server.status()["pid"])
    listening = [c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"]


def test_strangers_are_refused(raced: list[str]) -> None:
    url = raced[0].split()[0]
    auth = secret(place())
    assert get(url, "/flow_runs/filter", {}, auth).status == 200
    assert get(url, "/flow_runs/filter", {}).status == 401
    assert get(url, "/flow_runs/filter", {}, "scalebridge:guess").status == 401
    assert get(url, "/flow_runs/filter", {}, auth, Host="attacker.example").status == 400
    answer = get(url, "/flow_runs/filter", {}, auth, Origin="http://attacker.example")
    assert answer.getheader("Access-Control-Allow-Origin") is None


def test_the_secret_is_for_its_owner_alone(raced: list[str]) -> None:
    folder = place()
    assert stat.S_IMODE((folder / "auth").stat().st_mode) == 0o600
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)] == [0o700, 0o700]


FLOW = """
from bridge.run import server
{before}
with server.ensure(wait=False) as s:
    server.configure(s)
    from prefect import flow, get_run_logger, task
    s.wait()

    @task
    def double(x): return 2 * x

    @flow
    def chain():
        get_run_logger().info("for the server, not for the terminal")
        return [double.submit(i) for i in range(3)]

    chain()
"""


@pytest.mark.parametrize(
    "before", ["", pytest.param("import prefect", marks=pytest.mark.science)], ids=["", "prefect-imported-first"]
)
def test_a_flow_is_recorded_in_silence(raced: list[str], before: str) -> None:
    url, auth = raced[0].split()[0], secret(place())

    def recorded(what: str) -> list[dict[str, Any]]:
        return json.loads(get(url, f"/{what}/filter", {}, auth).body)  # type: ignore[attr-defined, no-any-return]

    flows, tasks = len(recorded("flow_runs")), len(recorded("task_runs"))
    assert finish(command(FLOW.format(before=before))) == ""
    assert len(recorded("flow_runs")) == flows + 1
    assert {run["state_type"] for run in recorded("flow_runs")} == {"COMPLETED"}
    until(lambda: len(recorded("task_runs")) == tasks + 3)
    until(lambda: {run["state_type"] for run in recorded("task_runs")} == {"COMPLETED"})
    until(lambda: "for the server, not for the terminal" in {log["message"] for log in recorded("logs")})


def test_nobody_else_is_called(raced: list[str]) -> None:
    url, auth = raced[0].split()[0], secret(place())
    assert get(url, "/collections/views/aggregate-worker-metadata", auth=auth).status == 200  # else fetched from GitHub
    settings = json.loads(get(url, "/admin/settings", auth=auth).body)  # type: ignore[attr-defined]
    assert settings["server"]["analytics_enabled"] is False
    connections = Path(os.environ["PYTHONPATH"], "connections").read_text().split()
    assert set(connections) <= {"127.0.0.1"}


def test_a_silent_server_is_an_error_that_says_what_to_do(raced: list[str]) -> None:
    pid = server.status()["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(server.ServerError, match=r"within 1 s.*bridge\.run\.server stop(.|\n)*server\.log"):
            server.ensure(timeout=1)
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_killed_server_is_replaced(raced: list[str]) -> None:
    before = server.status()
    os.kill(before["pid"], signal.SIGKILL)
    with server.ensure(idle=60) as after:
        assert after.started
        assert server.status()["pid"] != before["pid"]
        until(lambda: server.status()["answers"])


def test_it_leaves_when_idle_but_not_while_used(empty: Path) -> None:
    look = "any(server.status()['answers'] for _ in range(30))"  # a busy machine is given a minute to answer
    start = f"{ENSURE.format(idle=1)}; import time; time.sleep(2); print({look})"
    assert finish(command(start)).split()[1:] == ["True", "True"]
    until(lambda: not server.status()["running"])
    assert read_address(place()) is None
    assert log_path().read_text() == ""


@pytest.mark.science
def test_sigterm_ends_it_cleanly(empty: Path) -> None:
    server.ensure().close()
    os.kill(server.status()["pid"], signal.SIGTERM)
    until(lambda: not server.status()["running"], 5)
    assert not (place() / "address.json").exists()
    assert log_path().read_text() == ""


def test_a_damaged_database_is_an_error_that_says_so(empty: Path) -> None:
    (place() / "prefect.db").write_text("not a database, but long enough to be taken for one" * 100)
    with pytest.raises(
        server.ServerError,
        match=r"the Prefect server ended(.|\n)*log:\n.*prefect\.db: file is not a database\. Move it away",
    ):
        server.ensure()


@pytest.mark.science
def test_a_start_without_the_template_migrates(empty: Path) -> None:
    path = empty.parent / "new" / "prefect.db"
    source = f"from pathlib import Path; from bridge.run.server_process import prepare; prepare(Path({str(path)!r}))"
    finish(command(source))
    assert os.listdir(path.parent) == ["prefect.db"]
    path.replace(place() / "prefect.db")
    with server.ensure() as running:
        assert get(running.url, "/flow_runs/filter", {}, running.auth).status == 200


def test_a_lock_without_an_address_is_an_error(empty: Path) -> None:
    with open(place() / "server.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(server.ServerError, match=r"did not answer within 0.2 s"):
            server.ensure(timeout=0.2)


def test_stop_spares_a_process_that_only_has_the_recorded_number(empty: Path) -> None:
    other = command("import time; time.sleep(60)")
    address = {"url": "http://127.0.0.1:1/api", "pid": other.pid, "host": os.uname().nodename}
    (place() / "address.json").write_text(json.dumps(address))
    try:
        with open(place() / "server.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with pytest.raises(server.ServerError, match="held by a process that is not"):
                server.stop()
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate()


def test_a_server_of_the_user_is_left_as_it_is(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "https://prefect.example/api")
    theirs = server.ensure()
    assert (theirs.url, theirs.started, theirs.ours) == ("https://prefect.example/api", False, False)
    assert not {"PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "PREFECT_HOME"} & server.environment(theirs).keys()
    assert server.environment(theirs)["DO_NOT_TRACK"] == "1"
    assert not server.status()["running"]


def test_a_server_of_the_user_that_is_down_is_named(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(server.ServerError, match=r"127.0.0.1:9.*unset PREFECT_API_URL"):
        server.ensure()


def test_the_secret_does_not_pass_a_proxy(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "intranet")
    assert server.environment(server.Server("http://127.0.0.1:1/api"))["no_proxy"] == "intranet,127.0.0.1"


def test_a_home_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", "/proc/nowhere")
    with pytest.raises(server.ServerError, match=r"cannot write to /proc/nowhere.*SCALEBRIDGE_HOME"):
        place()
