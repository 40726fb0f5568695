"""Parameter records: four published effective Hamiltonians, and those of one's own as JSON files with units."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import numpy as np

from bridge import File, Q, model
from bridge_ferroelectric.interfaces import LATTICE, Hamiltonian

Material = Literal["BaTiO3 Wu-Cohen", "BaTiO3 ZVR", "PbTiO3", "KNbO3 Wu-Cohen"]
"""The published records."""

FILES = {
    "BaTiO3 Wu-Cohen": ("batio3_wu_cohen.json", "0441f226217ccebde13a65764b93f84c2984672f111e3b30edfaa39bc3f1064c"),
    "BaTiO3 ZVR": ("batio3_zvr.json", "5088fc360c3df61736e5792f3b9ab92b91750d1b31aafb9842a79d4411b34d2f"),
    "PbTiO3": ("pbtio3.json", "03787da661b72feb4c44e233aee27513f8a21240377f7ea570f7fb74cd7b1929"),
    "KNbO3 Wu-Cohen": ("knbo3_wu_cohen.json", "dfdd283095d83ea7769509b6fd264742020939aa43f63d50c3fdf712345a0507"),
}
"""File and SHA-256 of each: a digest here makes what is in the file part of a model's code."""

TEXTS = ("name", "functional", "source")


@dataclass(frozen=True)
class Record:
    """A record, its file (JSON with units and source) and where it comes from.

    `pressure` is the one that the record was published with at 0 K; `thermal_pressure` of the Hamiltonian,
    where it is not zero, is an alternative to it.
    """

    hamiltonian: Hamiltonian
    pressure: Annotated[float, "GPa"]
    file: Annotated[File, "application/json"]
    provenance: str


@model("ferroelectric.records", scale=LATTICE)
def records(material: Material) -> Record:
    """A published effective Hamiltonian, whole: no number of it is mixed with another's.

    BaTiO3 Wu-Cohen: T. Nishimatsu et al., Phys. Rev. B 82, 134106 (2010); BaTiO3 ZVR: W. Zhong, D. Vanderbilt
    and K. M. Rabe, Phys. Rev. B 52, 6301 (1995), local density approximation; PbTiO3 (local density
    approximation) and KNbO3 Wu-Cohen: the examples of feram.
    """
    return _record(published(material), digest_of(material))


@model("ferroelectric.record", scale=LATTICE)
def record(file: File) -> Record:
    """An effective Hamiltonian of one's own, from a JSON record in which every number has its unit.

    The form is that of the output `file` of `ferroelectric.records`: name, functional and source as texts,
    all else as {"value": …, "unit": "…"}, in any unit of the right dimension. Raises ValueError for what
    is missing, unknown, without a unit, of another dimension, or altered under its "sha256".
    """
    return _record(read(file.content), hashlib.sha256(file.content).hexdigest())


def _record(hamiltonian: Hamiltonian, digest: str) -> Record:
    where = f"{hamiltonian.name} ({hamiltonian.functional}): {hamiltonian.source} SHA-256 of the file: {digest}."
    return Record(hamiltonian, hamiltonian.pressure, write(hamiltonian), where)


def digest_of(material: str) -> str:
    """SHA-256 of a published record's file."""
    return FILES[material][1]


def published(material: str) -> Hamiltonian:
    """Read a published record. Raises ValueError for another name, RuntimeError for an altered file."""
    if material not in FILES:
        raise ValueError(f"no published record {material!r}, only {', '.join(FILES)}. Write material='BaTiO3 ZVR'.")
    name, digest = FILES[material]
    content = (Path(__file__).parent / "published" / name).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise RuntimeError(
            f"published/{name} is not the file that was published with this version: its SHA-256 differs from the one "
            "in records.py. Install the plugin again; for numbers of your own use ferroelectric.record."
        )
    return read(content)


def write(hamiltonian: Hamiltonian) -> File:
    """The JSON file of a record: a unit beside every number, and the SHA-256 of the rest."""
    content: dict[str, Any] = {name: getattr(hamiltonian, name) for name in TEXTS}
    for name, unit in units().items():
        value = getattr(hamiltonian, name)
        content[name] = {"value": np.asarray(value, float).tolist(), "unit": unit}
    content["sha256"] = _digest(content)
    return File((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode(), "application/json")


def read(content: bytes) -> Hamiltonian:
    """Read a JSON record. Raises ValueError, saying which entry is wrong and what to write instead."""
    try:
        entries = json.loads(content)
    except (UnicodeDecodeError, ValueError) as reason:
        raise ValueError(f"a parameter record is a JSON object; this file is not: {reason}.") from None
    if not isinstance(entries, dict):
        raise ValueError(f"a parameter record is a JSON object, got a {type(entries).__name__}.")
    claimed = entries.pop("sha256", None)
    if claimed is not None and claimed != _digest(entries):
        raise ValueError('this record was altered after its "sha256" was written. Remove that entry if it was you.')
    wanted = units()
    for what, names in (("lacks", {*TEXTS, *wanted} - set(entries)), ("knows no", set(entries) - {*TEXTS, *wanted})):
        if names:
            raise ValueError(f"a parameter record {what} {', '.join(sorted(names))}.")
    for name in TEXTS:
        if not isinstance(entries[name], str) or not entries[name]:
            raise ValueError(f'{name} is a text, got {entries[name]!r}. Write "{name}": "…".')
    numbers = {name: _quantity(name, entries[name], unit) for name, unit in wanted.items()}
    return Hamiltonian(**{name: entries[name] for name in TEXTS}, **numbers)


def units() -> dict[str, str]:
    """Unit of every number of a Hamiltonian."""
    hints = get_type_hints(Hamiltonian, include_extras=True)
    names = [field.name for field in dataclasses.fields(Hamiltonian) if field.name not in TEXTS]
    return {name: next(mark for mark in get_args(hints[name])[1:] if isinstance(mark, str)) for name in names}


def _quantity(name: str, entry: Any, unit: str) -> Any:
    """One number or j, in its port's unit."""
    example = f'Write "{name}": {{"value": {"[…]" if name == "j" else 1.0}, "unit": "{unit}"}}.'
    if not isinstance(entry, dict) or set(entry) != {"value", "unit"} or not isinstance(entry["unit"], str):
        raise ValueError(f"{name} has no unit: got {entry!r}. {example}")
    shape = (7,) if name == "j" else ()
    try:
        value = np.array(entry["value"], dtype=float)
    except (TypeError, ValueError):
        value = np.array(np.nan)
    if value.shape != shape or not np.isfinite(value).all() or isinstance(entry["value"], (str, bool)):
        wanted = "seven finite numbers" if shape else "one finite number"
        raise ValueError(f"{name} is {wanted}, got {entry['value']!r}. {example}")
    if entry["unit"] != unit:
        try:
            value = np.asarray(Q(value, entry["unit"]).to(Q(1, unit).units).magnitude, dtype=float)
        except Exception as reason:  # pint's errors have no common ancestor
            raise ValueError(f"{name} is in {unit}, got {entry['unit']!r}: {reason}. {example}") from None
    return value if shape else float(value)


def _digest(entries: dict[str, Any]) -> str:
    text = json.dumps(entries, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
