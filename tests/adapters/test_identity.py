"""Keys of wrapped functions change with everything that they were made of, and with nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special

from bridge import wrap
from bridge.models import model_of
from bridge.store.keys import versions

HERE = Path(__file__).parent
WAYS = ("module", "flow", "notebook")

WRAPPED = """\
import functools
import os
from bridge import wrap, wrap_stepper
from outside import law
UNIT, K = os.environ.get("UNIT", "m"), float(os.environ.get("K", 3))
# %%
FACTOR = 2.0
def helping(x):
    return x + 1
def body(x):
    return helping(x) * FACTOR
# %%
def make(k):
    def inner(x):
        return k * x
    return inner
def power(x, exponent=2.0, scale=1.0):
    return scale * x**exponent
# %%
class Base:
    def shift(self, x):
        return x
class Line(Base):
    order = 1
    def __init__(self, slope):
        self.slope = slope
    def __call__(self, x):
        return self.slope * self.shift(x)
# %%
class Walk:
    def __init__(self, x):
        self.x = x
    def step(self):
        self.x = advance(self.x)
def advance(x):
    return 2 * x
# %%
ports = {"x": UNIT}, {"y": "m"}
function = wrap(body, *ports, name="w.function")
closed = wrap(make(K), *ports, name="w.closed")
bound = wrap(functools.partial(power, scale=K), *ports, name="w.bound")
defaults = wrap(lambda x, k=K: k * x, *ports, name="w.defaults")
instance = wrap(Line(K), *ports, name="w.instance")
method = wrap(Line(K).shift, *ports, name="w.method")
outside = wrap(law, *ports, name="w.outside")
stepper = wrap_stepper(Walk, {"x": UNIT}, {"x": UNIT}, name="w.stepper")
"""
OUTSIDE = "from beyond import CONSTANT\ndef law(x):\n    return CONSTANT * x\n"
ALL = {"function", "closed", "bound", "defaults", "instance", "method", "outside", "stepper"}

#: What is edited or set, and the models whose keys that changes where each is known by its own code.
EDITS: dict[str, tuple[str, str, set[str]]] = {
    "a comment": ("    return helping(x)", "    # twice\n    return helping(x)", set()),
    "the body": ("helping(x) * FACTOR", "FACTOR * helping(x)", {"function"}),
    "a function that it calls": ("return x + 1", "return x + 2", {"function"}),
    "a constant that it reads": ("FACTOR = 2.0", "FACTOR = 2.5", {"function"}),
    "the body of a closure": ("return k * x\n    return", "return x * k\n    return", {"closed"}),
    "a default of a function": ("exponent=2.0", "exponent=3.0", {"bound"}),
    "a bound method": ("return x\nclass", "return 1 * x\nclass", {"instance", "method"}),
    "a class attribute": ("order = 1", "order = 2", {"instance", "method"}),
    "a method of its class": ("self.slope * self", "1 * self.slope * self", {"instance", "method"}),
    "what a step calls": ("return 2 * x", "return 3 * x", {"stepper"}),
    "a lambda": ("k=K: k * x", "k=K: x * k", {"defaults"}),
    "an output's unit": ('{"y": "m"}', '{"y": "km"}', ALL - {"stepper"}),
}


def keys(*asked: tuple[Path, str, dict[str, str]], seed: str = "0") -> list[dict[str, str]]:
    """Keys by model, one mapping for each that is asked."""
    orders = json.dumps([(str(folder), way, *environment.items()) for folder, way, environment in asked])
    done = subprocess.run(
        [sys.executable, HERE / "wrapped_variants.py", orders],
        capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": seed}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def written(folder: Path, wrapped: str = WRAPPED, outside: str = OUTSIDE, beyond: str = "CONSTANT = 2.0\n") -> Path:
    folder.mkdir()
    for name, text in (("wrapped", wrapped), ("outside", outside), ("beyond", beyond)):
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, str]]:
    """Keys by edit and way."""
    root = tmp_path_factory.mktemp("wrapped")
    folders = {"": written(root / "same")}
    for number, (what, (old, new, _)) in enumerate(EDITS.items()):
        assert WRAPPED.count(old) == 1, what
        folders[what] = written(root / f"edit{number}", WRAPPED.replace(old, new))
    folders["law"] = written(root / "law", outside=OUTSIDE.replace("CONSTANT * x", "x * CONSTANT"))
    folders["constant"] = written(root / "constant", beyond="CONSTANT = 3.0\n")
    asked = [(what, way, folder, {}) for what, folder in folders.items() for way in WAYS]
    for value in ({"K": "4"}, {"UNIT": "km"}):
        asked += [(str(value), way, folders[""], value) for way in WAYS]
    given = keys(*((folder, way, value) for _, way, folder, value in asked))
    return {(what, way): one for (what, way, *_), one in zip(asked, given, strict=True)}


def changed(found: Any, what: str, way: str) -> set[str]:
    before, after = found["", way], found[what, way]
    assert set(before) == set(after) == ALL
    return {name for name in ALL if before[name] != after[name]}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_changes_the_keys_of_what_it_belongs_to_and_of_nothing_else(found: Any, what: str) -> None:
    belongs = EDITS[what][2]
    assert changed(found, what, "flow") == belongs
    assert changed(found, what, "notebook") == belongs
    assert changed(found, what, "module") == (ALL if belongs else set()), "the code of a model is its whole module"


@pytest.mark.parametrize("way", WAYS)
def test_a_function_of_another_module_brings_that_along_and_what_lies_beside_it(found: Any, way: str) -> None:
    """Where models are known by their whole module, every one of it has what that imports from its own distribution."""
    assert changed(found, "law", way) == {"outside"}
    assert changed(found, "constant", way) == {"outside"}


@pytest.mark.parametrize("way", WAYS)
def test_values_that_are_bound_to_a_function_belong_to_its_key(found: Any, way: str) -> None:
    assert changed(found, "{'K': '4'}", way) == {"closed", "bound", "defaults", "instance", "method"}


@pytest.mark.parametrize("way", WAYS)
def test_the_declared_unit_of_an_input_belongs_to_the_key(found: Any, way: str) -> None:
    assert changed(found, "{'UNIT': 'km'}", way) == ALL


@pytest.mark.parametrize("way", WAYS)
def test_keys_are_the_same_in_another_process(found: Any, way: str, tmp_path: Path) -> None:
    assert keys((written(tmp_path / "same"), way, {}), seed="1") == [found["", way]]


def test_somebody_elses_function_is_known_by_the_version_of_its_distribution() -> None:
    import math

    def of(f: Any) -> dict[str, str]:
        return versions(model_of(wrap(f, {"x": "1"}, {"y": "1"})))

    assert of(scipy.special.erf) == {"scipy": scipy.__version__}
    assert of(np.exp) == {"numpy": np.__version__}
    assert of(math.sin) == {"python": sys.version.split()[0]}
    named = wrap(np.exp, {"x": "1"}, {"y": "1"}, depends=["scipy", "numpy"])
    assert list(versions(model_of(named))) == ["scipy", "numpy"]
