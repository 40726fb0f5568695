"""Inputs with which every model runs in a few seconds; a file for each part of the chain."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

INPUTS: dict[str, dict[str, Any]] = {
    name: given
    for path in sorted(Path(__file__).parent.glob("inputs_*.py"))
    for name, given in runpy.run_path(str(path))["INPUTS"].items()
}
