"""What a coarse model asked and was answered: one row a call, stored beside its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bridge.chain.closed import Closed
from bridge.kinds.base import Kind
from bridge.kinds.closure import fields
from bridge.kinds.discrete import Boolean, Integer
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Port, Record
from bridge.run.making import now
from bridge.store.keys import value_digest
from bridge.store.sealed import digest
from bridge.store.store import Store

#: Where an answer came from, as the column ``source`` has it.
RUN, STORED, AGAIN, SURROGATE, CHECKED, NEAREST = range(6)
SOURCES = ("fine run", "store", "asked before", "surrogate", "surrogate, checked by a fine run", "nearest known")
#: The bound of an answer whose error nothing bounds.
UNBOUNDED = -1.0
#: Arrays of at most so many numbers stand in the ledger themselves, larger ones by their digest.
WHOLE = 64


class Ledger:
    """The calls of one closure during one stage, in their order."""

    def __init__(self, closed: Closed) -> None:
        self.closed = closed
        self.states: list[Mapping[str, Any]] = []
        self.answers: list[Any] = []
        self.sources: list[int] = []
        self.bounds: list[float] = []
        self.keys: list[str] = []

    def add(self, state: Mapping[str, Any], answer: Any, source: int, bound: float = 0.0, key: str = "") -> None:
        """Note a call; ``key`` is that of the fine run that is the answer, ``bound`` what bounds its error."""
        self.states.append(state)
        self.answers.append(answer)
        self.sources.append(source)
        self.bounds.append(bound)
        self.keys.append(key)

    def count(self, *sources: int) -> int:
        """How many calls were answered so."""
        return sum(source in sources for source in self.sources)

    def commit(self, store: Store, of: str, stage: str, port: str, run: str, training: Sequence[str]) -> str:
        """Store the calls of the artifact ``of``; their key comes back. ``training`` are fine runs besides."""
        key = digest({"calls of": of, "port": port})
        columns = [
            _column(column_of(asked.name), asked.kind, [s[asked.name] for s in self.states])
            for asked in self.closed.kind.asked
        ]
        for part in fields(self.closed.kind.answer):
            answers = [answer[part.name] if part.name else answer for answer in self.answers]
            columns.append(_column(f"answer_{part.name}" if part.name else "answer", part.kind, answers))
        columns.append((Port("source", Array("int8", "1", ("call",))), np.array(self.sources, np.int8)))
        columns.append((Port("bound", Array("float64", "1", ("call",))), np.array(self.bounds, float)))
        raw = b"".join(bytes.fromhex(one) if one else bytes(32) for one in self.keys)
        columns.append(
            (Port("fine", Array("uint8", "1", ("call", "byte"))), np.frombuffer(raw, np.uint8).reshape(-1, 32).copy())
        )
        outputs = Record(tuple(port for port, _ in columns))
        store.commit(
            key, outputs, {port.name: values for port, values in columns}, self._about(stage, port, run, training)
        )
        return key

    def _about(self, stage: str, port: str, run: str, training: Sequence[str]) -> dict[str, Any]:
        fine = list(dict.fromkeys([*(key for key in self.keys if key), *training]))
        model = self.closed.model.name
        return {
            "model": "calls",
            "scale": self.closed.model.scale.name,
            "stage": f"{stage}.{port}",
            "run": run,
            "closure": str(self.closed),
            "sources": list(SOURCES),
            "inputs": {
                "fine": {
                    "from": [f"{model} {key[:8]}" for key in fine],
                    "whole": True,
                    "artifact": fine,
                    "at": list(range(len(fine))),
                    "dim": "call",
                    "coord": [],
                    "unit": None,
                    "setting": False,
                }
            },
            "distribution": None,
            "made": now(),
        }


def column_of(name: str) -> str:
    """The column of something that is asked with; names that the ledger has for itself are not taken from it."""
    taken = name in ("source", "bound", "fine", "answer") or name.startswith(("answer_", "asked_"))
    return f"asked_{name}" if taken or name.endswith("_digest") else name


def _column(name: str, kind: Kind, values: Sequence[Any]) -> tuple[Port, np.ndarray]:
    """One thing that differs from call to call, as an array: by value, or by digest where it is large or no number."""
    if isinstance(kind, Number):
        return Port(name, Array("float64", kind.unit, ("call",))), np.array(values, float)
    if isinstance(kind, Integer) and all(abs(int(value)) < 2**63 for value in values):
        return Port(name, Array("int64", "1", ("call",))), np.array(values, np.int64)
    if isinstance(kind, Boolean):
        return Port(name, Array("bool", "1", ("call",))), np.array(values, bool)
    shapes = {np.shape(value) for value in values}
    if isinstance(kind, Array) and len(shapes) == 1 and np.prod(next(iter(shapes))) <= WHOLE:
        return Port(name, Array(kind.dtype, kind.unit, ("call", *kind.dims))), np.stack(values)
    digests = b"".join(bytes.fromhex(value_digest(kind, value)) for value in values)
    return Port(f"{name}_digest", Array("uint8", "1", ("call", "byte"))), np.frombuffer(digests, np.uint8).reshape(
        -1, 32
    ).copy()
