"""What can be said of how a stage runs: how often, how long, and on how much of a worker."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from bridge.errors import ContractError, UnknownName, did_you_mean
from bridge.run.clusters.amounts import byte_count, seconds, size


def _times(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("it is no whole number from 0")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("it is no whole number from 1")
    return value


def _delay(value: Any) -> float:
    return 0.0 if value == 0 and not isinstance(value, (bool, str)) else seconds(value)


def _names(value: Any) -> tuple[str, ...]:
    names = (value,) if isinstance(value, str) else value
    if not (isinstance(names, (tuple, list)) and names and all(isinstance(n, str) and n.strip() for n in names)):
        raise ValueError("it names no pair of scales")
    return tuple(sorted({name.strip() for name in names}))


#: Every option: how it is read, and how it is written right.
OPTIONS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "retries": (_times, "retries=2"),
    "retry_delay": (_delay, "retry_delay=10 (seconds) or retry_delay='1 min'"),
    "timeout": (seconds, "timeout=600 (seconds) or timeout='10 min'"),
    "cpus": (_count, "cpus=2"),
    "memory": (byte_count, "memory='4 GB'"),
    "gpu": (_count, "gpu=1"),
    "accept": (_names, "accept='fine/coarse', the name that the violated verdict has, or several of them"),
}


def read_options(of: Any, written: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a stage, times in seconds and memory in bytes. Raises UnknownName or ContractError."""
    found = {}
    for option, value in written.items():
        if option not in OPTIONS:
            raise UnknownName(f"stage({of!r}) has no option {option!r}. {did_you_mean(option, (*OPTIONS, 'name'))}")
        read, example = OPTIONS[option]
        try:
            found[option] = read(value)
        except ValueError as reason:
            raise ContractError(f"stage({of!r}): {option}={value!r}: {reason}. Write {example}.") from None
    more = _accepted.get()
    return found | ({"accept": tuple(sorted({*found.get("accept", ()), *more}))} if more else {})


_accepted: ContextVar[tuple[str, ...]] = ContextVar("bridge_accepted", default=())


def accepted(names: str | Sequence[str]) -> tuple[str, ...]:
    """Names of separations that a whole run overrides. Raises ContractError."""
    if not names:
        return ()
    try:
        return _names(names)
    except ValueError as reason:
        raise ContractError(f"accept={names!r}: {reason}. Write {OPTIONS['accept'][1]}.") from None


@contextmanager
def accepting(names: Sequence[str]) -> Iterator[None]:
    """Have every stage that is submitted within accept violations of these names."""
    token = _accepted.set(tuple(names))
    try:
        yield
    finally:
        _accepted.reset(token)


def tags(options: Mapping[str, Any]) -> set[str]:
    """What a stage takes of its worker, as tags of its Prefect task."""
    shown = {name: size(options[name]) if name == "memory" else options[name] for name in options}
    return {f"{name}={shown[name]}" for name in ("cpus", "memory", "gpu") if name in options}


def whole_seconds(options: Mapping[str, Any]) -> int | None:
    """The timeout as Prefect takes it."""
    return math.ceil(options["timeout"]) if "timeout" in options else None
