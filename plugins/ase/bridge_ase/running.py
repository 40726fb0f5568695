"""Calculators made as their texts say, one for each set of atoms, in folders that vanish with the work."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from ase.calculators.calculator import CalculationFailed, CalculatorSetupError, FileIOCalculator, get_calculator_class
from ase.calculators.fd import FiniteDifferenceCalculator
from ase.calculators.genericfileio import GenericFileIOCalculator
from ase.calculators.names import builtin

from bridge_ase.engines import ENGINES, calculator, name_of
from bridge_ase.keywords import arguments

Make = Callable[[], Any]
"""Makes one calculator; each set of atoms has its own."""

STRAIN = 1e-4
"""Strain of the central differences of numerical stress: rounding 1e-10 of the energy, curvature 1e-8 of the stress."""

TABLES = {"emt": ("Al", "Cu", "Ag", "Au", "Ni", "Pd", "Pt", "H", "C", "N", "O")}
"""Elements, for calculators whose parameters are a table."""


@contextlib.contextmanager
def calculators(
    text: str, keywords: str, elements: Iterable[str], *, needs: Iterable[str] = (), stress: str = "calculator"
) -> Iterator[Make]:
    """A way to make calculators while the block runs; what they write lies in a folder of this block alone.

    ``needs`` names properties (``forces``, ``stress``) without which there is no sense in starting;
    ``stress="numerical"`` replaces the calculator's stress by central differences of its energy. Raises ValueError
    for keywords that the calculator does not know, elements it has no parameters for and properties it cannot give,
    all before any work; RuntimeError, with the last lines of its output, when its program fails.
    """
    name = name_of(calculator(text))
    of = frozenset(elements)
    _elements(name, of)
    with tempfile.TemporaryDirectory(prefix="ase-") as folder:
        number = count()

        def make() -> Any:
            made = _made(name, arguments(keywords), Path(folder) / str(next(number)), of)
            if stress == "calculator":
                return made
            free = "free_energy" in made.implemented_properties  # what forces and stress are derivatives of
            return FiniteDifferenceCalculator(made, None, STRAIN, force_consistent=free)

        given = set(make().implemented_properties)
        for one in needs:
            if one not in given:
                write = "stress='numerical'" if one == "stress" else "the name of another calculator"
                raise ValueError(f"the calculator {name!r} gives no {one}. Write {write}.")
        try:
            yield make
        except (subprocess.CalledProcessError, CalculationFailed) as reason:
            raise RuntimeError(f"the calculator {name!r} failed: {reason}{_last_lines(Path(folder))}") from reason


def _elements(name: str, elements: Iterable[str]) -> None:
    known = TABLES.get(name)
    without = [] if known is None else sorted(set(elements) - set(known))
    if without:
        raise ValueError(
            f"the calculator {name!r} has no parameters for {', '.join(without)}, only for {', '.join(known or ())}."
        )


def _made(name: str, given: dict[str, Any], folder: Path, elements: frozenset[str]) -> Any:
    """One calculator, with a folder of its own if it writes files. Raises ValueError for keywords it refuses."""
    if name == "abinit":
        from bridge_ase import abinit

        return abinit.made(given, folder, elements)
    kind = _class(name)
    _known(name, kind, given)
    try:
        if _writes_files(name, kind):
            return kind(directory=str(folder), **given)
        if name == "gpaw":
            return kind(**{"txt": None, **given})
        return kind(**given)
    except (TypeError, KeyError, ValueError, CalculatorSetupError) as reason:
        raise ValueError(f"the calculator {name!r} cannot be made with {given}: {reason}.") from reason


def _writes_files(name: str, kind: Any) -> bool:
    """Whether a calculator runs a program in a folder."""
    of_registry = name not in ENGINES and ":" not in name and name not in builtin
    return of_registry or (inspect.isclass(kind) and issubclass(kind, (GenericFileIOCalculator, FileIOCalculator)))


def refuse_unknown(text: str, keywords: str) -> None:
    """Refuse keywords that the class of a calculator would not take, without making one. Raises ValueError.

    Where the class cannot be imported, or takes any, only the stage can tell.
    """
    name, given = name_of(calculator(text)), arguments(keywords)
    if not given or name == "abinit":
        return
    try:
        kind = _class(name)
    except (ValueError, ImportError):
        return
    _known(name, kind, given)


def _class(name: str) -> Any:
    """The class of a calculator, or a function that makes one. Raises ValueError where it cannot be imported."""
    home = name if ":" in name else ENGINES[name].home if name in ENGINES else ""
    if not home:
        return get_calculator_class(name)
    module, _, attribute = home.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as reason:
        raise ValueError(f"the calculator {name!r} cannot be imported: {reason}.") from reason


def _known(name: str, kind: Any, given: dict[str, Any]) -> None:
    """Refuse keywords that the class would silently keep. Raises ValueError."""
    if name in ENGINES and ENGINES[name].closed:
        known = set(kind.default_parameters)
    else:
        parameters = inspect.signature(kind).parameters.values()
        if any(one.kind is one.VAR_KEYWORD for one in parameters):
            return  # only the calculator itself can tell
        known = {one.name for one in parameters}
    odd = sorted(set(given) - known)
    if odd:
        raise ValueError(
            f"the calculator {name!r} has no keyword {odd[0]!r}: it knows {', '.join(sorted(known)) or 'none'}."
        )


def _last_lines(folder: Path, lines: int = 20, files: int = 2) -> str:
    """The ends of what a failed program wrote last, for a message."""
    written = [one for one in folder.rglob("*") if one.is_file() and one.suffix in (".log", ".err", ".out", ".txt")]
    written = sorted((one for one in written if one.stat().st_size), key=lambda one: one.stat().st_mtime)
    said = ""
    for one in written[-files:]:
        text = one.read_text(errors="replace").strip().splitlines()[-lines:]
        said += f"\nThe end of {one.name}:\n" + "\n".join(text)
    return said
