"""Tiles of fields: the right numbers in the right colours at the right place, and nothing outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_fields import Block, Sheet, Wave, commit, picture, sheet
from reading import Reader

from bridge.inspect.web.fields.colours import MAPS, palette
from bridge.inspect.web.fields.opened import OpenFields
from bridge.inspect.web.fields.png import png
from bridge.inspect.web.fields.shading import Shades, bar
from bridge.store.store import Store


def test_a_tile_shows_every_point_of_a_small_field_upside_up(store: Store, reader: Reader) -> None:
    _, key = commit(store, sheet(3, 5))
    answer = reader.get(f"/artifacts/{key}/tile?path=temperature&level=0&scale=linear")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    entries, colours = picture(answer.content)
    values = sheet(3, 5).temperature[::-1]  # the first row is at the foot, as on every axis
    expected = 1 + np.floor(values / values.max() * 254 + 0.5)
    assert entries.tolist() == expected.tolist()
    assert colours == palette("viridis")


def test_axes_are_swapped_on_demand(store: Store, reader: Reader) -> None:
    _, key = commit(store, sheet(3, 5))
    asked = f"/artifacts/{key}/tile?path=temperature&level=0&scale=linear"
    plain, _ = picture(reader.get(f"{asked}&axes=0,1").content)
    swapped, _ = picture(reader.get(f"{asked}&axes=1,0").content)
    assert (swapped == plain[::-1].T[::-1]).all()


def test_tiles_laid_side_by_side_are_the_level(store: Store, reader: Reader) -> None:
    values = np.random.default_rng(0).random((700, 1100))
    _, key = commit(store, Sheet(values, np.arange(1100.0), np.arange(700.0)))
    asked = f"/artifacts/{key}/tile?path=temperature&scale=linear&low=0&high=1"
    whole = np.vstack(
        [np.hstack([picture(reader.get(f"{asked}&level=0&x={x}&y={y}").content)[0] for x in range(3)]) for y in (1, 0)]
    )
    assert (whole == Shades(0, 1).entries(values)[::-1]).all()
    blocks, _ = picture(reader.get(f"{asked}&level=1").content)
    means = values.reshape(350, 2, 550, 2).mean((1, 3))[:, :512]
    assert (blocks == Shades(0, 1).entries(means)[::-1]).all()


def test_extremes_of_blocks_can_be_seen_instead_of_means(store: Store, reader: Reader) -> None:
    values = np.zeros((600, 600))
    values[300, 300] = 1.0
    _, key = commit(store, Sheet(values, np.arange(600.0), np.arange(600.0)))
    asked = f"/artifacts/{key}/tile?path=temperature&level=2&low=0&high=1"
    for what, highest in (("minimum", 1), ("mean", 1 + 254 // 16), ("maximum", 255)):
        entries, _ = picture(reader.get(f"{asked}&what={what}").content)
        assert abs(int(entries.max()) - highest) <= 1, what


def test_what_is_missing_is_transparent(store: Store, reader: Reader) -> None:
    values = sheet(14, 14).temperature
    values[1, 2], values[0, 0] = np.nan, np.inf
    _, key = commit(store, Sheet(values, np.arange(14.0), np.arange(14.0)))
    entries, _ = picture(reader.get(f"/artifacts/{key}/tile?path=temperature").content)
    assert (entries[::-1] == 0).tolist() == (~np.isfinite(values)).tolist()


def test_on_a_logarithmic_scale_nought_and_below_are_left_empty(store: Store, reader: Reader) -> None:
    values = np.array([[-1.0, 0.0, 1.0], [10.0, 100.0, 1000.0]])
    _, key = commit(store, Sheet(values, np.arange(3.0), np.arange(2.0)))
    entries, _ = picture(reader.get(f"/artifacts/{key}/tile?path=temperature&scale=log").content)
    assert entries[::-1].tolist() == [[0, 0, 1], [86, 170, 255]]


def test_a_symmetric_scale_has_nought_in_the_middle(store: Store, reader: Reader) -> None:
    _, key = commit(store, Sheet(np.array([[-4.0, 0.0], [1.0, 2.0]]), np.arange(2.0), np.arange(2.0)))
    entries, colours = picture(reader.get(f"/artifacts/{key}/tile?path=temperature&scale=symmetric").content)
    assert entries[::-1].tolist() == [[1, 128], [160, 192]]
    assert colours == palette("blue-red")


def test_slices_go_through_every_dimension_that_is_not_drawn(store: Store, reader: Reader) -> None:
    values = np.random.default_rng(1).random((3, 40, 36, 33)).astype(np.float32)
    _, key = commit(store, Block(values))
    asked = f"/artifacts/{key}/tile?path=density&low=0&high=1&scale=linear&level=0"
    entries, _ = picture(reader.get(f"{asked}&axes=1,3&at0=2&at2=35").content)
    assert (entries[::-1] == Shades(0, 1).entries(values[2, :, 35, :])).all()
    with_three, _ = picture(reader.get(f"{asked}&axes=2,1&at0=0&at3=9").content)
    assert (with_three[::-1] == Shades(0, 1).entries(values[0, :, :, 9].T)).all()


@pytest.mark.parametrize(
    "query",
    [
        "level=99", "level=-2", "level=a", "level=1e3", "x=1", "y=7", "x=-1", "x=99999999999999999999", "x=1.5",
        "axes=0", "axes=0,0", "axes=0,5", "axes=a,b", "axes=-1,0", "at0=3&axes=1,2", "map=jet", "scale=square",
        "range=all", "what=median", "low=nan", "low=inf", "low=1&high=0", "low=x", "scale=log&low=-1",
        "range=own&high=1e999", "x='%20OR%201=1--", "path=temperature.x",
    ],
)  # fmt: skip
def test_what_a_field_does_not_have_is_refused(store: Store, reader: Reader, query: str) -> None:
    _, key = commit(store, sheet(3, 5))
    for page in ("tile", "port", "values"):
        answer = reader.get(f"/artifacts/{key}/{page}?path=temperature&row=0&column=0&{query}")
        if page == "tile" or query[:2] not in ("x=", "y="):
            assert answer.status_code in (400, 404), (page, answer.text[:300])


@pytest.mark.parametrize(
    "path", ["", "nothing", "x", "temperature.x", "../../etc", "a b", "note", "'; DROP", "x" * 3000]
)
def test_no_tile_is_made_of_what_is_no_field(store: Store, reader: Reader, path: str) -> None:
    _, key = commit(store, sheet(3, 5))
    for page in ("tile", "values"):
        assert reader.get(f"/artifacts/{key}/{page}", params={"path": path}).status_code in (400, 404)


def test_an_artifact_that_is_not_there_is_missing(reader: Reader) -> None:
    for page in ("tile", "values", "port"):
        assert reader.get(f"/artifacts/{'ab' * 32}/{page}?path=x").status_code == 404
        assert reader.get(f"/artifacts/{'zz' * 32}/{page}?path=x").status_code == 404


def test_a_browser_keeps_a_tile_for_ever_and_asks_no_more(store: Store, reader: Reader) -> None:
    _, key = commit(store, sheet(3, 5))
    of = OpenFields(store).open(key, ("temperature",)).content
    for address in (
        f"/artifacts/{key}/tile?path=temperature&of={of}",
        f"/artifacts/{key}/values?path=temperature&row=1&column=1&of={of}",
    ):
        first = reader.get(address)
        assert "immutable" in first.headers["cache-control"]
        again = reader.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
        assert not again.content
        assert reader.get(f"{address}&map=grey").headers["etag"] != first.headers["etag"]


def test_values_tell_a_point_with_its_units_and_place(store: Store, reader: Reader) -> None:
    _, key = commit(store, sheet(3, 5))
    found = reader.get(f"/artifacts/{key}/values?path=temperature&row=2&column=3&level=0").json()
    assert found["value"] == 2003.0
    assert found["points"] == 1
    assert found["unit"] == "K"
    assert [place["coordinate"] for place in found["places"]] == [0.5, 1.5]
    assert found["text"] == "y = 0.5 µm, x = 1.5 µm: 2003 K"


def test_values_of_a_block_tell_what_its_mean_hides(store: Store, reader: Reader) -> None:
    values = sheet(701, 700).temperature
    values[0, 0] = np.nan
    _, key = commit(store, Sheet(values, np.arange(700.0) ** 2, np.arange(701.0)))
    asked = f"/artifacts/{key}/values?path=temperature&level=2"
    found = reader.get(f"{asked}&row=1&column=2").json()
    block = values[:4, :4]
    assert (found["lowest"], found["highest"], found["missing"]) == (np.nanmin(block), np.nanmax(block), 1)
    assert found["value"] == pytest.approx(np.nanmean(block), rel=1e-12)
    assert found["sides"] == [4, 4]
    assert "mean of 4 × 4 points" in found["text"]
    assert "1 missing" in found["text"]
    assert found["places"][1]["coordinate"] == 4.0  # of points that are not evenly spaced
    assert reader.get(f"{asked}&row=700&column=2").json()["sides"] == [1, 4]  # the last block of an odd side
    nothing = reader.get(f"/artifacts/{key}/values?path=temperature&level=0&row=0&column=0").json()
    assert nothing["value"] is None
    assert nothing["text"].endswith("missing")


def test_a_complex_field_is_seen_by_its_modulus(store: Store, reader: Reader) -> None:
    _, key = commit(store, Wave(np.array([[3 + 4j, 0], [0, 1j]])))
    assert reader.get(f"/artifacts/{key}/values?path=psi&row=0&column=0").json()["value"] == 5.0
    assert "its modulus" in reader.get(f"/artifacts/{key}/port?path=psi").text


def test_a_damaged_field_is_told_and_never_drawn(store: Store, reader: Reader) -> None:
    _, key = commit(store, Sheet(np.random.default_rng(0).random((300, 300)), np.arange(300.0), np.arange(300.0)))
    chunk = next(path for path in Path(store.address).glob(f"artifacts/*/{key}/**/c/0/*") if path.is_file())
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(bytes(content))
    answer = reader.get(f"/artifacts/{key}/tile?path=temperature")
    assert answer.status_code == 404
    assert "was changed" in answer.text


def test_few_fields_are_kept_open_and_the_last_looked_at_stays(store: Store) -> None:
    keys = [commit(store, sheet(4, 4), parameters={"n": str(n)})[1] for n in range(40)]
    fields = OpenFields(store)
    for key in keys:
        fields.open(key, ("temperature",))
        assert len(fields) <= 33
    assert fields.has(keys[-1], ("temperature",))
    assert not fields.has(keys[0], ("temperature",))


@pytest.mark.parametrize(
    ("low", "high", "log"),
    [
        (0, 1, False),
        (-1e308, 1e308, False),
        (1e-300, 1e300, True),
        (5, 5, False),
        (0, 5e-324, False),
        (1e-9, 1.0000001e-9, False),
        (2, 3, True),
    ],
)
def test_shades_rise_with_the_numbers_over_any_range(low: float, high: float, log: bool) -> None:
    shades = Shades(low, high, log)
    parts = np.linspace(0, 1, 300)
    steps = np.geomspace(low, high, 300) if log else low * (1 - parts) + high * parts
    entries = shades.entries(steps).astype(int)
    assert (np.diff(entries) >= 0).all()
    assert entries.min() >= 1
    if high > low:
        assert entries[-1] == 255
        assert shades.entries([np.nan, -np.inf, np.inf]).tolist() == [0, 0, 0]
    assert "<svg" in bar(shades, "viridis", "x")


def test_every_map_has_a_palette_and_a_cyclic_one_ends_as_it_begins() -> None:
    for name in MAPS:
        assert len(palette(name)) == 768
        assert len({palette(name)[i : i + 3] for i in range(3, 768, 3)}) > 120
    assert palette("cyclic")[3:6] == palette("cyclic")[-3:]


def test_a_picture_of_no_pixels_or_no_colours_is_refused() -> None:
    from bridge.errors import ContractError

    for entries, colours in ((np.zeros((0, 3), np.uint8), bytes(6)), (np.full((2, 2), 9, np.uint8), bytes(6))):
        with pytest.raises(ContractError):
            png(entries, colours)
