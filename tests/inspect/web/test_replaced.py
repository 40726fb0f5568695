"""What was lost and computed again under its key is another field, to a server and to browsers that knew the first."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import numpy as np
from made_fields import Sheet, commit, picture, told
from reading import Reader

from bridge.store.store import Store

ASKED = "path=temperature&level=0&scale=linear&low=0&high=1"


def a_sheet(seed: int) -> Sheet:
    return Sheet(np.random.default_rng(seed).random((40, 40)), np.arange(40.0), np.arange(40.0))


def again(store: Store) -> str:
    """Lose the artifact, and commit what its model gives this time."""
    shutil.rmtree(Path(store.address) / "artifacts")
    return commit(store, a_sheet(2))[1]


def test_a_tile_shows_what_is_in_the_store_now(store: Store, reader: Reader) -> None:
    _, key = commit(store, a_sheet(1))
    before = reader.get(f"/artifacts/{key}/tile?{ASKED}")
    assert "immutable" not in before.headers.get("cache-control", "")
    assert again(store) == key
    after = reader.get(f"/artifacts/{key}/tile?{ASKED}").content
    assert (picture(after)[0] == 1 + np.floor(a_sheet(2).temperature[::-1] * 254 + 0.5)).all()
    assert after != before.content
    facts = reader.get(f"/artifacts/{key}/values?path=temperature&row=3&column=5").json()
    assert facts["value"] == a_sheet(2).temperature[3, 5]


def test_a_page_of_the_first_is_given_no_tile_of_the_second(store: Store, reader: Reader) -> None:
    """Its colours and its numbers were those of the first."""
    _, key = commit(store, a_sheet(1))
    page = reader.get(f"/artifacts/{key}/port?path=temperature").text
    kept = html.unescape(re.findall(r'src="(/artifacts/[^"]*/tile[^"]*)"', page)[0])
    values = told(page)["values"] + "&row=3&column=5"
    for address in (kept, values):
        assert "immutable" in reader.get(address).headers["cache-control"]
    again(store)
    for address in (kept, values):
        answer = reader.get(address)
        assert (answer.status_code, "load the page anew" in answer.text) == (404, True)
        assert "immutable" not in answer.headers.get("cache-control", "")
    assert kept not in html.unescape(reader.get(f"/artifacts/{key}/port?path=temperature").text)


def test_a_field_whose_artifact_was_removed_is_not_drawn_from_memory(store: Store, reader: Reader) -> None:
    _, key = commit(store, a_sheet(1))
    assert reader.get(f"/artifacts/{key}/tile?{ASKED}").status_code == 200
    shutil.rmtree(Path(store.address) / "artifacts")
    for page in (f"tile?{ASKED}", "values?path=temperature&row=0&column=0", "port?path=temperature"):
        assert reader.get(f"/artifacts/{key}/{page}").status_code == 404


def test_a_browser_is_sent_what_was_computed_again_though_it_has_the_first(store: Store, reader: Reader) -> None:
    _, key = commit(store, a_sheet(1))
    address = f"/artifacts/{key}/download?path=temperature&to=npy"
    first = reader.get(address)
    known = {"If-None-Match": first.headers["etag"]}
    assert "immutable" not in first.headers.get("cache-control", "")
    assert reader.get(address, headers=known).status_code == 304
    again(store)
    second = reader.get(address, headers=known)
    assert (second.status_code, second.content == first.content) == (200, False)


def test_two_fields_are_compared_anew_where_one_was_computed_again(store: Store, reader: Reader) -> None:
    (a, _), (b, _) = (commit(store, a_sheet(1), parameters={"n": n}) for n in ("1", "2"))
    address = f"/compare?a={a}&b={b}&port=stage.temperature&again=1"
    assert "equal at every scale" in reader.get(address).text
    shutil.rmtree(Path(store.address) / "artifacts")
    for seed, n in ((1, "1"), (2, "2")):
        commit(store, a_sheet(seed), parameters={"n": n})
    assert "equal at every scale" not in reader.get(address).text
