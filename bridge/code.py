"""The code a model's results depend on: its module and what that imports from its own distribution.

Read when the model is loaded, so that it tells what this process would execute, not what the
disk holds by now. Comments and blank lines do not count.
"""

from __future__ import annotations

import ast
import functools
import importlib.machinery
import importlib.util
import inspect
import io
import pickle
import re
import sys
import textwrap
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blake3 import blake3

from bridge.errors import DeclarationError

#: Modules (besides ``__main__``) whose functions travel by value: flow files register here.
BY_VALUE: set[str] = set()


@dataclass(frozen=True)
class Code:
    """Digests of every source a model depends on, by module or function name."""

    sources: tuple[tuple[str, str], ...]
    late: frozenset[str] = frozenset()  # modules that the model imports when it runs

    @functools.cached_property
    def digest(self) -> str:
        """One digest of them all."""
        return blake3("\n".join(f"{name} {digest}" for name, digest in self.sources).encode()).hexdigest()


def travels_by_value(function: Callable[..., Any]) -> bool:
    """Whether a worker cannot import the function: it was written in a notebook, a script or a flow file."""
    return function.__module__ == "__main__" or function.__module__ in BY_VALUE


#: An attribute of functions that were made, not written: the functions and plain values that they were made of.
MADE_OF = "__made_of__"

_codes: dict[Callable[..., Any], Code] = {}


def code_of(function: Callable[..., Any]) -> Code:
    """Read the code behind a function, once per process, and again what it has yet to import and has changed.

    Raises DeclarationError if there is no source.
    """
    known = _codes.get(function)
    if known is None or not _unchanged(known, known.late - sys.modules.keys()):
        found, modules = _made(function) if hasattr(function, MADE_OF) else _written(function)
        late = frozenset() if travels_by_value(function) else frozenset(modules) - sys.modules.keys()
        known = _codes[function] = Code(tuple(sorted(found.items())), late)
    return known


def _written(function: Callable[..., Any]) -> tuple[dict[str, str], set[str]]:
    """Sources of a function that somebody wrote, and which of them are modules that a worker imports."""
    if travels_by_value(function):
        return _functions(function), set()
    found = modules_of(function.__module__)
    return found, set(found)


def _made(function: Callable[..., Any]) -> tuple[dict[str, str], set[str]]:
    """Sources of a function that an adapter made: of where it was made, and of what it was made of."""
    found = {} if travels_by_value(function) else modules_of(function.__module__)
    modules = set(found)
    for place, part in enumerate(getattr(function, MADE_OF)):
        name = f"{function.__module__}.{function.__qualname__}[{place}]"
        if is_code(part):
            code = [part]
        else:
            found[name], code = value_digest_of(part, name)
        for inside in code:
            sources, imported = _written(inside)
            modules |= imported
            for one, digest in sources.items():  # two lambdas have one name
                found[one if found.get(one, digest) == digest else f"{one} {digest}"] = digest
    return found, modules


def brought(function: Callable[..., Any], code: Code) -> None:
    """Take the word of the process that sent a function, by value, for the code behind it."""
    BY_VALUE.add(function.__module__)
    _codes[function] = code


def still(code: Code) -> bool:
    """Whether the modules that a model imports when it runs are on the disk as they were read.

    If one is not, this process may have imported either state of it: what it would execute is unknown.
    """
    return _unchanged(code, code.late)


def _unchanged(code: Code, names: Iterable[str]) -> bool:
    known = dict(code.sources)
    return all(_file_digest(name) == known[name] for name in names)


def _file_digest(name: str) -> str | None:
    path = module_path(name)
    return None if path is None else _content(path)[1]


def _content(path: Path) -> tuple[str, str]:
    """Source of a module, none if it is compiled, and its digest."""
    content = path.read_bytes()
    source = content.decode("utf-8", "replace") if path.suffix == ".py" else ""
    return source, source_digest(source) if source else blake3(content).hexdigest()


@functools.lru_cache(maxsize=4096)  # a chain asks after the same files once a stage
def source_digest(source: str) -> str:
    """Digest of a source, its comments and empty lines left out."""
    return blake3(without_comments(source).encode()).hexdigest()


def without_comments(source: str) -> str:
    """Drop comments, trailing blanks and empty lines: what is left decides what is computed."""
    lines = source.split("\n")
    text: set[int] = set()  # rows that end inside a text literal, whose blanks and empty lines are part of it
    opened: list[int] = []  # f-strings, which are tokens of their own from Python 3.12
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            (first, column), (last, _) = token.start, token.end
            if token.type == tokenize.COMMENT:
                lines[first - 1] = lines[first - 1][:column]
            elif token.type == tokenize.STRING:
                text.update(range(first, last))
            elif tokenize.tok_name[token.type] == "FSTRING_START":
                opened.append(first)
            elif tokenize.tok_name[token.type] == "FSTRING_END":
                text.update(range(opened.pop(), last))
    except (tokenize.TokenError, SyntaxError):
        return source  # kept whole: more may run again than must, never less
    rows = (line if row in text else line.rstrip() for row, line in enumerate(lines, 1))
    return "\n".join(line for row, line in enumerate(rows, 1) if line or row in text)


# Modules of a distribution

_read: dict[str, str] = {}  # digests of imported modules, as they were when first asked for


def modules_of(start: str, own: Callable[[str], bool] | None = None) -> dict[str, str]:
    """Digests of a module and of what it imports of its ``own``, else of its package. Raises DeclarationError."""
    found: dict[str, str] = {}
    waiting = [start]
    own = own or (lambda name: name.split(".")[0] == start.split(".")[0])
    while waiting:
        name = waiting.pop()
        path = None if name in found else module_path(name)
        if path is None:
            continue
        source, found[name] = _content(path)
        if name in sys.modules:  # it was read when another model was loaded, and has been what it is since then
            found[name] = _read.setdefault(name, found[name])
        is_package = path.name == "__init__.py"
        waiting.extend(n for n in _imported(source, name, is_package) if own(n))
    if not found:
        raise DeclarationError(f"module {start!r} has no source file: a model's code must be readable.")
    return found


def module_path(name: str) -> Path | None:
    """File of a module, which is not imported for that."""
    module, (parent, _, _) = sys.modules.get(name), name.rpartition(".")
    try:
        if module or not parent:
            spec = module.__spec__ if module else importlib.util.find_spec(name)
        else:
            package = module_path(parent)
            if package is None or package.name != "__init__.py":
                return None
            spec = importlib.machinery.PathFinder.find_spec(name, [str(package.parent)])
    except (ImportError, ValueError):
        return None
    origin = spec.origin if spec else getattr(module, "__file__", None)
    return Path(origin) if origin and Path(origin).is_file() else None


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
    """Sources of a function, of what it names beside it, and of modules that lie beside its file."""
    found: dict[str, str] = {}
    waiting: list[Any] = [start]
    seen: set[int] = set()
    beside = _beside(start)
    known = getattr(start, "__globals__", None) or vars(sys.modules[start.__module__])  # a class has none
    while waiting:
        thing = inspect.unwrap(waiting.pop())
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if inspect.ismodule(thing) or thing.__module__ != start.__module__:
            module = thing.__name__ if inspect.ismodule(thing) else thing.__module__
            found |= modules_of(module, beside) if module not in found and beside(module) else {}
            continue
        try:
            source = textwrap.dedent(inspect.getsource(thing))
        except (OSError, TypeError):
            raise DeclarationError(
                f"the source of {thing.__qualname__!r} cannot be read: define it in a file or a notebook cell."
            ) from None
        name, digest = f"{thing.__module__}.{thing.__qualname__}", source_digest(source)
        if thing.__name__ == "<lambda>":  # its source is the whole line, which may hold another
            code = thing.__code__
            digest = source_digest(f"{digest} {code.co_code.hex()} {code.co_names} {_plain(code.co_consts)}")
        name = name if found.get(name, digest) == digest else f"{name} {digest}"  # two lambdas
        found[name] = digest
        for key, value in _referenced(thing, source, known):
            if is_code(value):
                waiting.append(value)
            else:
                found[f"{name}:{key}"], code = value_digest_of(value, f"{name} uses {key}")
                waiting.extend(code)
    return found


def _plain(constants: tuple[Any, ...]) -> list[str]:
    """Constants of a function as text that is the same in every process; functions inside of it by their own code."""
    return [
        f"{one.co_code.hex()} {one.co_names} {_plain(one.co_consts)}"
        if inspect.iscode(one)
        else repr(sorted(map(repr, one)) if isinstance(one, frozenset) else one)
        for one in constants
    ]


def _beside(start: Callable[..., Any]) -> Callable[[str], bool]:
    """Tell modules in the folder of a flow file or script, which are as much its code as it is itself."""
    folder = Path(inspect.getsourcefile(start) or "nowhere/at all").parent.absolute()

    @functools.cache
    def beside(name: str) -> bool:
        top = name.split(".")[0]
        path = None if top in ("bridge", start.__module__) else module_path(top)
        return path is not None and path.is_relative_to(folder) and "site-packages" not in path.parts

    return beside


def is_code(value: Any) -> bool:
    """Whether a value is code, perhaps wrapped (``lru_cache``, ``numba.njit``)."""
    value = inspect.unwrap(value) if callable(value) else value
    return inspect.isfunction(value) or inspect.isclass(value) or inspect.ismodule(value)


def _referenced(thing: Any, source: str, known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Globals and enclosing variables that the source of a function or class names."""
    if inspect.isfunction(thing):
        known = {**thing.__globals__, **inspect.getclosurevars(thing).nonlocals}
    try:
        names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    except SyntaxError:  # the lines of a lambda are a piece of a statement
        names = set(re.findall(r"[^\W\d]\w*", source))
    for name in sorted(names):
        if name in known:
            yield name, known[name]


class _Pickled(pickle.Pickler):
    """Writes a value down, code in it by name and apart; the same value gives the same bytes in every process."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self.fast = True  # what is equal, not what is the same object
        self.code: list[Any] = []

    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, (set, frozenset)):
            return sorted(map(repr, thing))
        if is_code(thing):
            self.code.append(thing)
            return getattr(thing, "__module__", ""), getattr(thing, "__qualname__", thing.__name__)
        return None


def value_digest_of(value: Any, at: str) -> tuple[str, list[Any]]:
    """Digest of a global that is no code, and the code that stands in it. Raises DeclarationError."""
    with io.BytesIO() as file:
        written = _Pickled(file)
        try:
            written.dump(value)
        except Exception as reason:
            raise DeclarationError(f"{at}, which no worker can be sent: {reason}. Make it inside the model.") from None
        return blake3(file.getvalue()).hexdigest(), written.code
