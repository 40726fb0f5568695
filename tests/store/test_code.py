"""The code behind a result: edits that matter change its key, others do not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.code import code_of, without_comments
from bridge.errors import DeclarationError
from bridge.run.flowfile import load_flow

PROGRAM = Path(__file__).with_name("code_of_variants.py")
MODEL = '''
from dataclasses import dataclass
from typing import Annotated

from bridge import Scale, model
{imports}

TEXT = """
    indented  # no comment

"""


@dataclass(frozen=True)
class Out:
    y: Annotated[float, "m"]


@model("probe.{name}", scale=Scale("atomistic"), depends={depends})
def {name}(x: Annotated[float, "m"]) -> Out:
    """A docstring."""
    import json  # not ours
    return Out(x * FACTOR)
'''
FILES = {
    "bridge_probe/__init__.py": '"""A probe."""\n',
    "bridge_probe/one.py": MODEL.format(name="one", imports="from bridge_probe.shared import FACTOR", depends="()"),
    "bridge_probe/two.py": MODEL.format(name="two", imports="from .deep.inner import FACTOR", depends="['toolbox']"),
    "bridge_probe/shared.py": "from . import constants\nFACTOR = constants.FACTOR\n",
    "bridge_probe/constants.py": "FACTOR = 2.0\n",
    "bridge_probe/unused.py": "X = 1\n",
    "bridge_probe/deep/__init__.py": "",
    "bridge_probe/deep/inner.py": "FACTOR = 3.0\n",
    "toolbox/__init__.py": "",
    "probe-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: probe\nVersion: 1.0\n",
    "probe-1.0.dist-info/entry_points.txt": "[bridge.models]\n"
    "probe.one = bridge_probe.one:one\nprobe.two = bridge_probe.two:two\n",
    "toolbox-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: toolbox\nVersion: 1.0\n",
}


def edit(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name]
    return {name: FILES[name].replace(old, new)}


ONE, INNER = "bridge_probe/one.py", "bridge_probe/deep/inner.py"
#: An edit, and the models that it makes new.
EDITS: dict[str, tuple[dict[str, str], set[str]]] = {
    "nothing": ({}, set()),
    "a comment": (edit(ONE, "# not ours", "# a word\n    # or two"), set()),
    "empty lines": (edit(ONE, "\n\n@model", "\n\n\n\n\n@model"), set()),
    "a comment in an imported module": (edit("bridge_probe/constants.py", "2.0", "2.0  # twice"), set()),
    "a module that nothing imports": ({"bridge_probe/unused.py": "X = 2\n"}, set()),
    "the model": (edit(ONE, "x * FACTOR", "x + FACTOR"), {"one"}),
    "blanks in a text": (edit(ONE, "comment\n\n", "comment\n"), {"one"}),
    "a mark in a text that looks like a comment": (edit(ONE, "# no comment", "# no  comment"), {"one"}),
    "an imported module": (edit("bridge_probe/shared.py", "= c", "= 2 * c"), {"one"}),
    "a module that an imported one imports": (edit("bridge_probe/constants.py", "2.0", "2.5"), {"one"}),
    "a module imported relatively from a subpackage": (edit(INNER, "3.0", "3.5"), {"two"}),
    "the subpackage": ({"bridge_probe/deep/__init__.py": "X = 1\n"}, {"two"}),
    "the package": ({"bridge_probe/__init__.py": "X = 1\n"}, {"one", "two"}),
    "code of another distribution": ({"toolbox/__init__.py": "X = 1\n"}, set()),
    "the version of a distribution it depends on": (
        edit("toolbox-1.0.dist-info/METADATA", "Version: 1.0", "Version: 1.1"),
        {"two"},
    ),
    "the version of its own distribution": (
        edit("probe-1.0.dist-info/METADATA", "Version: 1.0", "Version: 2.0"),
        set(),
    ),
}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program says of each edit."""
    base = tmp_path_factory.mktemp("variants")
    for number, (changes, _) in enumerate(EDITS.values()):
        for name, content in (FILES | changes).items():
            path = base / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    folders = [str(base / str(number)) for number in range(len(EDITS))]
    done = subprocess.run([sys.executable, "-B", str(PROGRAM), *folders], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return dict(zip(EDITS, map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_changes_the_keys_of_the_models_it_belongs_to(keys: dict[str, Any], what: str) -> None:
    changed = {
        name for name in ("one", "two") if keys[what][f"probe.{name}"]["key"] != keys["nothing"][f"probe.{name}"]["key"]
    }
    assert changed == EDITS[what][1]


def test_the_code_of_a_model_is_what_its_distribution_gives_it(keys: dict[str, Any]) -> None:
    sources = keys["nothing"]["probe.one"]["sources"]
    assert sources == ["bridge_probe", "bridge_probe.constants", "bridge_probe.one", "bridge_probe.shared"]


@pytest.mark.parametrize(
    ("source", "rest"),
    [
        ("x = 1  # one\n\n# two\ny = 2\n", "x = 1\ny = 2"),
        ('x = "# no"  # yes\n', 'x = "# no"'),
        ('x = """a  \n\n  # b  \n"""  \ny = 1\n', 'x = """a  \n\n  # b  \n"""\ny = 1'),
        ('x = f"""{1}  \n\n{2} #"""  # c\n', 'x = f"""{1}  \n\n{2} #"""'),
        ("x = (  # not closed", "x = (  # not closed"),
        ("x = 1\x0c\n# c\ny = '\u2028'\n", "x = 1\ny = '\u2028'"),
    ],
)
def test_only_what_cannot_matter_is_left_out(source: str, rest: str) -> None:
    assert without_comments(source) == rest


# Functions of a flow file, which travel to the workers as they are

FLOW = '''
import functools
from dataclasses import dataclass
from typing import Annotated
import numba
import numpy as np
from prefect import flow
from bridge import Q, Scale, model, runner, stage
import beside_{number}

RATE = Q(3, "1/s")
TABLE = {{"a": [1.0, 2.0], "f": lambda x: x + 1, "names": {{"x", "y", "z"}}}}
FIELDS = [np.arange(2000.0)]

class Law:
    def __init__(self, k):
        self.k = k
    def __call__(self, x):
        return self.k * x

LAW = Law(2.0)

@numba.njit
def kernel(x):
    return x + 1

@functools.lru_cache
def cached(x):
    return deep(x)

def deep(x):
    return x

part = functools.partial(deep, 3)

def unused(x):
    return x

@dataclass(frozen=True)
class Out:
    y: Annotated[float, "m"]

def make(bound):
    @model("flow.one", scale=Scale("atomistic"))
    def one(x: Annotated[float, "m"]) -> Out:
        """Nothing."""
        RATE, TABLE, FIELDS, LAW, kernel, cached, part, beside_{number}.K, bound  # touch them
        return Out(x)
    return one

one = make(7)

@flow(task_runner=runner())
def probe():
    stage(one).submit(x="1 m")
'''
TOUCHED = {
    "a quantity": ("Q(3,", "Q(4,"),
    "a number in a dict of lists": ("2.0], ", "2.5], "),
    "a lambda in a dict": ("x + 1, ", "x + 2, "),
    "a member of a set": ('"z"', '"q"'),
    "one number of a long array in a list": ("np.arange(2000.0)", "np.r_[0:1000.0, 1000.5, 1001:2000.0]"),
    "what an object was made with": ("Law(2.0)", "Law(2.5)"),
    "a method": ("self.k * x", "self.k + x"),
    "a compiled function": ("return x + 1\n", "return x + 2\n"),
    "a cached function": ("return deep(x)", "return deep(x + 0)"),
    "a function that a cached one calls": ("def deep(x):\n    return x", "def deep(x):\n    return x + 1"),
    "an argument of a partial function": ("partial(deep, 3)", "partial(deep, 4)"),
    "an enclosed variable": ("make(7)", "make(8)"),
    "a result's fields": ('y: Annotated[float, "m"]', 'y: Annotated[float, "km"]'),
}
UNTOUCHED = {
    "nothing": ("", ""),
    "a comment": ("# touch them", "# touch all"),
    "a function that it does not use": ("def unused(x):\n    return x", "def unused(x):\n    return 2 * x"),
    "the flow": ('x="1 m"', 'x="2 m"'),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    if "prefect" not in sys.modules:
        monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in sys.modules.keys() - before:
        if name.startswith(("flow_", "beside_", "beyond_")):
            del sys.modules[name]


def code(folder: Path, number: int, old: str = "", new: str = "") -> tuple[tuple[str, str], ...]:
    """The sources of the model in a flow file after an edit."""
    (folder / f"beside_{number}.py").touch()
    source = FLOW.format(number=number)
    assert old in source
    (folder / "probe.py").write_text(source.replace(old, new, 1))
    load_flow(str(folder / "probe.py"))
    return code_of(sys.modules["flow_probe"].one).sources


def test_an_edit_of_what_a_model_in_a_flow_file_uses_is_seen(folder: Path) -> None:
    base = code(folder, 1)
    assert {what for what, (old, new) in TOUCHED.items() if code(folder, 1, old, new) == base} == set()
    assert {what for what, (old, new) in UNTOUCHED.items() if code(folder, 1, old, new) != base} == set()


def test_a_module_beside_a_flow_file_is_part_of_its_code(folder: Path) -> None:
    (folder / "beside_2.py").write_text("import beyond_2\n")
    (folder / "beyond_2.py").touch()
    names = {name for name, _ in code(folder, 2)}
    assert {"beside_2", "beyond_2"} <= names
    assert not {name.split(".")[0] for name in names} & {"numpy", "bridge", "prefect", "numba"}


def test_what_no_worker_can_be_sent_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(DeclarationError, match=r"one uses LAW, which no worker can be sent.*Make it inside the model"):
        code(folder, 3, "LAW = Law(2.0)", "import threading\nLAW = threading.Lock()")


def test_a_function_without_a_source_is_refused() -> None:
    space: dict[str, Any] = {"__name__": "__main__"}
    exec("def f(): pass", space)
    with pytest.raises(DeclarationError, match=r"source of 'f' cannot be read: define it in a file"):
        code_of(space["f"])
