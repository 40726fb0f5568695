"""Plugins used in place: folders of ``SCALEBRIDGE_PLUGINS`` as if they were installed.

The distribution is read from its ``pyproject.toml``, so that whoever asks `importlib.metadata` for its version or its
entry points is answered, and its folder (or ``src`` in it) goes on the path.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import invalidate_caches, metadata
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from bridge.errors import ContractError
from bridge.places import plugin_folders
from bridge.registry.allowing import normal
from bridge.registry.offers import GROUP

TABLE = f'[project.entry-points."{GROUP}"]'


class InPlace(metadata.Distribution):
    """A distribution that is a folder with a ``pyproject.toml``; ``fault`` says why it cannot be read."""

    def __init__(self, folder: Path, project: Mapping[str, Any], fault: str = "") -> None:
        self.folder, self.project, self.fault = folder, project, fault

    @property
    def root(self) -> Path:
        """Folder that its packages are imported from: ``src`` if they are there, else the folder itself."""
        tops = {value.partition(":")[0].split(".")[0].strip() for value in self.models.values()}
        source = self.folder / "src"
        return (
            source if any((source / top).exists() or (source / f"{top}.py").exists() for top in tops) else self.folder
        )

    @property
    def models(self) -> Mapping[str, str]:
        """Its entry points that are models."""
        points: Mapping[str, str] = self.project.get("entry-points", {}).get(GROUP, {})
        return points

    def read_text(self, filename: str) -> str | None:
        """What the files of its installed metadata would say."""
        if filename == "METADATA":
            return "\n".join([*self._metadata(), "", ""])
        if filename == "entry_points.txt":
            groups = self.project.get("entry-points", {})
            return "".join(
                f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
                for group, points in groups.items()
            )
        return None

    def locate_file(self, path: Any) -> Any:
        """Where a file of it is."""
        return self.root / path

    def _metadata(self) -> Iterator[str]:
        project = self.project
        yield "Metadata-Version: 2.1"
        yield f"Name: {project.get('name', self.folder.name)}"
        yield f"Version: {project.get('version', 'without a version')}"
        if "description" in project:
            yield f"Summary: {' '.join(str(project['description']).split())}"
        for line in project.get("dependencies", ()):
            yield f"Requires-Dist: {line}"
        for extra, lines in project.get("optional-dependencies", {}).items():
            yield f"Provides-Extra: {extra}"
            for line in lines:
                wanted, _, marker = line.partition(";")
                also = f"({marker.strip()}) and " if marker.strip() else ""
                yield f"Requires-Dist: {wanted.strip()} ; {also}extra == '{extra}'"


class _Finder(MetaPathFinder):
    """Tells `importlib.metadata` of the distributions used in place; it finds no modules."""

    distributions: Sequence[InPlace] = ()
    paths: Sequence[str] = ()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return None

    def find_distributions(self, context: Any = None) -> Iterable[metadata.Distribution]:
        wanted = getattr(context, "name", None)
        return [one for one in self.distributions if wanted is None or normal(one.name) == normal(wanted)]


_finder = _Finder()


def place() -> None:
    """Use the plugins of ``SCALEBRIDGE_PLUGINS``, and no other folders any more. Raises ContractError."""
    folders = plugin_folders()
    if not folders and not _finder.distributions:
        return
    found = [one for folder in folders for one in distributions(folder)]
    names: dict[str, Path] = {}
    for one in found:
        if (other := names.setdefault(normal(one.name), one.folder)) != one.folder:
            raise ContractError(
                f"{other} and {one.folder} are both called {one.name}. Rename one, or give one of them."
            )
    for path in _finder.paths:
        if path in sys.path:
            sys.path.remove(path)
    _finder.distributions = found
    _finder.paths = list(dict.fromkeys(str(one.root) for one in found if not one.fault))
    sys.path[:0] = _finder.paths
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    invalidate_caches()


def distributions(folder: Path) -> list[InPlace]:
    """The plugins of a folder: itself, or those of its folders that are. Raises ContractError where there is none.

    Of a folder of plugins, one that cannot be read comes with its fault and leaves the others alone.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        raise ContractError(
            f"{folder} {what}: --plugins takes the folder of a plugin, and so does SCALEBRIDGE_PLUGINS, where a whole "
            "path holds in every folder. Write one: scalebridge plugins new NAME."
        )
    if (folder / "pyproject.toml").is_file():
        try:
            own = read(folder)
        except ContractError:
            if not _several(folder):
                raise
        else:
            return [own]
    if several := _several(folder):
        return several
    raise ContractError(
        f"{folder} is no plugin: it has no pyproject.toml with {TABLE}, nor has a folder in it. Write one: scalebridge"
        " plugins new NAME."
    )


def _several(folder: Path) -> list[InPlace]:
    found = []
    for project in sorted(folder.glob("*/pyproject.toml")):
        try:
            found.append(read(project.parent))
        except ContractError as reason:
            if GROUP in project.read_text(encoding="utf-8", errors="replace"):
                found.append(InPlace(project.parent, {"name": project.parent.name}, str(reason)))
    return found


def read(folder: Path) -> InPlace:
    """Read the distribution that a folder is. Raises ContractError, with what to write."""
    path = folder / "pyproject.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as reason:
        raise ContractError(f"{path} cannot be read: {reason}.") from None
    except tomllib.TOMLDecodeError as reason:
        raise ContractError(f"{path} is no TOML: {reason}.") from None
    project = document.get("project")
    if not isinstance(project, dict) or not isinstance(project.get("name"), str):
        raise ContractError(f"{path} has no [project] with a name. Write [project] and name = 'scalebridge-mine'.")
    points = project.get("entry-points", {})
    if not isinstance(points, dict) or not isinstance(points.get(GROUP), dict) or not points[GROUP]:
        raise ContractError(f'{path} registers no model. Write {TABLE} and "mine.decay" = "bridge_mine.models:decay".')
    if not isinstance(project.get("version"), str):
        raise ContractError(
            f"{path} has no version{_dynamic(project)}. Write version = '0.1.0' below [project], or install it:"
            f" pip install -e {folder}"
        )
    for group, listed in points.items():
        for name, value in listed.items() if isinstance(listed, dict) else [("", None)]:
            if not isinstance(value, str) or "\n" in f"{name}{value}":
                raise ContractError(f'{path}: entry point {name!r} of {group} is no text. Write "module:function".')
    listed = project.get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(line, str) and "\n" not in line for line in listed):
        raise ContractError(f"{path}: dependencies is no list of texts. Write dependencies = ['scalebridge'].")
    return InPlace(folder, project)


def _dynamic(project: Mapping[str, Any]) -> str:
    return " that stands in it (it is dynamic)" if "version" in project.get("dynamic", ()) else ""
