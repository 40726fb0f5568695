"""What stands behind a callable: own code, values that are bound to it, and the distributions of foreign code."""

from __future__ import annotations

import contextlib
import functools
import inspect
import pickle
import platform
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.code import is_code, module_path, modules_of, source_digest, value_digest_of
from bridge.errors import DeclarationError
from bridge.models import Versioned

_INSTALLED = ("site-packages", "dist-packages")


@dataclass(frozen=True)
class Interpreter:
    """Python itself, whose version belongs to the identity of what its library computes."""

    name: str = "python"

    def version(self) -> str:
        """The version that runs."""
        return platform.python_version()


@dataclass
class Behind:
    """What makes a callable what it is. ``parts`` are functions whose code is read, ``facts`` plain texts by name."""

    caller: str
    at: str
    trusted: bool
    parts: list[Callable[..., Any]] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    depends: list[str | Versioned] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    def callable(self, function: Any) -> None:
        """Take apart what is called: a partial, a method, an instance, a function. Raises DeclarationError."""
        if isinstance(function, functools.partial):
            self._bound(function.args, "arguments")
            self._bound(function.keywords, "keywords")
            self.callable(function.func)
        elif (owner := _owner(function)) is not None:
            self.facts["method"] = function.__name__
            if isinstance(owner, type):
                self._type(owner)
            else:
                self._instance(owner)
        elif is_instance(function):
            self._instance(function)
        elif isinstance(function, type):
            self._type(function)
        else:
            self._function(function, called=True)

    def _instance(self, instance: Any) -> None:
        self._bound(instance, "state")
        self._type(type(instance))

    def _type(self, cls: type) -> None:
        if self._foreign(cls.__module__):
            self.facts["class"] = f"{cls.__module__}.{cls.__qualname__}"
        else:
            self._class(cls)

    def _function(self, function: Any, called: bool = False) -> None:
        """The code of a function, and what the functions that it is made of hold in closures."""
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        module, name = home_of(function)
        if called and self._foreign(module):
            self.facts["function"] = f"{module}.{name}"
            return
        if not called and foreign(module, self.caller):
            return
        inner = inspect.unwrap(function)
        if inspect.isfunction(inner):
            self.parts.append(inner)
            self._source(inner)
            self._beside(inner.__module__)
            for layer in _layers(function):
                for key, value in _held(layer).items():
                    self._bound(value, f"{layer.__qualname__} holds {key}")
        elif module is not None and module_path(module) is not None and _finds(module, name, function):
            self.facts[f"{module}.{name}"] = ", ".join(f"{k} {v}" for k, v in sorted(modules_of(module).items()))
        elif not self.trusted:
            raise DeclarationError(
                f"{self.at}: the code of {name!r} cannot be read, and no installed distribution has it. Say what its "
                "results depend on: depends=['DISTRIBUTION'], or something that tells its version itself."
            )

    def _class(self, cls: type) -> None:
        """The code of a class, function by function, and what its functions read of it."""
        if id(cls) in self._seen:
            return
        self._seen.add(id(cls))
        for one in cls.__mro__:
            if foreign(one.__module__, self.caller):
                continue
            fields = sorted(inspect.get_annotations(one))
            self.facts[f"fields of {one.__qualname__}"] = ", ".join(fields)
            for key, member in vars(one).items():
                functions = list(_functions_of(member))
                for function in functions:
                    if inspect.isfunction(function) and function.__code__.co_filename != "<string>":  # of @dataclass
                        self._function(function)
                if not functions and not key.startswith(("__", "_abc_")) and not inspect.isdatadescriptor(member):
                    self._bound(member, f"{one.__qualname__}.{key}")

    def _bound(self, value: Any, what: str) -> None:
        """Digest a value that is bound to a callable, and follow the code in it. Raises DeclarationError."""
        if is_code(value):
            self.facts[what] = getattr(value, "__qualname__", getattr(value, "__name__", ""))
            self._code(value)
            return
        try:
            self.facts[what], code = value_digest_of(value, f"{self.at}: {what}")
        except DeclarationError as reason:
            if self.trusted:
                return
            raise DeclarationError(
                f"{str(reason).rsplit(' Make it', 1)[0]} Wrap a function that makes it, or say what it depends on: "
                "depends=['DISTRIBUTION']."
            ) from None
        for one in code:
            self._code(one)

    def _code(self, thing: Any) -> None:
        inner = inspect.unwrap(thing)
        if inspect.isfunction(inner):
            self._function(thing)
        elif inspect.isclass(inner) and not foreign(inner.__module__, self.caller):
            self._class(inner)

    def _foreign(self, module: str | None) -> bool:
        """Whether code is somebody else's; if so, the version of that belongs to what this depends on."""
        where = foreign(module, self.caller)
        if not where:
            return False
        one: str | Versioned = Interpreter() if where == "python" else where
        if one not in self.depends:
            self.depends.append(one)
        return True

    def _beside(self, module: str) -> None:
        """Modules in the folder of another one, which it imports: as much the code of a function as its own module."""
        if module in (self.caller, "__main__") or module.partition(".")[0] == self.caller.partition(".")[0]:
            return
        found = modules_of(module, _near(module_path(module.partition(".")[0])))
        self.facts[f"modules of {module}"] = ", ".join(f"{k} {v}" for k, v in sorted(found.items()))

    def _source(self, function: Any) -> None:
        """The source as it stands here and now: two functions of one name are told apart by it."""
        try:
            source = textwrap.dedent(inspect.getsource(function))
        except (OSError, TypeError):
            return  # said by name when the code is read, unless its module is
        self.facts[f"{function.__module__}.{function.__qualname__} {len(self.facts)}"] = source_digest(source)


def is_instance(thing: Any) -> bool:
    """Whether a callable is an object with ``__call__`` and a state: no function, no method, no class."""
    if isinstance(thing, type) or inspect.isroutine(thing) or hasattr(thing, "__wrapped__"):
        return False
    return not (hasattr(type(thing), "nin") or _named(thing))


def _named(thing: Any) -> bool:
    """Whether pickle writes a callable as a name, as it does ufuncs and numpy's own functions."""
    try:
        return isinstance(thing.__reduce__(), str)
    except Exception:  # it is not written down at all, which is said where its state is
        return False


def has_state(function: Any) -> bool:
    """Whether a callable brings values along that a call may change."""
    owner = _owner(function)
    if isinstance(function, functools.partial) or is_instance(function):
        return True
    return owner is not None and not isinstance(owner, type)


def _owner(function: Any) -> Any:
    """What a method is bound to; None of anything else."""
    owner = getattr(function, "__self__", None) if inspect.isroutine(function) else None
    return None if inspect.ismodule(owner) else owner


def home_of(function: Any) -> tuple[str | None, str]:
    """Module and qualified name of a function; ufuncs do not say where they are, and are found as pickle finds them."""
    function = inspect.unwrap(function)
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None) or type(function).__name__
    module = getattr(function, "__module__", None)
    if module is None:
        found = pickle.whichmodule(function, name)  # type: ignore[attr-defined]
        module = found if found != "__main__" or _finds(found, name, function) else None
    return module, name


def _finds(module: str | None, name: str, function: Any) -> bool:
    thing: Any = sys.modules.get(module or "")
    for part in name.split("."):
        thing = getattr(thing, part, None)
    return thing is function


@functools.cache
def foreign(module: str | None, caller: str) -> str | None:
    """The distribution of somebody else's module, "python" for its own library; None of code of one's own."""
    if module is None or module in (caller, "__main__"):
        return None
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return "python"
    if top == caller.partition(".")[0]:
        return None
    if top == "bridge":
        return "scalebridge"
    path = module_path(top) or module_path(module)
    if path is not None and not set(_INSTALLED) & set(path.parts):
        return None
    return _distribution(top, path)


def _distribution(top: str, path: Path | None) -> str | None:
    """The installed distribution that brings a module."""
    from importlib import metadata

    try:
        named = metadata.distribution(top)
        if path is None or path.is_relative_to(str(named.locate_file(""))):
            return top
    except metadata.PackageNotFoundError:
        pass
    return next(iter(_distributions().get(top, ())), None)


@functools.cache
def _distributions() -> Any:
    """Distributions by the modules they bring: reads the list of files of each, a quarter of a second in all."""
    from importlib import metadata

    return metadata.packages_distributions()


def _near(path: Path | None) -> Callable[[str], bool]:
    """Tell modules that lie in the same folder as a file or package, where nothing is installed."""
    folder = None if path is None else path.parent.parent if path.name == "__init__.py" else path.parent

    @functools.cache
    def near(name: str) -> bool:
        there = module_path(name.partition(".")[0])
        return there is not None and folder is not None and there.is_relative_to(folder) and foreign(name, "") is None

    return near


def _layers(function: Any) -> Iterator[Any]:
    """A function, and those that it wraps."""
    while function is not None:
        if inspect.isfunction(function):
            yield function
        function = getattr(function, "__wrapped__", None)


def _held(function: Any) -> dict[str, Any]:
    """What a function holds besides its source: enclosing variables, and defaults that were computed."""
    held = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # nothing was assigned to it yet
            held[name] = cell.cell_contents
    held.pop("__class__", None)  # of super()
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return {**held, **({"defaults": defaults} if defaults else {})}


def _functions_of(member: Any) -> Iterator[Any]:
    """Functions in a member of a class."""
    if isinstance(member, (staticmethod, classmethod)):
        yield member.__func__
    elif isinstance(member, property):
        yield from (one for one in (member.fget, member.fset, member.fdel) if one)
    elif isinstance(member, functools.cached_property):
        yield member.func
    elif is_code(member) and inspect.isfunction(inspect.unwrap(member)):
        yield member
