"""A process that loads models for another one, which wants to know whether that can be survived.

Names come in a line each, a verdict goes out for each. What plugins print and read is kept apart from both.
"""

from __future__ import annotations

import ctypes
import inspect
import json
import os
import signal
import sys
import tempfile
from typing import Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h
#: Characters that are kept of what a plugin prints while it is imported.
KEPT = 200


def main() -> None:
    """Answer until there are no more names."""
    _end_with_parent()
    asked = os.fdopen(os.dup(0), "r", encoding="utf-8")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")  # names of files may be no text
    with open(os.devnull, "rb") as nothing, tempfile.TemporaryFile() as printed:
        os.dup2(nothing.fileno(), 0)
        os.dup2(printed.fileno(), 1)
        sys.stdin = os.fdopen(0, "r", closefd=False)  # a plugin that asks something is told that nobody is there
        for line in asked:
            verdict = judge(json.loads(line))
            sys.stdout.flush()
            printed.seek(0)
            if said := printed.read(KEPT).decode(errors="replace").strip():
                verdict["printed"] = said
            printed.seek(0)
            printed.truncate()
            print(json.dumps(verdict, ensure_ascii=False), file=answers, flush=True)
    os._exit(0)  # whatever a plugin wants to do at the end, nobody waits for it


def _end_with_parent() -> None:
    """End when the process that asks does, though a plugin hangs."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def judge(name: str) -> dict[str, Any]:
    """What loading a model comes to: its scale, summary, ports and whole interface, or why it is broken."""
    from bridge.errors import BridgeError
    from bridge.registry import find
    from bridge.registry.interface import interface_of

    try:
        model = find(name, planned=True)
    except BridgeError as reason:
        return {"broken": str(reason)}
    ports = {port.name: str(port.kind) for port in model.inputs.values()}
    outputs = {port.name: str(port.kind) for port in model.outputs.ports}
    described = bool(inspect.getdoc(model.function))
    scale = model.scale
    return {
        "scale": scale.name,
        "summary": model.summary if described else "",
        "ranges": [scale.length, scale.time],
        "inputs": ports,
        "outputs": outputs,
        "file": inspect.getsourcefile(model.function),
        "interface": interface_of(model),
    }
