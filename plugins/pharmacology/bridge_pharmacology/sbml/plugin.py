"""A whole plugin around one document: a distribution to install, with its model registered and a test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bridge_pharmacology.sbml.loading import Written, write
from bridge_pharmacology.sbml.refused import Refused

_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "scalebridge-{dashed}"
version = "0.1.0"
description = "A model made from SBML"
requires-python = ">=3.11"
dependencies = ["scalebridge", "scalebridge-pharmacology[sbml]"]

[project.entry-points."bridge.models"]
{entry_point}

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""

_TEST = """\
\"\"\"The model keeps what its declaration promises.\"\"\"

from bridge.testing import check_model
from {package}.{stem} import {stem}


def test_{stem}() -> None:
    check_model({stem}{inputs})
"""


def new(document: str | Path, folder: str | Path, **options: Any) -> Written:
    """Write a plugin into a folder that is empty or not there yet: `pip install FOLDER` registers its model.

    Options are those of `load`. Raises Refused as `load` does, and for a folder that holds anything.
    """
    place = Path(folder)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise Refused(f"{str(place)!r} is not empty: name a folder that is not there yet.")
    stem = re.sub(r"\W", "_", place.resolve().name.lower().removeprefix("scalebridge").strip("-_")) or "model"
    stem = f"model_{stem}" if stem[0].isdigit() else stem
    package = place / (stem if stem.startswith("bridge_") else f"bridge_{stem}")
    package.mkdir(parents=True)
    try:
        written = write(document, package, **options)
    except BaseException:
        package.rmdir()
        place.rmdir()
        raise
    (package / "__init__.py").write_text('"""A model made from SBML."""\n')
    (place / "pyproject.toml").write_text(
        _PROJECT.format(dashed=stem.replace("_", "-"), entry_point=written.entry_point, package=package.name)
    )
    (place / "tests").mkdir()
    required = "" if options.get("duration") is not None else f', duration="10 {written.time}"'
    (place / "tests" / f"test_{written.module.stem}.py").write_text(
        _TEST.format(package=package.name, stem=written.module.stem, inputs=required)
    )
    return written
