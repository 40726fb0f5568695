"""What the author of a plugin wants to know before others use it: one line for everything that was looked at."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from bridge import registry
from bridge.inspect.table import table
from bridge.places import plugin_variable, use_in_place
from bridge.registry import Entry, entries
from bridge.registry.allowing import normal
from bridge.registry.inplace import InPlace, distributions
from bridge.registry.probe import PATIENCE, Verdict
from bridge.registry.requirements import unmet
from bridge.registry.verdicts import verdicts

#: Lines that are kept of what tests that fail say at last.
LAST = 12


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that was looked at: whether it is as it must be, what was seen, and what to write if it is not."""

    what: str
    good: bool
    seen: str
    write: str = ""


def examine(folder: Path, *, with_tests: bool = False, patience: float = PATIENCE) -> list[tuple[str, list[Finding]]]:
    """Look at the plugin of a folder, or at those of its folders: each with its findings.

    Its models are loaded in a process of their own, ``patience`` seconds at most each. Raises ContractError where
    there is no plugin.
    """
    found = distributions(folder)
    use_in_place([str(folder)])
    registry.refresh()
    return [(one.name, list(_findings(one, with_tests, patience))) for one in found]


def _findings(plugin: InPlace, with_tests: bool, patience: float) -> Iterator[Finding]:
    if plugin.fault:
        yield Finding("pyproject.toml", False, plugin.fault)
        return
    yield from _project(plugin)
    mine = {name: entry for name, entry in entries().items() if name in plugin.models}
    judged = verdicts(mine.values(), again=True, patience=patience)
    for name, entry in mine.items():
        yield from _model(entry, judged[name])
    yield from _readme(plugin)
    yield from _tests(plugin, with_tests)


def _project(plugin: InPlace) -> Iterator[Finding]:
    """What its pyproject.toml says."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        Version(plugin.version)
        yield Finding("pyproject.toml", True, f"{plugin.name} {plugin.version}, {_count(len(plugin.models), 'model')}")
    except InvalidVersion:
        yield Finding("version", False, f"{plugin.version!r} is no version", "version = '0.1.0'")
    try:
        python = SpecifierSet(plugin.project.get("requires-python", ""))
        here = ".".join(map(str, sys.version_info[:3]))
        if here not in python:
            yield Finding("python", False, f"it requires Python {python}, this is {here}", "requires-python = '>=3.11'")
    except InvalidSpecifier as reason:
        yield Finding("python", False, str(reason), "requires-python = '>=3.11'")
    offer = next(
        o for name in plugin.models for o in entries()[name].offers if normal(o.distribution) == normal(plugin.name)
    )
    requires = plugin.project.get("dependencies", [])
    named = {normal(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in requires}
    if "scalebridge" not in named:
        yield Finding("requirements", False, "scalebridge is not among them", "dependencies = ['scalebridge', …]")
    elif missing := unmet(offer):
        yield Finding("requirements", False, missing.partition(": pip")[0], missing.rpartition(": ")[2].rstrip("."))
    else:
        yield Finding("requirements", True, ", ".join(requires))
    for package in sorted({value.partition(":")[0].split(".")[0].strip() for value in plugin.models.values()}):
        elsewhere = PathFinder.find_spec(package, [path for path in sys.path if path != str(plugin.root)])
        origin = Path(elsewhere.origin).resolve() if elsewhere and elsewhere.origin else None
        if origin and not origin.is_relative_to(plugin.folder.resolve()) and not _installed(plugin, package):
            yield Finding("package", False, f"{package} is also at {origin.parent}", f"another name than {package}")


def _installed(plugin: InPlace, package: str) -> bool:
    """Whether what is installed under the plugin's own name brings this package."""
    from importlib import metadata

    return any(normal(name) == normal(plugin.name) for name in metadata.packages_distributions().get(package, ()))


def _model(entry: Entry, verdict: Verdict) -> Iterator[Finding]:
    """What loading one of its models came to, and what it says of itself."""
    what = f"model {entry.name}"
    if "broken" in verdict:
        yield Finding(what, False, verdict["broken"])
        return
    yield Finding(what, True, _ports(verdict))
    if said := verdict.get("printed"):
        yield Finding(
            what, False, f"it prints when it is imported: {said.splitlines()[0]!r}", "what it says into a log"
        )
    if not verdict["summary"]:
        yield Finding(what, False, "it has no docstring", '"""Amount that is left of …""" below its signature')
    elif not verdict["summary"].rstrip().endswith("."):
        yield Finding(
            what, False, f"the first line of its docstring is no sentence: {verdict['summary']!r}", "a full stop"
        )
    if not any(verdict["ranges"]):
        yield Finding(what, False, "its scale has neither length nor time", "Scale('…', length='1 nm .. 1 um')")


def _ports(verdict: Verdict) -> str:
    def listed(ports: dict[str, str]) -> str:
        return ", ".join(f"{name} {kind}" for name, kind in ports.items()) or "nothing"

    return f"{listed(verdict['inputs'])} → {listed(verdict['outputs'])}"


def _readme(plugin: InPlace) -> Iterator[Finding]:
    stated = plugin.project.get("readme", "README.md")
    path = plugin.folder / (stated if isinstance(stated, str) else stated.get("file", "README.md"))
    if not path.is_file():
        yield Finding("README", False, f"there is no {path.name}", "one with the equations and their validity")
        return
    words = path.read_text(encoding="utf-8", errors="replace")
    if missing := [name for name in plugin.models if name not in words]:
        yield Finding(
            "README", False, f"{path.name} does not name {', '.join(missing)}", "equations, validity, references"
        )
    else:
        yield Finding("README", True, f"{path.name} names every model")


def _tests(plugin: InPlace, run: bool) -> Iterator[Finding]:
    files = sorted((plugin.folder / "tests").rglob("test_*.py")) if (plugin.folder / "tests").is_dir() else []
    if not files:
        yield Finding("tests", False, "there is no tests/test_*.py", "one that calls bridge.testing.check_model")
        return
    if not any("check_model" in path.read_text(encoding="utf-8", errors="replace") for path in files):
        yield Finding("tests", False, "none of them calls check_model", "from bridge.testing import check_model")
    if not run:
        yield Finding("tests", True, f"{_count(len(files), 'file')}, not run: add --test")
        return
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=plugin.folder,
        env={**os.environ, **plugin_variable()},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if done.returncode == 0:
        yield Finding("tests", True, lines[-1] if lines else "passed")
    else:
        yield Finding("tests", False, "\n".join(lines[-LAST:]), f"pytest, in {plugin.folder}, until they pass")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def well(found: Sequence[tuple[str, list[Finding]]]) -> bool:
    """Whether nothing is wrong."""
    return all(one.good for _, findings in found for one in findings)


def document(found: Sequence[tuple[str, list[Finding]]]) -> dict[str, Any]:
    """An examination in JSON."""
    plugins = [{"plugin": name, "findings": [dataclasses.asdict(one) for one in findings]} for name, findings in found]
    return {"well": well(found), "plugins": plugins}


def text(found: Sequence[tuple[str, list[Finding]]]) -> str:
    """An examination as people read it: a line a finding, and what to write."""
    words: list[str] = []
    for name, findings in found:
        rows = [("ok" if one.good else "wrong", one.what, one.seen.partition("\n")[0]) for one in findings]
        words += [*([name] if len(found) > 1 else []), table(rows), ""]
        wrong = [one for one in findings if not one.good]
        words += [f"{one.what}: {one.seen}\n" for one in wrong if "\n" in one.seen]
        words += [f"  {one.what}: write {one.write}" for one in wrong if one.write]
        words.append(f"{len(wrong)} of {len(findings)} are wrong" if wrong else f"all is well with {name}")
    return "\n".join(words)
