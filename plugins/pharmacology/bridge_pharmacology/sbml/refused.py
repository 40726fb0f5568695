"""What a document asks for and cannot be given: refused, never left out or guessed."""

from __future__ import annotations

from typing import Any

from bridge import BridgeError


class Refused(BridgeError, ValueError):
    """A document, or what was asked of it, that would not be simulated as it says."""


class NotSolved(ArithmeticError):
    """Equations of a document that the solver gave up, or warned about, with the time (the document's) it came to."""

    def __init__(self, message: str, time: float = 0.0) -> None:
        super().__init__(message, time)
        self.time = time

    def __str__(self) -> str:
        return str(self.args[0])


INSTALL = "pip install scalebridge-pharmacology[sbml]"


def needed(module: str, name: str) -> ModuleNotFoundError:
    """The error for a library of the extra that is not installed."""
    return ModuleNotFoundError(f"models from SBML and Antimony need {name}: {INSTALL}", name=module)


def libsbml() -> Any:
    """The libSBML bindings. Raises ModuleNotFoundError, saying what to install."""
    try:
        import libsbml as library  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise needed("libsbml", "python-libsbml") from None
    return library
