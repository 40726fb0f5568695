"""Logs of a bucket, which nothing can be appended to: one object for each time that something was, in order."""

from __future__ import annotations

import re

from bridge.store.spaces.space import Damaged, Space

_SEGMENT = re.compile(r"[0-9]{8}")


def segments_of(space: Space, log: str) -> list[str]:
    """Names of the parts of a log; one that is there never changes. Raises Damaged where one is missing."""
    found = [child for child in space.children(log) if _SEGMENT.fullmatch(child)]
    for number, segment in enumerate(found):
        if number != int(segment):
            raise Damaged(f"{space.where(log)} lacks its part {number:08d}: it was removed.")
    return [f"{log}/{segment}" for segment in found]


def read_segments(space: Space, log: str) -> bytes:
    """All parts of a log."""
    return b"".join(space.abreast(space.read, segments_of(space, log)))
