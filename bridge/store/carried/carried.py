"""A store that is looked into once, such as the one in a crate, and leaves nothing on this machine."""

from __future__ import annotations

from bridge.store.store import Store


class Carried(Store):
    """A store whose rows are found through an index in memory: none is kept of what is here for a moment."""

    def _known(self) -> str | None:
        return None
