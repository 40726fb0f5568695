"""The list of runs: what it shows, what it is asked for, how one goes on in it."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from reading import Reader
from small_store import begun, record, write_record

from bridge.store.store import Store

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7717*7717}}",
    "\x1b[31mred",
    "\u202egnorw",
    "'; --",
]
SWEEP = {
    "points": 14,
    "axes": [{"dim": "x", "columns": [{"name": "x", "values": ["1 m", "2 m"], "distinct": 2}]}],
    "executions": {"fine": 7, "coarse": 14},
    "found": {"fine": 2, "coarse": 0},
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCALEBRIDGE_HOME", str(tmp_path / "home"))


class Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def filled(store: Store, count: int) -> list[str]:
    return [write_record(Path(store.address), record(number)) for number in range(count)][::-1]


def listed(page: httpx.Response) -> list[str]:
    """Ids of the runs of a page, in order."""
    return re.findall(r'<th scope="row" class="id"><a class="mono" href="/runs/([\w-]+)">', page.text)


def rows(page: httpx.Response) -> dict[str, str]:
    """What is written about each run, without marks."""
    parts = re.findall(r"<tr>\n  <td class=\"pick\">.*?</tr>", page.text, re.DOTALL)
    said = [re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", part))).strip() for part in parts]
    return dict(zip(listed(page), said, strict=True))


def address(page: httpx.Response, rel: str) -> str | None:
    found = re.search(rf'<a href="([^"]+)" rel="{rel}">', page.text)
    return html.unescape(found[1]) if found else None


def test_a_run_is_a_row_with_everything_a_list_needs(store: Store, reader: Reader) -> None:
    cost = {"cpu_seconds": 83.0, "peak_memory_bytes": 3 * 2**20}
    name = write_record(Path(store.address), record(1, name="figure 3", tags=["paper", "copper"], cost=cost))
    page = reader.get("/")
    assert page.status_code == 200
    said = rows(page)[name]
    for part in ("wall", "figure 3", "paper", "copper", "✓ completed", "2026-01-01 00:13:00", "30.0 s", "1 min 23 s",
                 "temperature 601 K", "grain_size 2 um", "element Ni", "quick false"):  # fmt: skip
        assert part in said, part
    assert '<time datetime="2026-01-01T00:13:00+00:00"' in page.text
    assert 'title="at most 3.0 MiB of memory"' in page.text


def test_a_sweep_is_one_row_with_its_points(store: Store, reader: Reader) -> None:
    ended = {**SWEEP, "status": {"done": 12, "failed": 2}}
    name = write_record(Path(store.address), record(1, sweep=ended, parameters={"t": "2 s"}))
    page = reader.get("/")
    assert list(rows(page)) == [name]
    assert "14 points : 12 done, 2 failed" in rows(page)[name]
    assert "x 1 m … 2 m (2)" in rows(page)[name]
    assert f'<a href="/runs/{name}">14 points</a>' in page.text


def test_an_empty_store_says_what_to_type(reader: Reader) -> None:
    page = reader.get("/")
    assert page.status_code == 200
    assert "scalebridge run flows/creep.py" in page.text


def test_what_runs_says_how_far_it_is_and_when_it_was_drawn(store: Store, reader: Reader) -> None:
    stages = [{"name": name, "model": name, "scale": "continuum"} for name in ("fine", "coarse")]
    plain, swept = begun(store, stages=stages), begun(store, sweep=SWEEP)
    plain.event("fine", "computed", key="a", seconds=2.0, cpu_seconds=1.5)
    plain.event("coarse", "running")
    swept.event("coarse", "block", executions=3, computed=2, found=0, failed=1, seconds=0.1)
    page = reader.get("/")
    assert "▶ running 1 of 2 stages" in rows(page)[plain.id]
    assert f'<span data-cost="{plain.id}">1.5 s</span>' in page.text
    assert "4 of 21 executions, 1 failed 14 points" in rows(page)[swept.id]
    assert f'data-headway="{plain.id}"><progress max="2" value="1"' in page.text
    assert re.search(r"This page was drawn at <time.*</time> UTC: <a href=\"/\">draw it again</a>", page.text)
    assert re.search(r'data-live="/live\?since=[\w.-]+"', page.text)
    for log in (plain, swept):
        log.end("completed")
    assert "drawn at" not in reader.get("/").text


def test_states_are_told_by_a_mark_and_a_word(store: Store, reader: Reader) -> None:
    marks = {"completed": "✓", "failed": "✗", "cancelled": "■", "interrupted": "‖", "damaged": "⚡"}
    for number, state in enumerate(("completed", "failed", "cancelled", "interrupted")):
        write_record(Path(store.address), record(number, state=state))
    path = Path(store.address) / "runs" / write_record(Path(store.address), record(9)) / "run.json"
    path.write_bytes(b"{}")
    said = rows(reader.get("/")).values()
    for state, mark in marks.items():
        assert sum(f"{mark} {state}" in one for one in said) == 1
    for state in marks:
        assert len(listed(reader.get("/", params={"state": state}))) == 1


# Asking


def test_filters_keep_what_fits_and_what_was_typed(store: Store, reader: Reader) -> None:
    names = filled(store, 30)
    asked = {
        "flow": "creep",
        "state": "completed",
        "where": "temperature = 0.61 kK .. 620 K\n\n  element=Cu ",
        "since": "2026-01-01",
        "until": "2026-01-01",
        "model": "model.1",
        "words": "CREEP cu",
    }
    page = reader.get("/", params=asked)
    assert listed(page) == [names[29 - 18], names[29 - 12]]
    assert "temperature = 0.61 kK .. 620 K\nelement=Cu</textarea>" in page.text
    assert '<option value="creep" selected>' in page.text
    assert 'name="words" value="CREEP cu"' in page.text
    assert '<details id="more" open>' in page.text
    assert listed(reader.get("/?where=temperature%3D601+K&where=element%3DNi")) == [names[28]]


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"where": "temperature=900 J"}, "where", "temperature is [temperature] in these runs, '900 J' is [energy]"),
        ({"where": "temperature=900 K .. hot"}, "where", "'hot' is no quantity"),
        ({"where": "element=Cu\ntemperature"}, "where", "'temperature' is no condition. Write a line for each"),
        ({"where": "a=1\na=2"}, "where", "a is asked for twice: '1' and '2'"),
        ({"where": "\n".join(f"a{i}=1" for i in range(17))}, "where", "17 conditions are asked for, write 16 at most"),
        ({"since": "yesterday"}, "since", "'yesterday' is no time. Write a day, 2026-11-01"),
        ({"until": "2026-13-01"}, "until", "'2026-13-01' is no time"),
        ({"state": "done"}, "state", "no run is ever 'done'. Write one of completed"),
        ({"words": "a " * 17}, "words", "17 words are looked for, write 16 at most"),
    ],
)
def test_a_condition_that_cannot_be_read_is_told_at_the_form(
    store: Store, reader: Reader, asked: dict[str, str], field: str, said: str
) -> None:
    filled(store, 3)
    page = reader.get("/", params=asked | {"flow": "creep"})
    assert page.status_code == 400
    assert said in html.unescape(re.search(rf'id="wrong-{field}"[^>]*><bdi>(.*?)</bdi>', page.text)[1])  # type: ignore[index]
    assert f'aria-describedby="wrong-{field}"' in page.text
    assert html.escape(asked[field].strip().splitlines()[0]) in page.text
    assert "<table" not in page.text


def test_several_faults_are_told_at_once(store: Store, reader: Reader) -> None:
    page = reader.get("/?since=x&until=y&where=z")
    assert re.findall(r'id="wrong-(\w+)"', page.text) == ["since", "until", "where"]


@pytest.mark.parametrize(
    "query",
    ["n=abc", "n=-1", "n=0", "n=201", "n=1e9", "sort=id", "sort=--took", "after=x", "after=%00", "words=%00",
     "flow=" + "x" * 300, "sort=%27;DROP", "where=" + "x" * 2001, "&".join(["where=a=1"] * 17), "after=" + "A" * 1001],
)  # fmt: skip
def test_an_address_that_cannot_be_meant_is_refused(store: Store, reader: Reader, query: str) -> None:
    filled(store, 2)
    page = reader.get(f"/?{query}")
    assert page.status_code == 400
    assert '<p class="remark wrong">' in page.text


def test_a_list_that_is_empty_says_why(store: Store, reader: Reader) -> None:
    filled(store, 4)
    page = reader.get("/?flow=crep&where=temperatur%3D900+K")
    said = html.unescape(page.text)
    assert page.status_code == 200
    assert "None has the flow 'crep'. Did you mean 'creep'?" in said
    assert "None has a parameter 'temperatur'. Did you mean 'temperature'?" in said
    assert "No run fits." in html.unescape(reader.get("/?words=nowhere").text)


# Order and pages


def test_heads_sort_both_ways_and_say_so(store: Store, reader: Reader) -> None:
    for number in range(6):
        about = record(number, cost={"cpu_seconds": float(number * 7 % 5)}, name=f"n{number * 5 % 7}")
        write_record(Path(store.address), about)
    newest = listed(reader.get("/"))
    assert newest == sorted(newest, reverse=True)
    for by, label in (("took", "Took"), ("cost", "CPU time"), ("flow", "Flow"), ("state", "State"),
                      ("name", "Name and tags"), ("started", "Started (UTC)")):  # fmt: skip
        up, down = reader.get(f"/?sort={by}"), reader.get(f"/?sort=-{by}")
        assert re.findall(r'aria-sort="(\w+)"', up.text + down.text) == ["ascending", "descending"]
        assert re.search(rf'aria-sort="ascending"[^>]*><a href="/(\?sort=-{by})?">{re.escape(label)}</a>', up.text)
        assert sorted(listed(up)) == sorted(listed(down)) == sorted(newest)
    cheap = listed(reader.get("/?sort=cost"))
    assert cheap == [record(number)["id"] for number in (5, 0, 3, 1, 4, 2)]
    dear = listed(reader.get("/?sort=-cost"))
    assert dear == [record(number)["id"] for number in (2, 4, 1, 3, 5, 0)]


@pytest.mark.parametrize("sort", ["-started", "took", "-name"])
def test_pages_lead_through_all_runs_and_back_and_keep_the_question(store: Store, reader: Reader, sort: str) -> None:
    names = filled(store, 25)
    at: str | None = f"/?sort={sort}&n=10&words=stage"
    at = f"/?sort={sort}&n=10&flow=creep" if sort == "took" else f"/?sort={sort}&n=10"
    seen, pages = [], []
    while at:
        page = reader.get(at)
        assert page.status_code == 200
        pages.append(listed(page))
        seen += pages[-1]
        write_record(Path(store.address), record(40 + len(pages)))  # newer than all
        at = address(page, "next")
        if at and sort == "took":
            assert "flow=creep" in at
    expected = [name for name in names if sort != "took" or name in {record(n)["id"] for n in range(0, 25, 2)}]
    assert [name for name in seen if name in names] == expected
    back = address(page, "prev")
    assert back
    assert listed(reader.get(back)) == pages[-2]
    assert "first page" in page.text


def test_a_page_beyond_the_end_leads_back(store: Store, reader: Reader) -> None:
    filled(store, 3)
    at = address(reader.get("/?n=2"), "next")
    (Path(store.address) / "runs" / record(0)["id"] / "run.json").unlink()
    (Path(store.address) / "runs" / record(0)["id"]).rmdir()
    assert at
    page = reader.get(at)
    assert 'No more runs here. <a href="/?n=2">The first page</a>' in page.text


# Comparing


def test_two_runs_are_chosen_for_a_comparison_without_a_script(store: Store, reader: Reader) -> None:
    names = filled(store, 2)
    found = Elements(reader.get("/").text).found
    forms = [attributes for tag, attributes in found if tag == "form"]
    assert {"action": "/compare", "method": "get"} in forms
    chosen = [(a["name"], a["value"]) for tag, a in found if tag == "input" and a.get("type") == "radio"]
    assert chosen == [(letter, name) for name in names for letter in "ab"]
    (Path(store.address) / "runs" / names[0] / "run.json").unlink()


# Safety


def test_hostile_names_are_text_and_nothing_else(store: Store, reader: Reader) -> None:
    for number, odd in enumerate(HOSTILE):
        parameters: dict[str, Any] = {odd: odd, "list": [odd, {odd: 1}]}
        sweep = {"points": 2, "axes": [{"columns": [{"name": odd, "values": [odd, odd], "distinct": odd}]}]}
        about = record(number, flow=odd, name=odd, tags=[odd], parameters=parameters, started=odd, sweep=sweep)
        write_record(Path(store.address), about)
    queries = [
        {},
        *({name: odd} for odd in HOSTILE for name in ("words", "flow", "tag", "name", "model", "where", "since")),
    ]
    for query in queries:
        page = reader.get("/", params=query)
        assert page.status_code in (200, 400)
        assert "\x1b" not in page.text
        assert "\u202e" not in page.text
        assert "59552089" not in page.text  # 7717 × 7717
        for tag, attributes in Elements(page.text).found:
            assert tag not in ("img", "style")
            assert tag != "script" or attributes["src"] in ("/static/live.js", "/static/scroll.js")
            assert not any(name.startswith("on") or name == "style" for name in attributes)
            assert not (attributes.get("href") or "/").startswith("javascript")
    assert len(listed(reader.get("/"))) == len(HOSTILE)


def test_runs_of_a_shared_store_and_imported_ones_are_marked(tmp_path: Path, store: Store) -> None:
    from bridge.store.carried.mark import MARK, mark

    write_record(Path(store.address), record(1))
    mine = Store(tmp_path / "mine", shared=store.address)
    mine.prepare()
    name = write_record(tmp_path / "mine", record(2))
    (tmp_path / "mine" / "runs" / name / MARK).write_bytes(mark(name, "x.zip", "sha256:0", "2026-05-06T00:00:00+00:00"))
    said = rows(Reader(mine).get("/"))
    assert "imported 2026-05-06" in said[name]
    assert "shared" in said[record(1)["id"]]
    assert "shared" not in said[name]
