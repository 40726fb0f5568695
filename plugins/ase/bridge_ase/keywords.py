"""Keywords of a calculator, as the one text that a port carries: a JSON object, always spelt the same way."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

REFUSED = {"atoms", "command", "directory", "label", "profile", "restart", "ignore_bad_restart_file"}
"""Keywords that say where and how a calculator runs, or what it knows already: no part of what is computed."""


def keywords(text: str) -> str:
    """The keywords that a text means, sorted; files named in it with the digest of what they hold.

    ``{"potential": {"file": "Cu.eam"}}`` is read as ``{"potential": {"blake3": "…", "file": "Cu.eam"}}``: what a
    file holds belongs to the key of a result, its name does not say it. ``{"folder": …}`` is every file in a folder.
    Reading what this gives gives it back. Raises ValueError for what is no JSON object, a keyword given twice, a
    number that is none, a file that is not there, has changed or is named as a bare text.
    """
    given = _parsed(text)
    for name in given:
        if name in REFUSED:
            raise ValueError(
                f"the keyword {name!r} is not for a flow: where and how a calculator runs is told to ASE, by "
                "~/.config/ase/config.ini."
            )
    return json.dumps({name: _resolved(value, name) for name, value in given.items()}, sort_keys=True)


def arguments(text: str) -> dict[str, Any]:
    """What a calculator is called with: keywords with the paths of the files named in them. Raises ValueError."""
    return {name: _argument(value) for name, value in _parsed(keywords(text)).items()}


def _parsed(text: str) -> dict[str, Any]:
    try:
        given = json.loads(text, object_pairs_hook=_once, parse_constant=_number)
    except json.JSONDecodeError as reason:
        raise ValueError(
            f"{text!r} is no JSON object ({reason}). Write keywords='{{\"sigma\": 3.4}}', with double quotes inside, "
            "true, false and null."
        ) from None
    if not isinstance(given, dict):
        raise ValueError(f"{text!r} is no JSON object. Write keywords='{{\"sigma\": 3.4}}'.")
    return given


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the keyword {next(n for n in names if names.count(n) > 1)!r} is given twice: keep one.")
    return found


def _number(text: str) -> float:
    raise ValueError(f"{text} is no number that a keyword may have.")


def _is_path(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and bool({"file", "folder"} & value.keys())
        and value.keys()
        <= {
            "file",
            "folder",
            "blake3",
        }
    )


def _resolved(value: Any, at: str) -> Any:
    if _is_path(value):
        return _known(value, at)
    if isinstance(value, dict):
        return {name: _resolved(inside, f"{at}.{name}") for name, inside in value.items()}
    if isinstance(value, list):
        return [_resolved(inside, f"{at}[{place}]") for place, inside in enumerate(value)]
    if isinstance(value, str) and value and len(value) < 4096 and Path(value).is_file():
        raise ValueError(
            f'the keyword {at} is the bare name of a file, {value!r}. Write {{"file": "{value}"}}: what it holds is '
            "part of what is computed."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"the keyword {at} is {value}, which is no finite number.")
    return value


def _known(value: dict[str, Any], at: str) -> dict[str, Any]:
    from blake3 import blake3

    if len({"file", "folder"} & value.keys()) != 1 or not all(isinstance(one, str) for one in value.values()):
        raise ValueError(f'the keyword {at} names a file as {{"file": "PATH"}} or a folder as {{"folder": "PATH"}}.')
    (kind,) = {"file", "folder"} & value.keys()
    path = Path(value[kind])
    if not (path.is_file() if kind == "file" else path.is_dir()):
        raise ValueError(f"the keyword {at} names the {kind} {value[kind]!r}, which is not here.")
    digest = blake3()
    for one in [path] if kind == "file" else sorted(p for p in path.iterdir() if p.is_file()):
        digest.update(b"" if kind == "file" else one.name.encode() + b"\0")
        digest.update(blake3(one.read_bytes()).digest())
    here = digest.hexdigest()[:16]
    if value.get("blake3", here) != here:
        raise ValueError(
            f"the keyword {at} means the {kind} {value[kind]!r} as it was with the digest {value['blake3']}, and here "
            f"it has {here}. Write it without blake3 to mean what is here."
        )
    return {"blake3": here, kind: value[kind]}


def _argument(value: Any) -> Any:
    if _is_path(value):
        return str(Path(value.get("file") or value["folder"]).absolute())
    if isinstance(value, dict):
        return {name: _argument(inside) for name, inside in value.items()}
    return [_argument(inside) for inside in value] if isinstance(value, list) else value
