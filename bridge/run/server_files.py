"""The files that our Prefect server and its users share, and the locks on them.

`server.lock` is under an exclusive flock for as long as a server lives: the starter takes it, the server process
inherits its descriptor, and the kernel lets go of it however the process ends, so there is no stale pid to clear.
`users.lock` is shared by everybody who uses the server, so that it can leave when nobody does. `address.json` says
where it listens, `auth` holds what it asks of its clients.
"""

from __future__ import annotations

import fcntl
import importlib.metadata
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bridge.errors import BridgeError
from bridge.places import home


class ServerError(BridgeError):
    """The Prefect server did not start, does not answer or could not be stopped."""


def place() -> Path:
    """The folder of this Prefect version's server under `home()`, readable by its owner alone; made if missing.

    Raises ServerError when the folder cannot be made.
    """
    folder = home() / f"prefect-{importlib.metadata.version('prefect')}"
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ServerError(
            f"cannot write to {folder}: {error.strerror}. Set SCALEBRIDGE_HOME to a folder of your own."
        ) from None
    return folder


def log_path() -> Path:
    """The file into which the server's own messages go."""
    return place() / "server.log"


def read_address(folder: Path) -> dict[str, Any] | None:
    """What the server in `folder` says of itself: url, pid, host, prefect; None when that process is gone."""
    try:
        address = json.loads((folder / "address.json").read_text())
        if address["host"] == socket.gethostname():
            os.kill(address["pid"], 0)  # a killed server leaves its address; the lock may be the next one's
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(address)


def secret(folder: Path) -> str:
    """The `user:password` shared by server and clients, made on first use, in a file for its owner's eyes."""
    path = folder / "auth"
    if not path.exists():
        temporary = folder / f"auth.{os.getpid()}.{secrets.token_hex(4)}"
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"scalebridge:{secrets.token_urlsafe(24)}")
        try:
            os.link(temporary, path)  # unlike a rename, the second of two writers does not win
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_text()


@contextmanager
def exclusive(path: Path) -> Iterator[int | None]:
    """The descriptor of a file while we have it to ourselves, None when somebody else does.

    Closing does not unlock what a child inherited: the lock belongs to the open file, not to the process.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def holds(pid: int, lock: Path) -> bool:
    """Whether process `pid` has the lock file open."""
    import psutil  # type: ignore[import-untyped]

    try:
        return any(os.path.samefile(file.path, lock) for file in psutil.Process(pid).open_files())
    except (psutil.Error, OSError):
        return False


def tail(lines: int = 15) -> str:
    """The end of the server's log, for an error message."""
    try:
        text = log_path().read_text(errors="replace").strip()
    except OSError:
        text = ""
    return "\n".join([f"The end of {log_path()}:", *(text or "(empty)").splitlines()[-lines:]])
