"""Packing what a flow file or a notebook defines, for workers that cannot import it."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import cloudpickle

from bridge.kinds.record import MISSING


class _Packer(cloudpickle.CloudPickler):  # type: ignore[name-defined,misc]
    """By value, as cloudpickle does; but what is compared by identity stays the one it was."""

    def reducer_override(self, thing: Any) -> Any:
        if thing is dataclasses.MISSING or thing is MISSING:  # else a field without a default would have one
            return "MISSING"
        return super().reducer_override(thing)


def pack(thing: Any) -> bytes:
    """Pickle a thing with the functions and classes that it needs; ``pickle.loads`` unpacks it."""
    with io.BytesIO() as file:
        _Packer(file).dump(thing)
        return file.getvalue()
