"""The process of our Prefect server: its settings and database, and its life from inherited lock to leaving idle."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import importlib.metadata
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from bridge.run.server import PRIVATE
from bridge.run.server_files import ServerError, secret

HOSTS = ["127.0.0.1", "localhost"]

# What a flow run needs: the API and the recorder of task runs. What schedules need besides costs nothing measurable
# while idle. The rest (pages, automations, streams of events to browsers, their storage, work pools) stays off:
# each task run sends five events, and every service that listens reads them all.
SETTINGS = PRIVATE | {
    "PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",  # it would copy itself into site-packages, and calls home from the browser
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "",
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_COLORS": "false",
    "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED": "false",
    "PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "true",
}

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


class Attendance:
    """Counts who is there: users by their shared lock, and requests of those who hold none."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.last = time.monotonic()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass a request on, as ASGI has it."""
        if scope.get("path") != "/api/health":  # a look at whether we are there is no use of us
            self.last = time.monotonic()
        await self.application(scope, receive, send)

    def empty(self, folder: Path, idle: float) -> int:
        """Wait until nobody was there for `idle` seconds; the lock then held keeps newcomers waiting till we left."""
        descriptor = os.open(folder / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        while True:
            time.sleep(min(5.0, idle / 8))
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.last = time.monotonic()
                continue
            if time.monotonic() - self.last >= idle:
                return descriptor
            fcntl.flock(descriptor, fcntl.LOCK_UN)


def template() -> Path:
    """The migrated empty database which new homes copy."""
    version = importlib.metadata.version("prefect")
    return Path(sys.prefix) / "var" / "scalebridge" / f"prefect-{version}.db"


def prepare(path: Path | None = None) -> Path:
    """Make the migrated empty database of this Prefect version, so that no first start pays 13 s for migration.

    Raises ServerError when its folder cannot be written.
    """
    path = path or template()
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as name:
            folder = Path(name)
            _configure(folder)
            asyncio.run(_migrate())
            with closing(sqlite3.connect(folder / "prefect.db")) as database:
                database.execute("VACUUM INTO ?", [str(folder / "template.db")])  # one file, no write-ahead log
            _settle(folder / "template.db", path)
    except OSError as error:
        raise ServerError(
            f"cannot write {path}: {error}. Without it all works, but the first start in each home takes 13 s more."
        ) from None
    return path


async def _migrate() -> None:
    """Create the tables and register Prefect's own blocks, the types of stored results among them."""
    from prefect.server.database import provide_database_interface
    from prefect.server.models.block_registration import run_block_auto_registration

    database = provide_database_interface()
    await database.create_db()
    async with await database.session() as session:
        await run_block_auto_registration(session=session)
    await (await database.engine()).dispose()


def _settle(temporary: Path, path: Path) -> None:
    """Put a finished file in its place, unless one has got there first."""
    with suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()


def _configure(folder: Path) -> None:
    """Set Prefect's settings for a server at home in `folder`."""
    os.environ.update(
        SETTINGS,
        PREFECT_HOME=str(folder),
        PREFECT_SERVER_DATABASE_CONNECTION_URL=f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
    )


def _database(folder: Path) -> None:
    """Give a new home its database: a copy of the template, or one migrated now by a process of its own.

    Raises ServerError when the one that is there is no database of Prefect's.
    """
    path = folder / "prefect.db"
    if not path.exists():
        if template().exists():
            temporary = folder / f"prefect.db.{os.getpid()}"
            shutil.copyfile(template(), temporary)
            _settle(temporary, path)
        else:
            subprocess.run([sys.executable, "-m", "bridge.run.server_process", "database", str(path)], check=True)
    # It was put there whole, hence migrated: that this is so would take alembic 0.4 s to find out.
    try:
        with closing(sqlite3.connect(path)) as database:
            database.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise ServerError(
            f"{path}: {error}. Move it away and run again: a new one is made. What runs left in the store stays."
        ) from None


def serve(folder: Path, listener: socket.socket, idle: float) -> None:
    """Serve Prefect's API on a listening socket until SIGTERM, or until nobody was there for `idle` seconds."""
    gc.disable()  # imports make garbage by the million and free none: 0.5 s of 4.5
    _database(folder)
    _configure(folder)
    os.environ["PREFECT_SERVER_API_AUTH_STRING"] = secret(folder)

    import uvicorn
    from prefect.server.api import collections
    from prefect.server.api.server import create_app
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    # Listing work pools would fetch them from GitHub; an address that cannot be fetched gives the copies on disk.
    collections.KNOWN_VIEWS.update(dict.fromkeys(collections.KNOWN_VIEWS, "none:"))
    application = create_app(final=True)
    # Any web page may send requests to loopback under a name of its own (DNS rebinding).
    application.add_middleware(TrustedHostMiddleware, allowed_hosts=HOSTS)
    gc.enable()
    gc.freeze()

    attendance = Attendance(application)
    server = uvicorn.Server(
        uvicorn.Config(
            attendance,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            lifespan="on",
        )
    )

    def leave_when_empty() -> None:
        attendance.empty(folder, idle)
        server.should_exit = True

    threading.Thread(target=leave_when_empty, daemon=True).start()
    server.run(sockets=[listener])


def publish(folder: Path, listener: socket.socket) -> None:
    """Write where we listen, as one file in one step."""
    address = {
        "url": f"http://127.0.0.1:{listener.getsockname()[1]}/api",
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "prefect": importlib.metadata.version("prefect"),
    }
    temporary = folder / f"address.{os.getpid()}"
    temporary.write_text(json.dumps(address))
    temporary.replace(folder / "address.json")


def _listen(port: int) -> socket.socket:
    """Listen where the server was that users still speak to; anywhere, for 0 or where somebody else has come."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError:
        return socket.create_server(("127.0.0.1", 0), backlog=128)


def main(arguments: list[str]) -> None:
    """Become the server: `python -m bridge.run.server_process LOCK-DESCRIPTOR IDLE-SECONDS PORT`, in its folder."""
    if arguments[0] == "database":
        prepare(Path(arguments[1]))
        return
    lock, idle = int(arguments[0]), float(arguments[1])
    os.set_inheritable(lock, False)
    if os.fork():  # nothing but the standard library is loaded, and no thread runs yet
        os._exit(0)
    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = Path.cwd()
    listener = _listen(int(arguments[2]))
    publish(folder, listener)
    try:
        serve(folder, listener, idle)
    except ServerError as error:
        sys.exit(str(error))  # into the log, whose end the starter shows
    finally:
        (folder / "address.json").unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1:])
