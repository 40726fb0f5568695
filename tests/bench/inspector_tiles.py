"""Fields in a browser: what the server takes to open one of 4096², and to draw a tile that nobody has asked for."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from bridge.ports import record_of
from bridge.store.store import Store
from tests.bench.measure import Row, compare, seconds

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
sys.path.insert(0, str(Path(__file__).parents[1] / "inspect" / "web"))
from made_fields import told
from reading import Reader
from small_store import key_of

FLAT, DEEP = 4096, 256
#: What was asked for: a field opens in a second, a tile that is not known in 30 ms, a page in 50 ms.
OPENS, TILE, PAGE = 1.0, 0.030, 0.050


@dataclass(frozen=True)
class Flat:
    """A field of 134 MB."""

    field: Annotated[NDArray[np.float64], "K", ("y", "x")]


@dataclass(frozen=True)
class Deep:
    """A field of 67 MB."""

    field: Annotated[NDArray[np.float32], "K", ("z", "y", "x")]


def rows() -> Iterator[Row]:
    """Opening, tiles and read-outs, each as a request in this process."""
    with tempfile.TemporaryDirectory(dir=os.environ["SCALEBRIDGE_HOME"]) as folder:
        random = np.random.default_rng(0)
        rough = random.standard_normal((FLAT, FLAT)).cumsum(0).cumsum(1)
        flat = _committed(Path(folder) / "flat", Flat(rough))
        yield from _opening(*flat)
        yield from _flat(*flat)
        deep = random.random((DEEP, DEEP, DEEP), np.float32)
        yield from _deep(*_committed(Path(folder) / "deep", Deep(deep)))


def _committed(folder: Path, value: Any) -> tuple[Store, str]:
    store = Store(folder)
    key = key_of(type(value).__name__)
    about = {"model": "bench", "run": "", "stage": "", "inputs": {}, "cost": {}}
    store.commit(key, record_of(type(value)), vars(value), about)
    return store, key


def _opening(store: Store, key: str) -> Iterator[Row]:
    def opens() -> None:
        """The page, then the tiles that a screen of 968 × 646 shows: the whole, and what is finer."""
        reader = Reader(store)
        tile = told(_page(reader, key))["tile"]
        for level, x, y in [(3, 0, 0), *((2, x, y) for x in range(2) for y in range(2))]:
            _drawn(reader, f"{tile}&level={level}&x={x}&y={y}")

    def forgets() -> None:
        store.space.remove_tree("pyramids")

    first = []
    for _ in range(3):
        forgets()
        first.append(seconds(opens, 1))
    said = "page, levels made, first five tiles"
    yield compare(f"opening a field of {FLAT}² for the first time: {said}", sorted(first)[1], "asked", OPENS)
    yield compare(f"opening a field of {FLAT}² again, by a server that is new", seconds(opens), "asked", OPENS)


def _flat(store: Store, key: str) -> Iterator[Row]:
    reader = Reader(store)
    address = f"/artifacts/{key}"
    page = _page(reader, key)
    yield compare("page of a field", seconds(lambda: _drawn(reader, f"{address}/port?path=field"), 15), "asked", PAGE)
    tile = told(page)["tile"]
    places = iter([(x, y) for x in range(8) for y in range(8)])

    def cold() -> None:
        x, y = next(places)
        _drawn(reader, f"{tile}&level=0&x={x}&y={y}")

    yield compare(f"tile of 512² that is not known, at the finest of {FLAT}²", seconds(cold, 50), "asked", TILE)
    spots = iter(range(0, FLAT, 40))

    def read() -> None:
        _drawn(reader, f"{address}/values?path=field&level=2&row=99&column={next(spots)}")

    yield compare("read-out under the cursor, of a block of 4 × 4 points", seconds(read, 50), "asked", TILE)


def _deep(store: Store, key: str) -> Iterator[Row]:
    reader = Reader(store)
    tile = told(_page(reader, key))["tile"]
    for axes, hidden, way in (("1,2", 0, "along"), ("0,1", 2, "across")):
        places = iter(range(0, DEEP, 5))
        asked = tile.replace("axes=1%2C2", f"axes={axes.replace(',', '%2C')}")

        def cold(asked: str = asked, hidden: int = hidden, places: Iterator[int] = places) -> None:
            _drawn(reader, f"{asked}&level=0&at{hidden}={next(places)}")

        yield compare(f"slice of 256² that is not known, {way} the memory of {DEEP}³", seconds(cold, 50), "asked", TILE)


def _page(reader: Reader, key: str) -> str:
    """The page of a field, once it is ready."""
    while "data-field" not in (page := str(_drawn(reader, f"/artifacts/{key}/port?path=field").text)):
        pass
    return page


def _drawn(reader: Reader, address: str) -> Any:
    answer = reader.get(address)
    assert answer.status_code == 200, answer.text
    return answer
