"""Which distributions may bring models here: all of them, unless the file ``plugins.toml`` of the state folder says."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

from bridge.errors import ContractError
from bridge.places import home


def normal(name: str) -> str:
    """A distribution's name as it is compared: ``Scalebridge_Creep`` is ``scalebridge-creep``."""
    return re.sub(r"[-_.]+", "-", name).lower()


def file() -> Path:
    """Where the restriction is kept."""
    return home() / "plugins.toml"


def allowed() -> frozenset[str] | None:
    """Names of the distributions that may bring models; None where all may. Raises ContractError."""
    try:
        text = file().read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as reason:
        raise ContractError(f"{file()} cannot be read ({reason}), which says what plugins may be loaded.") from None
    again = "Write it anew: scalebridge plugins allow DISTRIBUTION…, or --all."
    try:
        names = tomllib.loads(text).get("allow")
    except tomllib.TOMLDecodeError as reason:
        raise ContractError(f"{file()} is no TOML: {reason}. {again}") from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ContractError(f"{file()} has no list 'allow' of distributions. {again}")
    return frozenset(map(normal, names))


def refusal(distribution: str, model: str) -> str:
    """Why a distribution may not be loaded, and what to type to allow it; empty where it may be."""
    only = allowed()
    if only is None or normal(distribution) in only:
        return ""
    return f"{model} is brought by {distribution}, which is not allowed: scalebridge plugins allow {distribution}"


def restrict(names: Iterable[str] | None) -> None:
    """Let only these distributions bring models from now on; None lifts the restriction.

    The file is written whole or not at all.
    """
    if names is None:
        file().unlink(missing_ok=True)
        return
    lines = "".join(f"    {json.dumps(name)},\n" for name in sorted(set(map(normal, names))))
    replace(file(), f"# written by scalebridge plugins allow\nallow = [\n{lines}]\n")


def replace(path: Path, text: str) -> None:
    """Write a file aside and put it in its place in one step."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(place, "w", encoding="utf-8") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
