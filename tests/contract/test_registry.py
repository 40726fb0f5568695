"""Installed models come through entry points, are imported when asked for, and a broken one breaks nobody else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge import check, registry, stage
from bridge.errors import BrokenModel, UnknownName

GOOD = '''
from dataclasses import dataclass
from bridge import Scale, model

@dataclass(frozen=True)
class Out:
    x: float

@model("{name}", scale=Scale("s"))
def compute(x: float = 1.0) -> Out:
    """Compute."""
    return Out(x)

def plain(x): ...
'''

Install = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with one model: its metadata and its module, in a folder of its own on the path."""
    made: list[str] = []

    def make(
        name: str, *, distribution: str | None = None, source: str = GOOD, point: str = "compute", version: str = "1.2"
    ) -> str:
        distribution = distribution or f"bridge-test-{name}"
        module = distribution.replace("-", "_")
        folder = tmp_path / distribution
        info = folder / f"{module}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[bridge.models]\n{name} = {module}:{point}\n")
        (folder / f"{module}.py").write_text(source.replace("{name}", name))
        monkeypatch.syspath_prepend(str(folder))
        made.append(module)
        registry.refresh()
        return module

    yield make
    registry.refresh()
    for module in made:
        sys.modules.pop(module, None)


def test_an_installed_model_is_listed_without_being_imported_and_imported_when_found(install: Install) -> None:
    first, second = install("first"), install("second")
    assert {"first", "second"} <= set(registry.entries())
    assert not {first, second} & set(sys.modules)
    assert registry.entries()["first"].distribution == "bridge-test-first"
    assert registry.entries()["first"].version == "1.2"
    assert not {first, second} & set(sys.modules)
    assert registry.find("first").name == "first"
    assert first in sys.modules
    assert second not in sys.modules


def test_a_model_is_loaded_once_and_used_by_name_in_a_flow(install: Install) -> None:
    install("first")
    assert registry.find("first") is registry.find("first")
    assert list(check(lambda: stage("first").submit()).stages) == ["first"]


BROKEN = {
    "needs what is not there": (
        "import no_such_library",
        "compute",
        r"ModuleNotFoundError: No module named 'no_such_library'",
    ),
    "raises ImportError": ("raise ImportError('libfoo.so.3: cannot open')", "compute", "ImportError: libfoo.so.3"),
    "does not parse": ("def compute(:", "compute", "SyntaxError: invalid syntax"),
    "leaves the process": ("raise SystemExit(3)", "compute", "SystemExit: 3"),
    "divides by zero": ("1 / 0", "compute", "ZeroDivisionError: division by zero"),
    "has no such function": (GOOD, "gone", "AttributeError: .* no attribute 'gone'"),
    "points to a plain function": (GOOD, "plain", r"DeclarationError: 'plain' is not a model: write @model\("),
    "calls itself otherwise": (
        GOOD.replace("{name}", "other"),
        "compute",
        "calls itself 'other': the entry point and @model need one name",
    ),
    "has a wrong unit": (
        GOOD.replace("x: float = 1.0", "x: __import__('typing').Annotated[float, 'kelvinz'] = 1.0"),
        "compute",
        "DeclarationError: broken.x: 'kelvinz' is not a unit",
    ),
    "recurses for ever": ("def f(): f()\nf()", "compute", "RecursionError"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_model_is_listed_with_its_reason_while_the_rest_work(install: Install, how: str) -> None:
    source, point, reason = BROKEN[how]
    install("broken", source=source, point=point)
    install("works")
    assert {"broken", "works"} <= set(registry.entries())
    for _ in range(2):  # the second time too
        with pytest.raises(
            BrokenModel, match=rf"(?s)^broken \(bridge_test_broken:{point}, bridge-test-broken 1\.2\) .*{reason}"
        ):
            registry.find("broken")
    with pytest.raises(BrokenModel, match="broken"):
        check(lambda: stage("broken").submit())
    assert registry.find("works").name == "works"


def test_a_name_that_two_distributions_bring_is_broken_until_one_is_left(install: Install) -> None:
    install("twice", distribution="bridge-test-a")
    install("twice", distribution="bridge-test-b")
    install("works")
    assert registry.entries()["twice"].distribution == "bridge-test-a, bridge-test-b"
    with pytest.raises(BrokenModel, match="twice is installed by bridge-test-a, bridge-test-b: uninstall all but one"):
        registry.find("twice")
    assert registry.find("works").name == "works"


def test_a_distribution_found_twice_on_the_path_is_one(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    module = install("once")
    monkeypatch.setattr(sys, "path", [*sys.path, next(p for p in sys.path if p.endswith("bridge-test-once"))])
    registry.refresh()
    assert registry.find("once").function.__module__ == module


def test_an_unknown_name_offers_the_nearest_installed_one(install: Install) -> None:
    install("kmc.lattice_walk")
    with pytest.raises(UnknownName, match=r"no model is named 'kmc\.latice_walk'\. Did you mean 'kmc\.lattice_walk'"):
        registry.find("kmc.latice_walk")


def test_what_is_installed_meanwhile_is_seen_after_a_refresh(install: Install) -> None:
    known = registry.entries()
    install("later")
    assert "later" not in known
    assert "later" in registry.entries()


def test_the_registry_hands_out_a_copy(install: Install) -> None:
    install("first")
    registry.entries().clear()
    assert "first" in registry.entries()
