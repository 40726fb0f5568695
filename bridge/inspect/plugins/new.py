"""A new plugin: a folder with a distribution that passes its own tests, written whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from importlib import metadata
from pathlib import Path
from string import Template
from typing import Any

from bridge.errors import ContractError
from bridge.registry import entries
from bridge.registry.allowing import normal
from bridge.registry.offers import Offer

NAME = re.compile(r"[a-z](?:[a-z0-9]|[_-](?=[a-z0-9])){0,39}")
#: Names of packages that would be found in place of others.
TAKEN = frozenset({"bridge", "scalebridge", "tests", "test"})

#: Where each text goes; PACKAGE stands for the package's name.
FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
    ".github/workflows/test.yml": "test.yml.txt",
    "PACKAGE/__init__.py": "__init__.py.txt",
    "PACKAGE/models.py": "models.py.txt",
    "tests/test_models.py": "test_models.py.txt",
}
#: What stands in their place where the model is a program.
OF_A_PROGRAM = {
    "README.md": "README.md.txt",
    "pyproject.toml": "pyproject.toml.txt",
    "PACKAGE/models.py": "models.py.txt",
    "PACKAGE/decay.py": "decay.py.txt",
    "tests/test_models.py": "test_models.py.txt",
}


def write(name: str, folder: str | None = None, *, program: bool = False) -> dict[str, Any]:
    """Write the plugin ``name`` into the folder of that name, here or in ``folder``; tells what was written.

    Raises ContractError for a name that cannot be one or is taken, and for a folder that is there already.
    """
    distribution, package = _names(name)
    place = Path(folder or "", name)
    if os.path.lexists(place):
        raise ContractError(f"{place} is there already: take another name, or remove it.")
    words = {
        "name": name,
        "distribution": distribution,
        "package": package,
        "model": f"{name}.decay",
        "title": name.replace("_", " ").replace("-", " ").capitalize(),
        "description": "First-order decay" + (", by a program of its own" if program else ""),
        "version": metadata.version("scalebridge"),
    }
    texts = {path: ("template", text) for path, text in FILES.items()}
    if program:
        texts |= {path: ("template_program", text) for path, text in OF_A_PROGRAM.items()}
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{name}."))
    except OSError as reason:
        raise ContractError(f"{place} cannot be written: {reason}.") from None
    try:
        for path, (shelf, text) in texts.items():
            target = aside / path.replace("PACKAGE", package)
            target.parent.mkdir(parents=True, exist_ok=True)
            source = Path(__file__).with_name(shelf) / text
            target.write_text(Template(source.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
        aside.chmod(0o755)
        os.rename(aside, place)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    files = sorted(path.replace("PACKAGE", package) for path in texts)
    return {"folder": str(place), "distribution": distribution, "models": [f"{name}.decay"], "files": files}


def _names(name: str) -> tuple[str, str]:
    """Names of the distribution and of its package. Raises ContractError."""
    if not NAME.fullmatch(name):
        write = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:40] or "mine"
        raise ContractError(
            f"{name!r} is no name of a plugin: lower-case letters, digits, '-' and '_', a letter first, at most 40. "
            f"Write scalebridge plugins new {write}."
        )
    distribution, package = f"scalebridge-{name.replace('_', '-')}", f"bridge_{name.replace('-', '_')}"
    taken = [offer for entry in entries().values() for offer in entry.offers if _same(offer, distribution, package)]
    if name in TAKEN or taken:
        by = f": {taken[0]} is here" if taken else ""
        raise ContractError(f"the name {name!r} is taken{by}. Write another, such as my-{name}.")
    return distribution, package


def _same(offer: Offer, distribution: str, package: str) -> bool:
    return normal(offer.distribution) == distribution or offer.package == package


def described(written: dict[str, Any]) -> str:
    """What was written, and what to type next."""
    folder, (model, *_) = written["folder"], written["models"]
    return "\n".join(
        [
            f"{written['distribution']} is in {folder}, with the model {model}:",
            *(f"  {path}" for path in written["files"]),
            "next:",
            f"  scalebridge --plugins {folder} models {model}",
            f"  scalebridge plugins check {folder} --test",
            f"  pip install -e {folder}",
        ]
    )
