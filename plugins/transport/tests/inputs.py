"""Inputs with which every model of this plugin runs in a few seconds, for tests/test_every_model.py."""

from __future__ import annotations

from typing import Any

INPUTS: dict[str, dict[str, Any]] = {}
