"""Packing what a flow file or a notebook defines, for workers that cannot import it."""

from __future__ import annotations

import copyreg
import dataclasses
from typing import Any

import cloudpickle

from bridge.kinds.record import MISSING

# What is compared by identity stays the one it was; else a field without a default would have one. For all pickles
# of this process: under prefect-dask it is Prefect that sends a flow file's classes first.
for missing in (dataclasses.MISSING, MISSING):
    copyreg.pickle(type(missing), lambda _: "MISSING")


def pack(thing: Any) -> bytes:
    """Pickle a thing with the functions and classes that it needs; ``pickle.loads`` unpacks it."""
    return bytes(cloudpickle.dumps(thing))  # type: ignore[attr-defined]
