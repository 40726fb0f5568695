"""A Dask scheduler that somebody else runs, given by its address."""

# mypy: allow-untyped-calls
# (most of distributed is untyped)

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.run.clusters import tls
from bridge.run.clusters.errors import ClusterError
from bridge.run.clusters.file import ClusterFile
from bridge.run.clusters.started import Started

CONNECT = 10.0  # s


def start(file: ClusterFile, home: Path) -> Started:
    """Connect to a running scheduler. Raises ClusterError when none answers within `CONNECT` seconds."""
    from distributed import Client

    security: Any = tls.given(str(file), file.tls) if file.address.startswith("tls://") else None
    try:
        return Started(Client(file.address, security=security, timeout=CONNECT, set_as_default=False))
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {file.address} within {CONNECT:g} s. Check that it runs there, that this"
            " machine may reach the port, and whether it speaks tls:// or tcp://."
            f" ({type(error).__name__}: {error})"
        ) from None
