"""Mutual TLS of Dask: given certificates, those of Dask's own configuration, or ones made for one cluster."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.run.clusters.errors import ClusterError


def given(where: str, tls: Mapping[str, str]) -> Any:
    """Security by certificates in files, or by those of Dask's own configuration where no files are given.

    Raises ClusterError where there are none, or a key that others may read.
    """
    from distributed.security import Security

    if not tls:
        security: Any = Security(require_encryption=True)
        if not (security.tls_ca_file and security.tls_client_cert):
            raise ClusterError(
                f"{where} needs certificates. Name them in its cluster file, tls = {{ ca = 'ca.pem', cert ="
                " 'cert.pem', key = 'key.pem' }, or put their paths into ~/.config/dask/tls.yaml under"
                " distributed.comm.tls: ca-file, client.cert and client.key."
            )
        return security
    paths = {name: Path(path).expanduser() for name, path in tls.items()}
    for name, path in paths.items():
        try:
            path.open("rb").close()
        except OSError as reason:
            raise ClusterError(f"{where}: tls.{name} = {tls[name]!r} cannot be read: {reason.strerror}.") from None
    if (mode := paths["key"].stat().st_mode) & 0o077:
        raise ClusterError(
            f"{where}: the key {paths['key']} has mode {mode & 0o777:04o}, others may read it. chmod 600 {paths['key']}"
        )
    return by_paths(paths["ca"], paths["cert"], paths["key"])


def by_paths(ca: Path, cert: Path, key: Path) -> Any:
    """Security in which all sides show one certificate."""
    from distributed.security import Security

    roles = {f"tls_{role}_{what}": str(path) for role in ("scheduler", "worker", "client")
             for what, path in (("cert", cert), ("key", key))}  # fmt: skip
    return Security(tls_ca_file=str(ca), require_encryption=True, **roles)


def temporary(folder: Path) -> tuple[Any, Path]:
    """Certificates for one cluster in files of mode 0600, and the folder they are in, to be removed with it.

    What dead processes of this machine left in ``folder`` is removed now.
    """
    from distributed.security import Security

    host = socket.gethostname()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(f"tls-{host}-*"):
        number = left.name.rsplit("-", 2)[1]
        if number.isdecimal() and not _lives(int(number)):
            shutil.rmtree(left, ignore_errors=True)
    place = folder / f"tls-{host}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    place.mkdir(mode=0o700)
    made = Security.temporary().get_tls_config_for_role("client")
    for name, text in (("ca", made["ca_file"]), ("cert", made["cert"]), ("key", made["key"])):
        with open(os.open(place / f"{name}.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
    return by_paths(*(place / f"{name}.pem" for name in ("ca", "cert", "key"))), place


def _lives(pid: int) -> bool:
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
