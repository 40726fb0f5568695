"""The docstring of a model that an adapter made: its function's own, beginning with a sentence."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Sequence
from typing import Any

from bridge.adapters.behind import is_instance


def described(f: Any, inputs: Sequence[str], outputs: Sequence[str]) -> str:
    """What a function says of itself, without the signature that compiled functions begin with; else what it maps."""
    while isinstance(f, functools.partial):
        f = f.func
    text = _said(f)
    lines = text.splitlines()
    while lines and (not lines[0].strip() or re.match(r"[\w.]+\(.*(\)|,)\s*(->.*)?$", lines[0])):
        if lines.pop(0).rstrip().endswith(","):  # a signature goes on to the next empty line
            while lines and lines[0].strip():
                lines.pop(0)
    if lines:
        return "\n".join(lines)
    name = getattr(f, "__qualname__", type(f).__qualname__).replace("<lambda>", "a lambda")
    made = ", ".join(outputs).replace("_", " ")
    return f"{made[:1].upper()}{made[1:]}{' from ' + ', '.join(inputs).replace('_', ' ') if inputs else ''}, by {name}."


def _said(f: Any) -> str:
    if is_instance(f) and inspect.isfunction(type(f).__call__):
        return inspect.cleandoc(type(f).__call__.__doc__ or "") or inspect.getdoc(type(f)) or ""
    return inspect.getdoc(f) or ""
