"""Peak memory of one call, in a process that makes many."""

from __future__ import annotations

import re
import resource
from pathlib import Path

_SELF = Path("/proc/self")


class Peak:
    """The most memory resident since this was made, in bytes.

    Linux starts counting anew (proc(5), clear_refs); elsewhere it is the most since the process began.
    """

    def __init__(self) -> None:
        try:
            (_SELF / "clear_refs").write_text("5")
            self._since = True
        except OSError:
            self._since = False

    @property
    def bytes(self) -> int:
        """How much it was."""
        found = re.search(r"^VmHWM:\s+(\d+) kB", (_SELF / "status").read_text(), re.M) if self._since else None
        return 1024 * (int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
