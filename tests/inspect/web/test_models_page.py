"""Pages of models: what is registered, what is broken and why, one interface, and the runs that used it."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from reading import Reader
from small_store import chain

from bridge.inspect.web import looking
from bridge.inspect.web.pages import models
from bridge.inspect.web.prose import inline, prose
from bridge.registry import entries, refresh
from bridge.registry.offers import Entry
from bridge.store.store import Store

MODEL = '''
"""Growth of yeast on `sugar`.

Where μ is the rate::

    dN/dt = μ N        (1)

See J. Monod, Annu. Rev. Microbiol. 3, 371 (1949) <script>alert(1)</script>.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from bridge import Scale, StandardErrorOf, Within, model


@dataclass(frozen=True)
class Broth:
    sugar: Annotated[float, "g/l", Within(0)]
    course: Annotated[NDArray[np.float64], "1/h", ("time", "xyz=3")]


@dataclass(frozen=True)
class Growth:
    rate: Annotated[float, "1/h", Within(0)]
    rate_error: Annotated[float, "1/h", StandardErrorOf("rate")]
    broth: Broth


print("hello \\x1b[31m<b>there</b>")


@model("yeast.growth", scale=Scale("cells \\u202e<i>", length="1 um .. 1 mm", time="1 min .. 1 d"), depends=["numpy"])
def growth(
    broth: Broth,
    temperature: Annotated[float, "degC", Within(0, 60)] = 30.0,
    *,
    law: Literal["monod", "blackman"] = "monod",
    label: str = "\\"><img src=x onerror=1>",
) -> Growth:
    """How fast {{7*7}} yeast grows, by `law`.

    The rate is μ S / (K + S)::

        μ = 0.4 / h
        K = 1 g/l

    What decides:
    - the ``broth``, see `yeast.growth`
    - `temperature`, and
      what else there is

    :func:`numpy.exp` is called. 3 - 2 is one
    - and this is a minus.
    """
    return Growth(1.0, 0.1, broth)
'''


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder in which what is known of installed plugins stays."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two plugins that are used in place: one works, one raises where it is imported."""
    return _two_plugins(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def plugins(shelf: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The two plugins and no others: what is installed takes its time to be looked at."""
    monkeypatch.setattr(looking, "entries", _of_the_two)
    yield from _offered(shelf, home, monkeypatch)


@pytest.fixture
def new_plugins(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two plugins that nobody has looked at."""
    monkeypatch.setattr(looking, "entries", _of_the_two)
    yield from _offered(_two_plugins(tmp_path / "plugins"), home, monkeypatch)


@pytest.fixture
def all_plugins(shelf: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The two plugins beside all that are installed."""
    yield from _offered(shelf, home, monkeypatch)


def _of_the_two() -> dict[str, Entry]:
    return {name: entry for name, entry in entries().items() if name.split(".")[0] in ("yeast", "worse")}


def _offered(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(home))
    monkeypatch.setenv("SCALEBRIDGE_PLUGINS", str(folder))
    monkeypatch.setattr(looking.LOOKING, "_last", None)
    refresh()
    yield folder
    monkeypatch.undo()
    looking.LOOKING._last = None
    refresh()


def _two_plugins(folder: Path) -> Path:
    _plugin(folder / "yeast", "yeast", MODEL, "growth")
    _plugin(folder / "worse", "worse", "raise OSError('<script>alert(2)</script> no more paper')", "growth")
    return folder


def _plugin(folder: Path, name: str, source: str, model: str) -> None:
    (folder / f"bridge_{name}").mkdir(parents=True)
    (folder / f"bridge_{name}" / "__init__.py").write_text(source)
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "scalebridge-{name}"\nversion = "1.2"\n'
        f'[project.entry-points."bridge.models"]\n"{name}.{model}" = "bridge_{name}:{model}"\n'
    )


def settled(reader: Reader, address: str) -> str:
    """The page once all plugins were looked at."""
    end = time.monotonic() + 200
    while "data-again" in (page := reader.get(address)).text:
        assert page.status_code == 200
        assert time.monotonic() < end
        time.sleep(0.2)
    assert page.status_code == 200
    return page.text


def test_models_are_listed_by_scale_and_broken_ones_with_their_reasons(reader: Reader, new_plugins: Path) -> None:
    first = reader.get("/models")
    assert "being looked at for the first time" in first.text.lower()
    assert "scalebridge-yeast 1.2" in first.text
    page = settled(reader, "/models")
    assert '<a href="/models/yeast.growth">' in page
    assert "1 um .. 1 mm" in page
    assert "1 min .. 1 d" in page
    assert "in place" in page
    broken = page[page.index("<h2>Broken") :]
    assert "worse.growth" in broken
    assert "no more paper" in broken
    assert "How fast {{7*7}} yeast grows" in page
    for hostile in ("<script>alert", "<i>", "\x1b", "\u202e", "<img"):
        assert hostile not in page


@pytest.mark.science
def test_every_installed_model_has_a_page(reader: Reader, all_plugins: Path) -> None:
    page = settled(reader, "/models")
    named = [name for name in entries() if f'<a href="/models/{name}">' in page]
    assert len(named) > 20
    for name in named:
        assert reader.get(f"/models/{name}").status_code == 200


def test_words_find_models(reader: Reader, plugins: Path) -> None:
    settled(reader, "/models")
    assert "yeast.growth" in settled(reader, "/models?words=YEAST%20grows")
    assert "worse.growth" not in settled(reader, "/models?words=YEAST%20grows")
    nothing = settled(reader, "/models?words=%22%3E%3Cscript%3E")
    assert "No model has all of these words" in nothing
    assert '"&#34;&gt;&lt;script&gt;"' in nothing.replace("value=", "")


def test_a_model_shows_its_ports_with_units_and_what_is_valid(reader: Reader, plugins: Path) -> None:
    page = settled(reader, "/models/yeast.growth")
    rows = {re.sub(r"<[^>]+>|\s+", " ", row).strip() for row in re.findall(r"<tr>.*?</tr>", page, re.S)}
    said = {re.sub(r"\s+", " ", row) for row in rows}
    assert "broth record" in said
    assert "sugar float g/l at least 0" in said
    assert "course float64 array 1/h time, xyz=3" in said
    assert "temperature float °C between 0 and 60 30" in said or "temperature float degC between 0 and 60 30" in said
    assert "law one of monod, blackman monod" in said
    assert "rate_error float 1/h standard error of rate" in said
    for words in ("scalebridge-yeast 1.2", "bridge_yeast:growth", str(plugins / "yeast"), "numpy", "hello"):
        assert words in page
    for hostile in ("<script>alert", "<b>", "<i>", "\x1b", "\u202e", "<img", " 49 "):
        assert hostile not in page


def test_a_docstring_is_set_as_it_was_meant(reader: Reader, plugins: Path) -> None:
    page = settled(reader, "/models/yeast.growth")
    assert "<p>The rate is μ S / (K + S):</p>\n<pre>μ = 0.4 / h\nK = 1 g/l</pre>" in page
    assert "<p>What decides:</p><ul><li>the <code>broth</code>, see <code>yeast.growth</code></li>" in page
    assert "<li><code>temperature</code>, and\nwhat else there is</li></ul>" in page
    assert "<p><code>numpy.exp</code> is called. 3 - 2 is one\n- and this is a minus.</p>" in page
    assert "<pre>dN/dt = μ N        (1)</pre>" in page
    assert "J. Monod" in page


def test_a_plugin_that_ends_the_interpreter_leaves_the_pages(reader: Reader, new_plugins: Path) -> None:
    (new_plugins / "worse" / "bridge_worse" / "__init__.py").write_text("import os; os._exit(3)")
    page = settled(reader, "/models/worse.growth")
    assert "ends the interpreter (exit status 3)" in page
    assert "bridge_yeast" not in sys.modules
    settled(reader, "/models/yeast.growth")
    assert "bridge_yeast" not in sys.modules


def test_a_plugin_that_was_edited_is_looked_at_again(
    reader: Reader, new_plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FRESH", 0.0)
    settled(reader, "/models/worse.growth")
    source = MODEL.replace("yeast.growth", "worse.growth").replace("1 um .. 1 mm", "3 um .. 4 mm")
    (new_plugins / "worse" / "bridge_worse" / "__init__.py").write_text(source)
    assert "3 um .. 4 mm" in settled(reader, "/models/worse.growth")


def test_models_are_looked_at_once_though_nothing_can_be_kept(
    reader: Reader, new_plugins: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "no folder").write_text("")
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "no folder"))
    monkeypatch.setattr(looking, "FRESH", 0.0)
    looks, look = [], looking.verdicts
    monkeypatch.setattr(looking, "verdicts", lambda models: looks.append(len(models)) or look(models))
    assert "How fast" in settled(reader, "/models")
    assert "How fast" in reader.get("/models").text
    assert len(looks) == 1


def test_what_cannot_be_looked_at_is_broken_and_said_so(
    reader: Reader, new_plugins: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(models: object) -> None:
        raise BlockingIOError("no process to be had")

    monkeypatch.setattr(looking, "verdicts", none)
    monkeypatch.setattr(looking, "LOOKING", looking.Looking())
    monkeypatch.setattr(models, "LOOKING", looking.LOOKING)
    page = settled(reader, "/models/yeast.growth")
    assert "yeast.growth could not be looked at: BlockingIOError: no process to be had" in page


def test_runs_that_used_a_model_are_listed_the_newest_first(reader: Reader, store: Store, plugins: Path) -> None:
    stages = [{"name": "a", "model": "yeast.growth"}, {"name": "b", "model": "gone.model"}]
    names = [chain(store, f"run{i}", 1, flow=f"brew{i}", stages=stages)[0] for i in range(3)]
    page = settled(reader, "/models/yeast.growth")
    found = [page.index(f'<a href="/runs/{name}">') for name in sorted(names, reverse=True)]
    assert found == sorted(found)
    assert "brew2" in page
    listed = settled(reader, "/models")
    assert re.search(r'yeast\.growth.*?<td class="number">3</td>', listed, re.S)
    assert "not installed here" in listed
    gone = reader.get("/models/gone.model")
    assert gone.status_code == 200
    assert "it is not installed here" in gone.text
    assert f'<a href="/runs/{names[0]}">' in gone.text


@pytest.mark.parametrize(
    "name", ["yeast.growht", "%3Cscript%3E", "x" * 5000, "a'%20OR%201=1", "..%2f..", "%00", "%ED%A0%80", "{{7*7}}"]
)
def test_what_is_no_model_is_not_found(reader: Reader, plugins: Path, name: str) -> None:
    page = reader.get(f"/models/{name}")
    assert page.status_code == 404
    assert "<script>" not in page.text
    assert "\0" not in page.text
    if name == "yeast.growht":
        assert "yeast.growth" in page.text


def test_prose_lets_nothing_through() -> None:
    assert str(inline("`<b>` <b> \x1b \u202e `")) == "<code>&lt;b&gt;</code> &lt;b&gt; ⟨001B⟩ ⟨202E⟩ `"
    where = {"a b": "/models/a%20b"}.get
    assert str(prose("1. `a b`\n2. two", where)) == (
        '<ol><li><a href="/models/a%20b"><code>a b</code></a></li><li>two</li></ol>'
    )
    assert str(prose("")) == ""
    assert str(prose("\n\n    only <code>\n      deep\n\n")) == "<pre>only &lt;code&gt;\n  deep</pre>"
