"""The server itself: where it listens, by which names it goes, who may come in, and how it ends."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import re
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import click
import psutil  # type: ignore[import-untyped]
import uvicorn

from bridge.errors import ContractError
from bridge.inspect.waiting import Waiting
from bridge.inspect.web.answers import Message, Receive, Scope, Send
from bridge.inspect.web.app import application
from bridge.inspect.web.guard import App, Guard
from bridge.store.index.lookup import look_through
from bridge.store.store import Store

#: Where it listens if nothing else is said; another port where this one is taken.
HOST, PORT = "127.0.0.1", 8420
#: Seconds that answers under way are waited for when the server is to end, and threads after that.
GRACE, LEFT = 1, 0.5

_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,128}")
_NAME = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


@dataclass(frozen=True)
class Seat:
    """A socket that listens, the names that lead to it, and the token that it asks for."""

    socket: socket.socket
    shown: str
    port: int
    names: frozenset[str]
    token: str | None
    loopback: bool

    @property
    def address(self) -> str:
        """What to open, with the token."""
        return f"http://{self.shown}:{self.port}/" + (f"?token={self.token}" if self.token else "")


def seat(host: str = HOST, port: int | None = None, names: Collection[str] = (), token: str | None = None) -> Seat:
    """Take a seat. An empty token asks for one to be made; off the loopback there always is one.

    Raises ContractError for what cannot be listened to, and for a token that can be guessed.
    """
    if token and not _TOKEN.fullmatch(token):
        raise ContractError("--token takes 16 to 128 letters, digits, '-' and '_'. --token alone makes one.")
    for name in names:
        if not _NAME.fullmatch(name):
            raise ContractError(f"--allow-host {name!r} is no name of a host. Write --allow-host lab.example.org")
    bound = _bound(host, port)
    here, at = bound.getsockname()[:2]
    own = ipaddress.ip_address(here.partition("%")[0])
    called = {f"{one}:{at}" for one in ("127.0.0.1", "localhost", "[::1]", _written(own))}
    shown = _written(own)
    if own.is_unspecified:
        called |= {f"{one}:{at}" for one in (socket.gethostname().lower(), *_own_addresses())}
        shown = socket.gethostname()
    if at == 80:  # which browsers leave out
        called |= {name.removesuffix(":80") for name in called}
    if token == "" or (token is None and not own.is_loopback):
        token = secrets.token_urlsafe(24)
    return Seat(bound, shown, at, frozenset(called) | {name.lower() for name in names}, token, own.is_loopback)


def _bound(host: str, port: int | None) -> socket.socket:
    """A socket that is bound, to any free port where the usual one is taken and none was asked for."""
    try:
        if not host:
            raise OSError
        found = socket.getaddrinfo(host, PORT if port is None else port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ContractError(f"--host {host!r} is no address of this machine. Write --host 127.0.0.1") from None
    family, _, _, _, where = sorted(found, key=lambda one: one[0] != socket.AF_INET)[0]
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(where)
    except OSError as reason:
        made.close()
        if reason.errno == errno.EADDRINUSE and port is None:
            return _bound(host, 0)
        why = {
            errno.EADDRINUSE: "is taken. Leave --port away for one that is free",
            errno.EACCES: "is for administrators. Write --port 8420",
        }
        other = f"cannot be listened to ({reason.strerror}). Write --host 127.0.0.1"
        raise ContractError(f"port {port} of {host} {why.get(reason.errno or 0, other)}.") from None
    made.set_inheritable(False)
    return made


def _written(address: Any) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


def _own_addresses() -> list[str]:
    """Every address of this machine, as a browser writes it."""
    every = [one for several in psutil.net_if_addrs().values() for one in several]
    internet = [one.address.partition("%")[0] for one in every if one.family in (socket.AF_INET, socket.AF_INET6)]
    return [_written(ipaddress.ip_address(one)) for one in internet]


def opened(store: Store, *, quiet: bool = False) -> None:
    """See that there is a store, and read the records of its runs, which takes a while the first time.

    Raises ContractError where there is none, StoreUnusable where it cannot be read.
    """
    if not any(layer.space.children("") for layer in store.layers):
        raise ContractError(
            f"there is no store at {store.address} yet. Run a flow: scalebridge run flows/creep.py; "
            "or say where it is: SCALEBRIDGE_STORE=/path/of/store scalebridge ui"
        )
    with Waiting("reading runs for the first time", quiet) as told:
        look_through(store, told)


def serve(store: Store, at: Seat, *, ready: Callable[[], None], log: bool = False) -> None:
    """Answer until Ctrl-C; ``ready`` is called once the server listens."""
    app = application(store)
    ending = app.state.ending = asyncio.Event()  # streams that would never end look at it
    guarded: App = Guard(app, at.names, token=at.token, port=at.port)
    settings = uvicorn.Config(
        logged(guarded) if log else guarded,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=32768,
        timeout_graceful_shutdown=GRACE,
    )
    try:
        _Server(settings, ready, ending).run([at.socket])
    except KeyboardInterrupt:  # which is how it is ended
        return


class _Server(uvicorn.Server):
    """Says when it listens, and tells streams that it ends before it waits for them."""

    def __init__(self, settings: uvicorn.Config, ready: Callable[[], None], ending: asyncio.Event) -> None:
        super().__init__(settings)
        self._ready, self._ending = ready, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending.set()
        await super().shutdown(sockets)


def logged(app: App) -> App:
    """The same, a line on stderr for every answer; tokens are left out."""

    async def telling(scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await app(scope, receive, sent)
        finally:
            if scope["type"] == "http":
                asked = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
                path = re.sub(r"token=[^&]*", "token=…", asked.decode("ascii", "backslashreplace"))
                took = (time.perf_counter() - began) * 1000
                click.echo(f"{time.strftime('%H:%M:%S')} {scope['method']} {path} {status} {took:.0f} ms", err=True)

    return telling


def leave() -> None:
    """End the process though a page is being drawn still, for nobody: what is written to a store is safe from that."""
    end = time.monotonic() + LEFT
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(max(0.0, end - time.monotonic()))
            if thread.is_alive():
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(0)
