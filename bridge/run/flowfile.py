"""Flow files: ``flows/creep.py`` or ``flows/creep.py:name``, and chains in plain YAML, ``creep.yaml``."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import CodeType
from typing import Any

from bridge.code import BY_VALUE
from bridge.errors import BridgeError, ContractError, UnknownName, did_you_mean


class BrokenFlow(BridgeError):
    """A flow file that cannot be imported."""


def load_flow(where: str) -> Any:
    """Import a flow file and pick its flow; without a name, the one named like the file.

    A file that ends in ``.yaml`` is read as a chain, and nothing in it is run. Raises ContractError (no such file, or a
    chain that cannot be read), BrokenFlow (its import fails) or UnknownName.
    """
    from bridge.run.plain.flow import ENDINGS, load_chain

    path_text, _, name = where.partition(":")
    path = Path(path_text)
    if not path.is_file():
        beside = path.parent.iterdir() if path.parent.is_dir() else ()
        near = [str(p) for p in beside if p.suffix in (".py", *ENDINGS)]
        raise ContractError(f"there is no flow file {path_text!r}. {did_you_mean(path_text, near)}")
    if path.suffix in ENDINGS:
        return load_chain(path, name)
    module = _import(path)
    from prefect.flows import Flow

    flows = {key: value for key, value in vars(module).items() if isinstance(value, Flow)}
    wanted = name or path.stem
    if wanted not in flows:
        raise UnknownName(f"{path_text} has no flow {wanted!r}. {did_you_mean(wanted, flows)} Write {path_text}:NAME.")
    return flows[wanted]


class _Fresh(importlib.machinery.SourceFileLoader):
    """Compiles the file as it is: cached bytecode is told from another edit by whole seconds and size alone."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source."""
        return self.source_to_code(self.get_data(self.path), self.path)


def _import(path: Path) -> Any:
    import cloudpickle

    module_name = f"flow_{path.stem}"
    spec = importlib.util.spec_from_file_location(
        module_name, path.absolute(), loader=_Fresh(module_name, str(path.absolute()))
    )
    if spec is None or spec.loader is None:
        raise BrokenFlow(f"{path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    beside = str(path.absolute().parent)
    if beside not in sys.path:
        sys.path.append(beside)  # modules beside the file, as for a script; the embedded cluster's workers inherit it
    try:
        spec.loader.exec_module(module)
    except BridgeError:
        raise
    except (Exception, SystemExit) as reason:
        line = ""
        trace = reason.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == str(path.absolute()):
                line = f":{trace.tb_lineno}"
            trace = trace.tb_next
        raise BrokenFlow(f"{path}{line} cannot be imported: {type(reason).__name__}: {reason}") from reason
    BY_VALUE.add(module_name)
    cloudpickle.register_pickle_by_value(module)  # type: ignore[attr-defined]
    return module
