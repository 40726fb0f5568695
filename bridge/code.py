"""The code a model's results depend on: its module and what that imports from its own distribution.

Read when the model is loaded, so that it tells what this process would execute, not what the
disk holds by now. Comments and blank lines do not count.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import io
import sys
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from blake3 import blake3

from bridge.errors import DeclarationError

#: Modules (besides ``__main__``) whose functions travel by value: flow files register here.
BY_VALUE: set[str] = set()


@dataclass(frozen=True)
class Code:
    """Digests of every source a model depends on, by module or function name."""

    sources: tuple[tuple[str, str], ...]

    @functools.cached_property
    def digest(self) -> str:
        """One digest of them all."""
        return blake3("\n".join(f"{name} {digest}" for name, digest in self.sources).encode()).hexdigest()


def travels_by_value(function: Callable[..., Any]) -> bool:
    """Whether a worker cannot import the function: it was written in a notebook, a script or a flow file."""
    return function.__module__ == "__main__" or function.__module__ in BY_VALUE


@functools.cache
def code_of(function: Callable[..., Any]) -> Code:
    """Read the code behind a function, once per process. Raises DeclarationError if there is no source."""
    found = _functions(function) if travels_by_value(function) else _modules(function.__module__)
    return Code(tuple(sorted(found.items())))


def _digest(source: str) -> str:
    return blake3(without_comments(source).encode()).hexdigest()


def without_comments(source: str) -> str:
    """Drop comments, trailing blanks and empty lines: what is left decides what is computed."""
    lines = source.splitlines()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    except (tokenize.TokenError, SyntaxError):
        pass  # kept whole: more may run again than must, never less
    return "\n".join(line.rstrip() for line in lines if line.strip())


# Modules of a distribution


def _modules(start: str) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        path = _path(name)
        if name in found or path is None:
            continue
        source = path.read_text(encoding="utf-8")
        found[name] = _digest(source)
        is_package = path.name == "__init__.py"
        waiting.extend(n for n in _imported(source, name, is_package) if n.split(".")[0] == start.split(".")[0])
    if not found:
        raise DeclarationError(f"module {start!r} has no source file: a model's code must be readable.")
    return found


def _path(name: str) -> Path | None:
    module = sys.modules.get(name)
    try:
        spec = module.__spec__ if module else importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    origin = spec.origin if spec else getattr(module, "__file__", None)
    return Path(origin) if origin and origin.endswith(".py") else None


def _imported(source: str, name: str, is_package: bool) -> Iterator[str]:
    """Modules a source may import, with the packages they live in; names that are no modules fall out later."""
    package = name if is_package else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join(filter(None, (*above, node.module)))
            targets = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for target in targets:
            parts = target.split(".")
            yield from (".".join(parts[: i + 1]) for i in range(len(parts)))
    if package:
        yield package


# Functions without a module that a worker could import


def _functions(start: Callable[..., Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting: list[Any] = [start]
    while waiting:
        thing = waiting.pop()
        name = f"{thing.__module__}.{thing.__qualname__}"
        if name in found:
            continue
        try:
            source = textwrap.dedent(inspect.getsource(thing))
        except (OSError, TypeError):
            raise DeclarationError(
                f"the source of {thing.__qualname__!r} cannot be read: define it in a file or a notebook cell."
            ) from None
        found[name] = _digest(source)
        for key, value in _referenced(thing, source):
            if inspect.isfunction(value) or inspect.isclass(value):
                if value.__module__ == thing.__module__:
                    waiting.append(value)
            elif isinstance(value, np.ndarray):
                found[f"{name}:{key}"] = blake3(np.ascontiguousarray(value).tobytes()).hexdigest()
            elif isinstance(value, (bool, int, float, complex, str, bytes, tuple, list, dict, type(None))):
                found[f"{name}:{key}"] = blake3(repr(value).encode()).hexdigest()
    return found


def _referenced(thing: Any, source: str) -> Iterator[tuple[str, Any]]:
    """Globals and enclosing variables that the source of a function or class names."""
    known = dict(vars(sys.modules[thing.__module__]))
    if inspect.isfunction(thing):
        known |= inspect.getclosurevars(thing).nonlocals
    for name in sorted({node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}):
        if name in known:
            yield name, known[name]
