"""Stored runs by what they are for, and a page of the browser that tells what went wrong in it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

COMMAND = str(Path(sys.executable).with_name("scalebridge"))
CHROMIUM = "/usr/bin/chromium"
#: Without these Chromium asks hosts of its maker, which a test must not.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
AXES = ("-p", "stress=100 MPa .. 950 MPa : 6", "-p", "amplitude=1 K, 2 K, 3 K", "-p", "size=64")
HOSTILE = '<script>window.taken=1</script>"><img src=x onerror="window.taken=1">{{7*7}}\u202egnp.exe'


@dataclass(frozen=True)
class Looked:
    """A user with stored runs by what they are for."""

    environment: dict[str, str]
    address: str
    runs: dict[str, str]
    folder: Path

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command of this user."""
        pipe = subprocess.PIPE
        return subprocess.Popen([COMMAND, *words], env=self.environment, cwd=self.folder, text=True, stdout=pipe)


@dataclass
class Seen:
    """A page of the browser, and what must not happen in it: errors, dialogs, requests to elsewhere."""

    page: Any
    address: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        own = urlsplit(self.address).netloc
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.wrong.append(said.text))
        self.page.on("pageerror", lambda reason: self.wrong.append(str(reason)))
        self.page.on("dialog", lambda dialog: (self.wrong.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda asked: self._asked(asked.url, own))
        self.page.on("response", lambda got: got.status >= 400 and self.wrong.append(f"{got.status} {got.url}"))

    def _asked(self, url: str, own: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != own:
            self.wrong.append(f"asked {url}")

    def until(self, condition: Callable[[], Any], timeout: float = 30) -> None:
        """Wait for something to become true; the page's own rules forbid what Playwright would wait with."""
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, f"it did not happen within {timeout:g} s"
            self.page.wait_for_timeout(50)

    def open(self, path: str) -> Any:
        """Go to a page of the site."""
        self.page.goto(f"{self.address}{path}", wait_until="load")
        return self.page
