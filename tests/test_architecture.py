"""The house rules of DESIGN.md, read off the source: who may import whom, and what an import may cost."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: Floors of the house, the lowest first; modules of one floor may not import one another (but a package itself).
FLOORS = (
    {"errors"},
    {"literals", "compiling"},
    {"units", "places"},
    {"scale", "media", "axes"},
    {"kinds", "pages"},
    {"ports"},
    {"models"},
    {"code"},
    {"registry", "chain", "adapters"},
    {"scales"},
    {"store"},
    {"run"},
    {"coupling", "external", "sensitivity"},
    {"inspect", "testing"},
)
FLOOR = {module: height for height, floor in enumerate(FLOORS) for module in floor}

#: Imports that climb, each inside a function, with the reason.
CLIMBS = {
    ("bridge.store.runs", "bridge.inspect"): "a run is asked for lineage and pictures, which others make",
    ("bridge.run.order", "bridge.coupling"): "a model that asks others while it runs is given somebody to ask",
    ("bridge.run.plain.giving", "bridge.coupling"): "a chain in YAML closes ports as the body of a flow does",
    ("bridge.kinds.record", "bridge.ports"): "a dataclass written as a literal is read as a record when it is met",
}

#: What only one part of the house may know.
ONLY_IN = {
    "prefect": "run",
    "prefect_dask": "run",
    "dask": "run",
    "distributed": "run",
    "dask_jobqueue": "run",
    "zarr": "store",
}

LONGEST = 400


@dataclass(frozen=True)
class Import:
    """One imported module, or name of a module, and where it stands."""

    path: Path
    line: int
    target: str
    lazy: bool

    @property
    def importer(self) -> str:
        """The importing module, dotted."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line} imports {self.target}"


def imports(path: Path) -> Iterator[Import]:
    """Every import that can happen at run time, also inside functions and by name; typing-only ones are left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)
    }
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for statement in block.body
        for node in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) not in typing_only:
            for target in targets(node, path):
                yield Import(path, node.lineno, target, id(node) in inside)  # type: ignore[attr-defined]


def targets(node: ast.AST, path: Path) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        package = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
        base = ".".join(filter(None, (*package, node.module)))
        return [f"{base}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = ast.unparse(node.func)
        if called in ("importlib.import_module", "import_module", "__import__") and isinstance(node.args[0].value, str):
            return [node.args[0].value]
    return []


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if ".venv" not in path.parts)


def part(module: str) -> str:
    """The part of the house that a module of bridge belongs to."""
    return module.split(".")[1] if "." in module else ""


HOUSE = [found for path in sources("bridge") for found in imports(path)]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))


def test_every_part_of_the_house_has_its_floor() -> None:
    parts = {path.relative_to(ROOT / "bridge").parts[0].removesuffix(".py") for path in sources("bridge")}
    assert parts - {"__init__"} <= set(FLOOR), "give the new part its floor in FLOORS, with DESIGN.md in hand"


def test_imports_inside_bridge_run_downwards_only() -> None:
    climbing = []
    for found in HOUSE:
        here, there = part(found.importer), part(found.target)
        if not found.target.startswith("bridge.") or here in ("", there) or there not in FLOOR:
            continue
        if FLOOR[there] < FLOOR[here]:
            continue
        if not (found.lazy and (found.importer, ".".join(found.target.split(".")[:2])) in CLIMBS):
            climbing.append(str(found))
    assert climbing == []


def test_every_declared_climb_still_exists() -> None:
    lazy = {(f.importer, ".".join(f.target.split(".")[:2])) for f in HOUSE if f.lazy}
    assert set(CLIMBS) <= lazy


def test_bridge_itself_imports_its_public_names_only_when_asked() -> None:
    eager = [str(f) for f in HOUSE if f.importer == "bridge" and f.target.startswith("bridge") and not f.lazy]
    assert eager == []


def test_nothing_in_bridge_imports_bridge_by_its_public_names() -> None:
    """``from bridge import model`` would load whichever part the name lives in, past every floor."""
    assert [str(f) for f in HOUSE if f.target.startswith("bridge.") and part(f.target) not in FLOOR] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_only_one_part_knows_of(library: str) -> None:
    elsewhere = [str(f) for f in HOUSE if f.target.split(".")[0] == library and part(f.importer) != ONLY_IN[library]]
    assert elsewhere == []


def test_bridge_knows_no_flow_and_no_plugin() -> None:
    outside = {"flows", "plugins", "tests"}
    assert [str(f) for f in HOUSE if f.target.split(".")[0] in outside or f.target.startswith("bridge_")] == []


# Plugins and flows


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda p: p.name)
def test_a_plugin_uses_the_public_names_of_bridge_and_its_own_fields_libraries(plugin: Path) -> None:
    import bridge

    mine = {path.name for path in plugin.glob("bridge_*")}
    wrong = []
    for path in sources(str(plugin.relative_to(ROOT))):
        for found in imports(path):
            top, _, rest = found.target.partition(".")
            in_tests = "tests" in path.parts[len(plugin.parts) :]  # our own plugins' tests may look behind the door
            of_bridge = top == "bridge" and not in_tests and rest.split(".")[0] not in bridge.__all__
            if top in ONLY_IN or of_bridge or (top.startswith("bridge_") and top not in mine) or top == "flows":
                wrong.append(str(found))
    assert wrong == []


@pytest.mark.parametrize("path", sources("flows"), ids=lambda p: p.stem)
def test_a_flow_file_is_short_and_uses_public_names(path: Path) -> None:
    import bridge

    lines = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) <= 40
    public = {f"bridge.{name}" for name in bridge.__all__} | {"bridge"}
    assert [str(f) for f in imports(path) if f.target.startswith("bridge.") and f.target not in public] == []


# Size and cost


def test_no_file_is_longer_than_one_can_hold_in_mind() -> None:
    long = [p for p in sources("bridge", "flows", "plugins", "tests") if len(p.read_text().splitlines()) > LONGEST]
    assert [str(p.relative_to(ROOT)) for p in long] == []


HEAVY = ("prefect", "distributed", "dask", "zarr", "pint", "numpy", "numba", "xarray", "ase", "click")


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import bridge", "import bridge.errors", "import bridge.places"])
def test_importing_bridge_costs_nothing(statement: str) -> None:
    assert not loaded_by(statement) & set(HEAVY)


def test_declaring_a_model_and_wiring_it_loads_nothing_that_runs_or_stores() -> None:
    names = "File, Picture, Q, Scale, Within, check, model, stack, stage, via"
    heavy = {"prefect", "distributed", "zarr", "xarray", "numba", "ase"}  # pint itself loads the core of dask
    assert not loaded_by(f"from bridge import {names}") & heavy


def test_every_public_name_is_there() -> None:
    """All of them, imported in a process of their own: some bring Prefect along."""
    loaded_by("import bridge; [getattr(bridge, name) for name in bridge.__all__]; from bridge import *")
