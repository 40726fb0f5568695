"""What can go wrong, said so that the next keystroke is plain."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any


class BridgeError(Exception):
    """Anything scalebridge refuses; the message alone is the argument, so every error pickles."""


class DeclarationError(BridgeError):
    """A model, port or scale is declared in a way that cannot be meant."""


class ContractError(BridgeError):
    """What was wired or written does not fit the port it enters; raised before anything runs."""


class MissingInput(ContractError):
    """A port without a default was given nothing."""


class UnknownName(ContractError):
    """No port, model, setting, flow or run has this name."""


class NotComputedYet(ContractError, TypeError):
    """A value of a stage that has not run was used as if it were known."""


class ValueRefused(BridgeError):
    """A computed value breaks the contract of the port it leaves or enters; raised while running."""


class BrokenModel(BridgeError):
    """An installed model that cannot be loaded."""


class StaleCode(BridgeError):
    """A process holds other code of a model than the stage was planned with; the second argument is its worker."""

    def __str__(self) -> str:
        return str(self.args[0])


class OverTime(BridgeError):
    """A call took longer than it may; the second argument is the worker that it still runs on."""

    def __str__(self) -> str:
        return str(self.args[0])


class StageFailed(BridgeError):
    """A model raised an error of its own; the second argument is its traceback."""

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message, traceback)
        self.traceback = traceback

    def __str__(self) -> str:
        return str(self.args[0])


class FineCallFailed(StageFailed):
    """A fine model failed for a state that a coarse model asked about; the second argument is its traceback."""


class NotSeparated(BridgeError):
    """Two scales are closer than a model's limit; the second argument is what was judged until then, in JSON."""

    def __init__(self, message: str, told: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, dict(told or {}))
        self.told = dict(told or {})

    def __str__(self) -> str:
        return str(self.args[0])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the nearest known spellings of ``name``, or else all that is known.

    A name with a dot is compared with the others of its family, by what follows the dot; where none is near, those of
    other families that end alike are named.
    """
    everything = names = sorted(known)
    family, (before, dot, after) = "", name.partition(".")
    if dot:
        families = {one.partition(".")[0] for one in names if "." in one}
        for meant in difflib.get_close_matches(before, families, n=1, cutoff=0.75):
            family = f"{meant}."
            names = [one for one in names if one.startswith(family)]
    inside = {one.removeprefix(family): one for one in names}
    near = [inside[one] for one in difflib.get_close_matches(after if family else name, inside, n=3, cutoff=0.6)]
    near = near or [one for one in everything if family and one.endswith(f".{after}")][:3]
    if near:
        return f"Did you mean {' or '.join(repr(n) for n in near)}?"
    if not names:
        return "There is none."
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"Known: {shown}."
