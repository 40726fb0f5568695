"""The site builds without a warning, loads nothing from outside, and has everything in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from sphinx.util.inventory import InventoryFile

import bridge
from bridge.registry import entries

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(1200)  # half a minute of one core, on a machine that may have other things to do


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from nothing."""
    folder = tmp_path_factory.mktemp("site")
    words = ["-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "-c", "docs", "-d", folder / "trees"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCALEBRIDGE_")}
    done = subprocess.run(
        [sys.executable, *words, ".", folder / "html"],
        cwd=ROOT,
        env=environment | {"SCALEBRIDGE_HOME": str(folder / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_nothing_is_loaded_from_outside(site: Path) -> None:
    outside = re.compile(r"""<(?:script|img|iframe|link|source)[^>]*?\s(?:src|href)\s*=\s*["'](?:https?:)?//[^"']*""")
    imported = re.compile(r"""(?:@import\s+|url\()["']?(?:https?:)?//[^"')]*""")
    found = {
        f"{page.relative_to(site)}: {hit}"
        for page in site.rglob("*")
        if page.suffix in (".html", ".css")
        for hit in (outside if page.suffix == ".html" else imported).findall(page.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_the_front_door_leads_to_a_page(site: Path) -> None:
    (target,) = re.findall(r"url=([^\"]+)", (site / "index.html").read_text())
    assert (site / target).is_file()


def test_every_public_name_is_in_the_index(site: Path) -> None:
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data
    known = {name for kind, names in inventory.items() if kind.startswith("py:") for name in names}
    homes = {name: bridge._HOMES[name] for name in bridge.__all__}
    modules = {"ladder": "bridge.coupling.ladder"}
    modules |= {name: home for name, home in homes.items() if home == f"bridge.{name}"}
    places = {name: {f"bridge.{name}", f"{home}.{name}", modules.get(name)} for name, home in homes.items()}
    assert sorted(name for name, place in places.items() if not place & known) == []


def test_every_model_of_the_repository_is_on_a_page(site: Path) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in (site / "docs/reference/models").glob("*.html"))
    own = {re.search(r'^name = "([^"]+)"', file.read_text(), re.M)[1] for file in ROOT.glob("plugins/*/pyproject.toml")}  # type: ignore[index]
    models = [name for name, entry in entries().items() if entry.distribution in own]
    assert len(models) > 100
    assert [name for name in models if f'id="model-{re.sub("[._]", "-", name)}"' not in pages] == []


def test_every_page_is_reached_from_the_first(site: Path) -> None:
    first = (site / "docs/index.html").read_text(encoding="utf-8")
    for page in ("tutorial.html", "howto/plugin.html", "reference/commands.html", "decisions/README.html"):
        assert f'href="{page}"' in first


def test_every_link_within_the_site_leads_to_a_place_that_is_there(site: Path) -> None:
    found = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    places = {page: set(re.findall(r'\sid="([^"]+)"', text)) for page, text in found.items()}
    broken = []
    for page, text in found.items():
        for link in re.findall(r'\shref="([^"]+)"', text):
            path, _, place = unquote(unescape(link)).partition("#")
            path = path.partition("?")[0]
            target = (page.parent / path).resolve() if path else page
            if ":" in path.partition("/")[0]:
                continue
            if not target.exists() or (place and target in places and place not in places[target]):
                broken.append(f"{page.relative_to(site)}: {link}")
    assert len(found) > 70
    assert broken == []
