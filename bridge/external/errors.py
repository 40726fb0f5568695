"""What can go wrong while a program runs."""

from __future__ import annotations

from bridge.errors import BridgeError


class ProgramFailed(BridgeError):
    """A program was not started, did not end well, or wrote what cannot be taken for its result."""
