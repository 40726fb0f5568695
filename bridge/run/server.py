"""A Prefect server of the project's own: started by the first command, reused by the next, gone when idle.

How its users and it agree is told in `server_files`. Only the standard library is imported here: a command that
finds a server running pays for no more than this.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bridge.errors import BridgeError
from bridge.run.server_files import ServerError, exclusive, holds, log_path, place, read_address, secret, tail

IDLE = 600.0  # s without users or requests after which the server leaves
TIMEOUT = 150.0  # s; a first start without the migrated template takes 15 s on two quiet cores

# Every outbound call of Prefect 3.8.8, read off its source: the client's analytics (amplitude) obey DO_NOT_TRACK
# alone, the server's heartbeat (sens-o-matic) obeys ANALYTICS_ENABLED, OpenTelemetry the next two.
PRIVATE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
}


class _Ended(ServerError):
    """The server process is gone."""


@dataclass
class Server:
    """A Prefect server in use; closing it gives up the claim that keeps the server from leaving."""

    url: str
    auth: str | None = field(default=None, repr=False)
    started: bool = False  # by this very call
    ours: bool = True
    _users: int | None = field(default=None, repr=False)

    def wait(self, timeout: float = TIMEOUT) -> Server:
        """Return once the server answers.

        Raises ServerError, with the end of the server's log, when it died or stays silent for `timeout` seconds.
        """
        end = time.monotonic() + timeout
        while self.ours and not _healthy(self.url, timeout=max(0.05, end - time.monotonic())):
            with exclusive(place() / "server.lock") as free:
                if free is not None:
                    raise _Ended(f"the Prefect server ended while starting.\n{tail()}")
            if time.monotonic() >= end:
                raise ServerError(_silent(timeout))
            time.sleep(0.02)
        return self

    def close(self) -> None:
        """Let the server leave when nobody else uses it."""
        if self._users is not None:
            os.close(self._users)
            self._users = None

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Start the server again, where it was, should it die meanwhile: Prefect's client asks again for a minute."""
        over = threading.Event()
        if self.ours:
            threading.Thread(target=self._keep, args=(over,), daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def _keep(self, over: threading.Event) -> None:
        port = urlsplit(self.url).port or 0
        while not over.wait(1.0):
            with contextlib.suppress(ServerError, OSError):  # the next time may do better
                with exclusive(place() / "server.lock") as free:
                    died = free is not None
                if died and self._users is not None:
                    _find_or_start(self._users, time.monotonic() + TIMEOUT, TIMEOUT, None, port)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def environment(server: Server | None = None, *, console: str = "WARNING") -> dict[str, str]:
    """Environment variables to set before Prefect is imported: no telemetry, a quiet terminal, this server.

    `console` is the level from which Prefect's own messages reach the terminal; its server gets them all. With a
    server of the user's own, nothing but that is touched.
    """
    variables = PRIVATE | {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": console}
    if server is not None and not server.ours:
        return variables
    variables |= {
        "PREFECT_HOME": str(place()),  # an import without it writes to ~/.prefect
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",  # a request a command, to a server of our version
    }
    if server is not None:
        variables["PREFECT_API_URL"] = server.url
        variables["PREFECT_API_AUTH_STRING"] = server.auth or ""
        variables |= _past_the_proxy()
    return variables


def configure(server: Server | None = None, *, console: str = "WARNING") -> None:
    """Set `environment()` in this process; a Prefect that is imported already reads its settings again."""
    wanted = environment(server, console=console)
    if all(os.environ.get(name) == value for name, value in wanted.items()):
        return  # as it is; reading the settings again takes 0.3 s
    os.environ.update(wanted)
    if "prefect" in sys.modules:
        from prefect.context import refresh_global_settings_context
        from prefect.logging.configuration import setup_logging

        refresh_global_settings_context()
        setup_logging()


def ensure(timeout: float = TIMEOUT, *, idle: float | None = None, wait: bool = True) -> Server:
    """The Prefect server to use: the one `PREFECT_API_URL` names, the running one of ours, or one started now.

    `idle` is the time in seconds after which a server started by this call leaves when nobody uses it (600, or
    `SCALEBRIDGE_SERVER_IDLE`). With
    `wait=False` it is returned as soon as its address is known (0.1 s), for `Server.wait()` later: Prefect takes
    seconds to import, and so does its server. Raises ServerError when no server answers within `timeout` seconds.
    """
    url = os.environ.get("PREFECT_API_URL")
    if url and os.environ.get("PREFECT_HOME") != str(place()):  # else this process was configured by us
        return _of_the_user(url)
    end = time.monotonic() + timeout
    users = _claim(end, timeout)
    try:
        while True:
            server = _find_or_start(users, end, timeout, idle)
            try:
                return server.wait(max(0.1, end - time.monotonic())) if wait else server
            except _Ended:
                if server.started:
                    raise
                # else it was found in its last moments
    except BaseException:
        os.close(users)
        raise


def status() -> dict[str, Any]:
    """What is known of our server: running, answering, url, pid, services, log."""
    folder = place()
    with exclusive(folder / "server.lock") as free:
        running = free is None
    address = (read_address(folder) or {}) if running else {}
    answers = bool(address) and _healthy(address["url"], timeout=2)
    return {"running": running, "answers": answers, "folder": str(folder), "log": str(log_path())} | address


def stop(timeout: float = 10.0) -> bool:
    """End our server; whether there was one.

    The recorded process is asked with SIGTERM and, when it is still there after `timeout` seconds, killed, but only
    if it holds the lock: process numbers are used again. Raises ServerError when it does not hold it.
    """
    folder = place()
    lock = folder / "server.lock"
    with exclusive(lock) as free:
        if free is not None:
            return False
    address = read_address(folder)
    pid = int(address["pid"]) if address and address["host"] == socket.gethostname() else 0
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not holds(pid, lock):
            with exclusive(lock) as free:
                if free is not None:
                    return True
            raise ServerError(f"{lock} is held by a process that is not in address.json. See: fuser -v {lock}")
        os.kill(pid, number)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with exclusive(lock) as free:
                if free is not None:
                    return True
            time.sleep(0.05)
    raise ServerError(f"process {pid} does not end, not even when killed. {tail()}")


def _of_the_user(url: str) -> Server:
    """A server that the user named; one on plain HTTP is asked whether it is there at all."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not _proxied():
        try:
            socket.create_connection((parts.hostname or "", parts.port or 80), timeout=5).close()
        except OSError as error:
            raise ServerError(
                f"PREFECT_API_URL={url} does not answer ({error}). Start that server, or unset PREFECT_API_URL"
                " to use one of scalebridge's own."
            ) from None
    return Server(url, os.environ.get("PREFECT_API_AUTH_STRING"), ours=False)


def _claim(end: float, timeout: float) -> int:
    """A shared lock on `users.lock`; waits while a server that is leaving holds it."""
    descriptor = os.open(place() / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            if time.monotonic() >= end:
                os.close(descriptor)
                raise ServerError(_silent(timeout)) from None
            time.sleep(0.005)


def _find_or_start(users: int, end: float, timeout: float, idle: float | None, port: int = 0) -> Server:
    """The server whose address is known, starting one if nobody holds the lock; at ``port``, if that is free."""
    folder = place()
    started = False
    while True:
        with exclusive(folder / "server.lock") as free:
            if free is not None:
                if started:
                    raise ServerError(f"the Prefect server ended before it listened.\n{tail()}")
                (folder / "address.json").unlink(missing_ok=True)
                _spawn(folder, free, idle, port)
                started = True
        address = read_address(folder)
        if address is not None and free is None:
            if address["host"] != socket.gethostname():
                raise ServerError(
                    f"the server of {folder} runs on {address['host']}, this is {socket.gethostname()}."
                    " Set SCALEBRIDGE_HOME to a folder of this machine, or PREFECT_API_URL to a server both reach."
                )
            return Server(address["url"], secret(folder), started, _users=users)
        if time.monotonic() >= end:
            raise ServerError(_silent(timeout))
        if free is None:
            time.sleep(0.01)


def _spawn(folder: Path, lock: int, idle: float | None, port: int) -> None:
    """Start the server in a session of its own, with the lock and without our pipes.

    The child forks and ends at once, so that the server is nobody's zombie. It sees nothing of the user's Prefect
    settings, which are for the user's own server.
    """
    seconds = idle if idle is not None else float(os.environ.get("SCALEBRIDGE_SERVER_IDLE") or IDLE)
    log = folder / "server.log"
    if log.exists():
        log.replace(folder / "server.log.old")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
        subprocess.run(
            [sys.executable, "-m", "bridge.run.server_process", str(lock), repr(seconds), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=variables,
            pass_fds=(lock,),
            start_new_session=True,
            check=False,
        )


def _healthy(url: str, timeout: float) -> bool:
    """Whether a Prefect server answers; it does so to anybody, hence no secret is sent."""
    from http.client import HTTPConnection, HTTPException

    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", f"{parts.path}/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _proxied() -> bool:
    """Whether the environment sends HTTP through a proxy."""
    return any(os.environ.get(name) for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"))


def _past_the_proxy() -> dict[str, str]:
    """Keep requests to our own server, which carry its secret, from a proxy that the environment names."""
    if not _proxied():
        return {}
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = ",".join(dict.fromkeys([*filter(None, known.split(",")), "127.0.0.1"]))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def _silent(timeout: float) -> str:
    """A server that lives and says nothing, for an error message."""
    return (
        f"the Prefect server did not answer within {round(timeout, 1):g} s. End it with python -m bridge.run.server"
        f" stop, then run your command again.\n{tail()}"
    )


def main(arguments: list[str]) -> int:
    """`python -m bridge.run.server prepare | status | stop`."""
    command = arguments[0] if len(arguments) == 1 else ""
    try:
        if command == "prepare":
            from bridge.run.server_process import prepare

            print(prepare())
        elif command == "status":
            print(json.dumps(status(), indent=1))
        elif command == "stop":
            print("stopped" if stop() else "not running")
        else:
            print("usage: python -m bridge.run.server prepare | status | stop", file=sys.stderr)
            return 2
    except BridgeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
