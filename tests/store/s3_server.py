"""S3 on the loopback: moto as a process, and a line to it that can be cut in the middle of an answer."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

import pytest

KEY_ID, SECRET = "AKIDOFTHETESTS000000", "secret-of-the-tests/never+shown"


@contextlib.contextmanager
def moto() -> Iterator[str]:
    """Address of a moto server on a free port."""
    with tempfile.TemporaryFile("w+") as said:
        program = str(Path(__file__).with_name("moto_in_turn.py"))
        command = [sys.executable, program, "--host", "127.0.0.1", "--port", "0"]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        try:
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", _read(said))):
                assert server.poll() is None, _read(said)
                time.sleep(0.05)
            yield found[0]
        finally:
            server.kill()
            server.wait()


def _read(file: IO[str]) -> str:
    return os.pread(file.fileno(), 2**16, 0).decode()


def settings(endpoint: str, folder: Path, key_id: str = KEY_ID, secret: str = SECRET) -> dict[str, str]:
    """Environment in which the server at an endpoint is S3, and no file of the user's is read."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key_id,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
    }


def use(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Make an environment the only one about S3."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def new_bucket(endpoint: str) -> str:
    """Make a bucket, at moto, which asks for no signature."""
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    with urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT")) as answer:
        assert answer.status == 200
    return name


Fate = Callable[[str, str], "str | int"]


@contextlib.contextmanager
def line_to(endpoint: str, fate: Fate) -> Iterator[str]:
    """A server that passes requests on; ``fate(method, path)`` says what becomes of each.

    "pass" it and its answer, "overwrite" in spite of any condition, "lose" the answer after the request was carried
    out, "fail" with a status 500 after it was, "drop" it unseen; a number is answered by the line alone, with all it
    knows of the caller in the body.
    """
    host = endpoint.removeprefix("http://")

    class Line(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            what = fate(self.command, self.path)
            if isinstance(what, int):
                code = "AccessDenied" if what == 403 else "NoSuchThing"
                told = f"<Error><Code>{code}</Code><AWSAccessKeyId>{KEY_ID}</AWSAccessKeyId>{SECRET}</Error>"
                return self._answer(what, {}, told.encode())
            if what != "drop":
                server = http.client.HTTPConnection(host)
                headers = dict(self.headers)
                if what == "overwrite":
                    headers = {name: value for name, value in headers.items() if name.lower() != "if-none-match"}
                server.request(self.command, self.path, body, headers)
                answer = server.getresponse()
                content = answer.read()
                server.close()
                if what in ("pass", "overwrite"):
                    return self._answer(answer.status, dict(answer.getheaders()), content)
                if what == "fail":
                    return self._answer(500, {}, b"")
            self.close_connection = True
            return None

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response_only(status)
            length = headers.get("Content-Length", str(len(content))) if self.command == "HEAD" else str(len(content))
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _do

    server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
