"""What a store derives from its artifacts and would make again: pyramids of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bridge.errors import BridgeError
from bridge.store.spaces.space import MARKER, Damaged, Space
from bridge.store.upkeep.checks import is_pyramid
from bridge.store.upkeep.verify import grouped


def pyramids(space: Space) -> Iterator[tuple[str, int]]:
    """Every committed pyramid and its bytes."""
    for folder, present in grouped(space.walk("pyramids"), 3):
        if is_pyramid(folder) and MARKER in present:
            yield folder, sum(present.values())


def weight(space: Space, of: Callable[[str], bool]) -> int:
    """Bytes of the pyramids of some artifacts, by content key."""
    from bridge.store.pyramids.kept import Document

    found = 0
    for folder, size in pyramids(space):
        try:
            found += size if of(Document(space, folder).artifact) else 0
        except BridgeError:  # it cannot say of what, and is no artifact's
            continue
    return found


def useless(space: Space, gone: Callable[[str], bool]) -> Iterator[tuple[str, int, str]]:
    """Pyramids that nobody can open, and why: those of artifacts that are gone, of earlier forms, damaged ones."""
    from bridge.store.pyramids.kept import FORM, Document

    for folder, size in pyramids(space):
        try:
            found = Document(space, folder)
        except Damaged:
            if space.size(f"{folder}/{MARKER}") is not None:
                yield folder, size, "it is damaged, and made anew when it is looked at"
            continue
        except BridgeError:  # of a newer scalebridge
            continue
        if gone(found.artifact):
            yield folder, size, "its artifact is gone"
        elif found.form < FORM:
            yield folder, size, "it is of an earlier form"
