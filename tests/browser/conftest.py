"""Stored runs of real flows, `scalebridge ui` over them, and Chromium in front of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `onlookers`, which importlib mode does not find
from onlookers import AXES, CHROMIUM, HOSTILE, QUIET, Looked, Seen

FLOW = Path(__file__).with_name("looked_at.py")


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looked]:
    """Two runs that differ, a hostile one, a failed one, a sweep with failed points; and the pages over them."""
    if not Path(CHROMIUM).exists():
        pytest.fail("not shown: Chromium is not here; `make browser`, as root")
    folder = tmp_path_factory.mktemp("looked")
    shutil.copy(FLOW, folder)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SCALEBRIDGE_", "PREFECT_", "DASK_"))}
    places = {"HOME": str(folder), "SCALEBRIDGE_HOME": str(folder / "home"), "SCALEBRIDGE_STORE": str(folder / "store")}
    environment = kept | places | {"OMP_NUM_THREADS": "1"}
    made = Looked(environment, "", {}, folder)
    flow = FLOW.name
    for name, words in {
        "first": ["run", flow],
        "second": ["run", flow, "-p", "amplitude=3 K"],
        "hostile": ["run", flow, "-p", f"label={HOSTILE}"],
        "failed": ["run", flow, "-p", "stress=950 MPa"],
        "sweep": ["sweep", flow, *AXES],
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
        server.communicate(timeout=10)
        subprocess.run([sys.executable, "-m", "bridge.run.server", "stop"], env=environment, check=False, timeout=60)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, without a screen; what drives it has an event loop, in which no other test must begin one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def seen(chromium: Any, looked: Looked, request: pytest.FixtureRequest) -> Iterator[Seen]:
    """A fresh page, which must end without anything that is wrong; ``indirect`` gives its size and colours."""
    given = getattr(request, "param", {})
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, **given)
    made = Seen(context.new_page(), looked.address)
    yield made
    context.close()
    assert made.wrong == []
