"""What can be said of how a stage runs: how often, how long, and on how much of a worker."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
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


#: Every option: how it is read, and how it is written right.
OPTIONS: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "retries": (_times, "retries=2"),
    "retry_delay": (_delay, "retry_delay=10 (seconds) or retry_delay='1 min'"),
    "timeout": (seconds, "timeout=600 (seconds) or timeout='10 min'"),
    "cpus": (_count, "cpus=2"),
    "memory": (byte_count, "memory='4 GB'"),
    "gpu": (_count, "gpu=1"),
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
    return found


def tags(options: Mapping[str, Any]) -> set[str]:
    """What a stage takes of its worker, as tags of its Prefect task."""
    shown = {name: size(options[name]) if name == "memory" else options[name] for name in options}
    return {f"{name}={shown[name]}" for name in ("cpus", "memory", "gpu") if name in options}


def whole_seconds(options: Mapping[str, Any]) -> int | None:
    """The timeout as Prefect takes it."""
    return math.ceil(options["timeout"]) if "timeout" in options else None
