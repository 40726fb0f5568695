"""Every model that is installed keeps what its declaration promises."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ContractError
from bridge.registry import find
from bridge.store.keys import versions
from bridge.testing import check_model

#: Each plugin brings inputs with which its models run in a few seconds.
INPUTS: dict[str, dict[str, Any]] = {
    name: given
    for path in sorted(Path(__file__).parents[1].glob("plugins/*/tests/inputs.py"))
    for name, given in runpy.run_path(str(path))["INPUTS"].items()
}


def test_no_installed_model_is_left_out() -> None:
    program = "from bridge.registry import entries; print(*entries())"  # other tests install models in this process
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(INPUTS) == set(done.stdout.split())


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_model_keeps_its_promises(name: str) -> None:
    try:
        versions(find(name))
    except ContractError as missing:  # a program that is an optional extra of its plugin
        pytest.skip(str(missing))
    check_model(name, **INPUTS[name])
