"""Stored runs of real flows, `scalebridge ui` over them, and Chromium in front of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

HERE = Path(__file__).parent
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


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    """Two runs that differ, a hostile one, a failed one, a sweep with failed points; and the pages over them."""
    if not Path(CHROMIUM).exists():
        pytest.fail("not shown: Chromium is not here; `make browser`, as root")
    folder = tmp_path_factory.mktemp("looked")
    shutil.copy(HERE / "looked_at.py", folder)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_", "DASK_"))}
    places = {"HOME": str(folder), "SCALEBRIDGE_HOME": str(folder / "home"), "SCALEBRIDGE_STORE": str(folder / "store")}
    environment = kept | places | {"OMP_NUM_THREADS": "1"}
    made = Looked(environment, "", {}, folder)
    flow = "looked_at.py"
    for name, words in {
        "first": ["run", flow],
        "second": ["run", flow, "-p", "amplitude=3 K"],
        "hostile": ["run", flow, "-p", f"label={HOSTILE}"],
        "failed": ["run", flow, "-p", "stress=950 MPa"],
        "sweep": [
            "sweep",
            flow,
            "-p",
            "stress=100 MPa .. 950 MPa : 6",
            "-p",
            "amplitude=1 K, 2 K, 3 K",
            "-p",
            "size=64",
        ],
    }.items():
        begun = made.begin(*words, "--json")
        said, _ = begun.communicate(timeout=300)
        made.runs[name] = json.loads(said)["id"]
    server = made.begin("ui", "--port", "0", "--no-browser", "--json")
    try:
        assert server.stdout is not None
        address = json.loads(server.stdout.readline())["address"]
        yield Looked(environment, address.rstrip("/"), made.runs, folder)
    finally:
        server.terminate()
        server.wait(timeout=10)
        subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=60)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, without a screen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


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

    def open(self, path: str) -> Any:
        """Go to a page of the site."""
        self.page.goto(f"{self.address}{path}", wait_until="load")
        return self.page


@pytest.fixture
def seen(chromium: Any, looked: Looked, request: pytest.FixtureRequest) -> Iterator[Seen]:
    """A fresh page, which must end without anything that is wrong; ``indirect`` gives its size and colours."""
    given = getattr(request, "param", {})
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, **given)
    made = Seen(context.new_page(), looked.address)
    yield made
    context.close()
    assert made.wrong == []
