"""Prints the keys and codes of the models in ``wrapped.py`` of a folder, told in each of three ways, as JSON.

Ways: an installed module, a flow file (by value), and cells of a notebook (``__main__``).
"""

from __future__ import annotations

import importlib.util
import json
import linecache
import os
import sys
from pathlib import Path
from typing import Any

import bridge.adapters.stepper
import bridge.chain.chain
import bridge.code
import bridge.store.keys  # all that is slow, before the forks
from bridge.models import is_model, model_of


def module(folder: Path, name: str) -> dict[str, Any]:
    spec = importlib.util.spec_from_file_location(name, folder / "wrapped.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return vars(made)


def notebook(folder: Path) -> dict[str, Any]:
    """Cells, which have a source and no file."""
    main = sys.modules["__main__"]
    main.__dict__.pop("__file__", None)
    for number, cell in enumerate((folder / "wrapped.py").read_text().split("# %%\n")):
        name = f"<cell {number}>"
        linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
        exec(compile(cell, name, "exec"), vars(main))
    return vars(main)


def look(folder: Path, way: str) -> dict[str, str]:
    sys.path.insert(0, str(folder))
    if way == "flow":
        found = module(folder, "flow_wrapped")
        bridge.code.BY_VALUE.add("flow_wrapped")
    else:
        found = notebook(folder) if way == "notebook" else module(folder, "wrapped")
    keys = {}
    for name, thing in list(found.items()):
        if callable(thing) and is_model(thing):
            given = {"x": f"1 {found['UNIT']}"} | ({"steps": 3} if name == "stepper" else {})
            stage = bridge.chain.chain.Chain().add(model_of(thing), given)
            keys[name] = bridge.store.keys.plan_key(stage, {})
    return keys


for folder, way, *environment in json.loads(sys.argv[1]):
    sys.stdout.flush()
    if os.fork() == 0:
        os.environ.update(dict(environment))
        print(json.dumps(look(Path(folder), way)))
        sys.stdout.flush()
        os._exit(0)
    os.wait()
