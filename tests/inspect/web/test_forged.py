"""Artifacts by somebody who can compute every seal: their pages say what is wrong, and none falls over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "store" / "hostile"))
from forging import Forger
from made_fields import commit, series, sheet
from reading import Reader

from bridge.store.store import Store

ODD: tuple[Any, ...] = (None, -1, 10**15, 1e308, "", "<b>", [], [-1], [10**9, 10**9], ["x"], {}, {"a": 1}, True)
SAID = ("kind", "unit", "shape", "dims", "dtype", "value", "valid", "sizes", "object", "standard_error_of", "shared")


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("port", ["temperature", "current"])
def test_whatever_is_declared_of_an_output_its_page_is_drawn_or_refused(
    store: Store, reader: Reader, port: str, said: str
) -> None:
    _, key = commit(store, sheet(40, 40) if port == "temperature" else series())
    forger = Forger(store.open(key))
    before = dict(forger.ports[port])
    for odd in ODD[SAID.index(said) % 4 :: 4]:
        forger.ports[port] = before | {said: odd}
        forger.seal()
        fresh = Reader(store)
        for page in ("", f"/port?path={port}", f"/values?path={port}&row=0&column=0"):
            answer = fresh.get(f"/artifacts/{key}{page}")
            assert answer.status_code in (200, 302, 400, 404), (odd, page)
            assert "<b>" not in answer.text or answer.headers["content-type"] == "application/json"
    if said in before:
        del forger.ports[port][said]
        forger.seal()
        for page in ("", f"/port?path={port}", f"/tile?path={port}"):
            assert reader.get(f"/artifacts/{key}{page}").status_code in (200, 302, 400, 404), page
