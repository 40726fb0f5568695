"""What came in with a request, read as what it must be: nothing in an address is trusted."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import Any

from starlette.requests import Request

from bridge.errors import ContractError

_KEY = re.compile(r"[0-9a-f]{64}")
#: Characters of one text in an address; more is none.
LONGEST = 2000


class BadRequest(ContractError):
    """An address that cannot be meant: answered with 400."""


class Missing(ContractError):
    """An address of something that is not there: answered with 404."""


class Asked:
    """The query of a request: each method reads one name of it. All raise BadRequest."""

    def __init__(self, request: Request) -> None:
        self._query = request.query_params

    def text(self, name: str, default: str = "", longest: int = LONGEST) -> str:
        """A text without what is no text: half characters and zero bytes."""
        found = self._query.get(name, default)
        if len(found) > longest or "\0" in found or not _whole(found):
            raise BadRequest(f"{name} is no text of at most {longest} characters.")
        return found

    def texts(self, name: str, most: int = 32, longest: int = LONGEST) -> list[str]:
        """All texts of a name that is given several times; empty ones are left out."""
        found = self._query.getlist(name)
        if len(found) > most or any(len(one) > longest or "\0" in one or not _whole(one) for one in found):
            raise BadRequest(f"{name} is given at most {most} times, each with at most {longest} characters.")
        return [one for one in found if one]

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number between two others, written in digits."""
        found = self._query.get(name, "")
        if not found:
            return default
        if not re.fullmatch(r"-?[0-9]{1,18}", found) or not least <= int(found) <= most:
            raise BadRequest(f"{name}={found[:40]!r} is no whole number from {least} to {most}.")
        return int(found)

    def wholes(self, name: str, most: int = 16) -> tuple[int, ...]:
        """Whole numbers divided by commas."""
        found = self.text(name, longest=20 * most)
        parts = found.split(",") if found else []
        if len(parts) > most or not all(re.fullmatch(r"-?[0-9]{1,18}", part) for part in parts):
            raise BadRequest(f"{name}={found[:40]!r} is no list of whole numbers such as 0,2,1.")
        return tuple(map(int, parts))

    def number(self, name: str) -> float | None:
        """A finite number, None where there is none."""
        found = self.text(name, longest=64)
        if not found:
            return None
        try:
            value = float(found)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise BadRequest(f"{name}={found!r} is no finite number such as 0.25 or 1e-9.")
        return value

    def one_of(self, name: str, of: Collection[str], default: str) -> str:
        """One of several words."""
        found = self._query.get(name) or default
        if found not in of:
            raise BadRequest(f"{name}={found[:40]!r} is none of {', '.join(of)}.")
        return found


def key_of(request: Request) -> str:
    """The content key in a request's path. Raises Missing."""
    key: Any = request.path_params["key"]
    if not _KEY.fullmatch(key):
        raise Missing(f"{key[:80]!r} is no key of an artifact: those are 64 digits and letters from a to f.")
    return str(key)


def port_path(text: str) -> tuple[str, ...]:
    """A port, or a field of a record, as ``outputs.field`` is written. Raises BadRequest."""
    parts = tuple(text.split("."))
    if len(parts) > 16 or not all(part.isidentifier() for part in parts):
        raise BadRequest(f"{text[:80]!r} is no port: those are written as diffusivity or growth.rate.")
    return parts


def _whole(text: str) -> bool:
    """Whether a text can be written down: no half characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
