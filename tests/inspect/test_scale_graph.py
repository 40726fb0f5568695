"""A chain drawn by scale: stages stand where their scale is, nothing lies on anything else, nothing is left unsaid."""

from __future__ import annotations

import itertools
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.inspect.pictures.scale_chain import ASKS, DOWN, UP, graph_of
from bridge.inspect.pictures.scale_graph import svg, told
from bridge.inspect.pictures.scale_layout import BOX, LEFT, WIDTH, Plane, plane_of
from bridge.inspect.pictures.scale_wires import curves, labels

FINE = {"scale": "atomistic", "length": "1 angstrom .. 10 nm", "time": "1 fs .. 1 ns"}
MIDDLE = {"scale": "mesoscopic", "length": "1 nm .. 1 um", "time": "1 ns .. 1 ms"}
COARSE = {"scale": "continuum", "length": "1 mm .. 1 m", "time": "1 s .. 1 h"}
UPWARD, DOWNWARD, WITHIN = "fine → coarse", "coarse → fine", "within a scale"
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=1>', "{{7*7}}", "\x1b[31m\0", "\u202egnp.exe", "]]>&amp;")


def stage(name: str, scale: dict[str, str], model: str = "") -> dict[str, Any]:
    return {"name": name, "model": model or name, **scale}


def wire(source: str, target: str, unit: str | None = "m", way: str = UPWARD) -> dict[str, Any]:
    return {
        "source": source,
        "target": target,
        "source_unit": unit,
        "target_unit": unit,
        "direction": way,
        "scales": [],
    }


def creep() -> dict[str, Any]:
    return {
        "stages": [stage("ase.vacancy", FINE), stage("kmc.walk", MIDDLE), stage("creep.map", COARSE)],
        "edges": [
            wire("ase.vacancy.barrier", "kmc.walk.barrier", "eV"),
            wire("ase.vacancy.jump", "kmc.walk.jump", "angstrom"),
            wire("kmc.walk.diffusivity", "creep.map.diffusivity", "m^2/s"),
            wire("creep.map.load", "ase.vacancy.load", "Pa", DOWNWARD),
        ],
    }


def texts(drawn: str) -> list[str]:
    return ["".join(one.itertext()) for one in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")]


def apart(plane: Plane) -> None:
    """No box lies on another, and none is cut off."""
    for one, other in itertools.combinations(plane.spots.values(), 2):
        across = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert across or one.y + BOX <= other.y or other.y + BOX <= one.y, (one.box.title, other.box.title)
    for one in plane.spots.values():
        assert one.x >= LEFT
        assert one.x + one.width <= WIDTH
        assert one.y >= 0
        assert one.y + BOX <= plane.bottom + 1


def test_a_stage_stands_in_the_middle_of_its_scale() -> None:
    plane = plane_of(graph_of(creep()))
    assert plane.across
    assert plane.upward
    for block, (length, time) in zip(plane.blocks, ((1e-9, 1e-12), (10**-7.5, 1e-6), (10**-1.5, 60.0)), strict=True):
        assert block.aim == pytest.approx((plane.across.at(length), plane.upward.at(time)), abs=0.1)
        assert (block.x, block.y) == pytest.approx(block.aim, abs=16)  # at the border of the plane it is moved inside
    assert [s.y for s in plane.spots.values()] == sorted((s.y for s in plane.spots.values()), reverse=True)


def test_axes_say_lengths_and_times_that_people_know() -> None:
    words = texts(svg(graph_of(creep())))
    for said in ("1 nm", "1 µm", "1 mm", "1 ns", "1 s", "1 h", "length", "time"):
        assert said in words


def test_wires_say_quantity_and_unit_and_which_way_they_run() -> None:
    graph = graph_of(creep())
    assert {(b.label, b.way) for b in graph.bundles} == {
        ("barrier eV +1", UP), ("diffusivity m²/s", UP), ("load Pa", DOWN)
    }  # fmt: skip
    words = texts(svg(graph))
    assert {"barrier eV +1", "diffusivity m²/s", "load Pa", UPWARD, DOWNWARD} <= set(words)
    assert WITHIN not in words
    assert "ase.vacancy.jump → kmc.walk.jump" in svg(graph)


def test_what_has_no_length_or_time_stands_on_a_rail_that_says_so() -> None:
    timeless = {"scale": "state", "length": "1 um .. 1 mm"}
    about = {"stages": [stage("a", FINE), stage("b", COARSE), stage("c", timeless), stage("d", {"scale": "rates"})]}
    plane = plane_of(graph_of(about | {"edges": []}))
    assert plane.across
    c, d = plane.spots["stage c"], plane.spots["stage d"]
    assert c.y >= plane.floor
    assert c.middle[0] == pytest.approx(plane.across.at(10**-4.5), abs=1)
    assert d.y >= plane.floor
    assert d.x + d.width <= plane.left
    said = " ".join(texts(svg(graph_of(about | {"edges": []}))))
    assert "no length given" in said
    assert "no time given" in said
    bare = {"stages": [stage("a", {"scale": "x"}), stage("b", {"scale": "y"})], "edges": []}
    assert "no stage has a length or a time" in svg(graph_of(bare))


def test_many_stages_of_a_model_are_one_box_and_what_failed_stands_alone() -> None:
    about = {"stages": [stage(f"cell {i}", FINE, "rve.cell") for i in range(13)] + [stage("all", COARSE)]}
    about["edges"] = [wire(f"cell {i}.k", "all.k", "W/m") for i in range(13)]
    states = {f"cell {i}": {"state": "computed"} for i in range(12)} | {"cell 12": {"state": "failed"}}
    graph = graph_of(about, states)
    assert [box.title for box in graph.boxes.values()] == ["rve.cell × 12", "cell 12", "all"]
    drawn = svg(graph)
    assert "12 computed" in texts(drawn)
    assert any(words.startswith("✗ failed") for words in texts(drawn))
    assert 'class="box wrong"' in drawn


def test_a_found_stage_is_marked_and_each_leads_to_its_place() -> None:
    drawn = svg(graph_of(creep(), {"kmc.walk": {"state": "found", "seconds": 2.5}}, lambda name: f"#stage-{name}"))
    assert "↺ found · 2.5 s" in texts(drawn)
    assert re.search(r'href="#stage-kmc\.walk">.*?stroke-dasharray="5 3".*?</a>', drawn, re.DOTALL)
    assert drawn.count('href="#stage-') == 3
    assert "↺ found in the store" in texts(drawn)
    assert "found in the store" not in svg(graph_of(creep()))


def test_a_closure_is_a_double_line_to_the_model_that_is_asked() -> None:
    pair = {"what": "length", "fine": "1 um .. 10 um", "coarse": "1 mm .. 1 m", "gap": 100.0, "relation": "apart"}
    about = {
        "stages": [stage("rve", {"scale": "micro", "length": "1 um .. 10 um"}), stage("macro", COARSE)],
        "edges": [wire("rve.image", "macro.flux.image", "1")],
        "closures": [{"port": "macro.flux", "models": ["heat.cell", "heat.atom"], "scales": [pair]}],
    }
    graph = graph_of(about)
    (asked,) = (box for box in graph.boxes.values() if box.asked)
    assert (asked.title, asked.below) == ("heat.cell", "→ heat.atom")
    assert asked.place.name == "micro"  # of an older record, known by its ranges
    assert {(b.source, b.target, b.way) for b in graph.bundles} == {
        ("stage rve", asked.key, UP), ("stage macro", asked.key, ASKS)
    }  # fmt: skip
    drawn = svg(graph)
    group = re.search(r'<g class="c2".*?</g>', drawn, re.DOTALL)
    assert group
    assert group[0].count('stroke="currentColor"/>') == 2
    assert "macro asks heat.cell while it runs." in told(graph)


def test_an_older_record_tells_scales_by_its_wires() -> None:
    pairs = [
        {"what": "length", "fine": FINE["length"], "coarse": COARSE["length"]},
        {"what": "time", "fine": FINE["time"], "coarse": COARSE["time"]},
    ]
    named = [
        {"name": name, "model": name, "scale": scale} for name, scale in (("a", "atoms"), ("b", "bulk"), ("c", "bulk"))
    ]
    about = {"stages": named, "edges": [wire("a.x", "b.x") | {"scales": pairs}]}
    places = {box.title: box.place for box in graph_of(about).boxes.values()}
    assert places["a"].meters == pytest.approx((1e-10, 1e-8))
    assert places["b"].seconds == pytest.approx((1.0, 3600.0))
    assert places["c"] == places["b"]  # it has the same scale
    turned = {"stages": named, "edges": [wire("b.x", "a.x", way=DOWNWARD) | {"scales": pairs}]}
    assert {box.title: box.place for box in graph_of(turned).boxes.values()} == places


def test_the_chain_is_told_in_words() -> None:
    said = told(graph_of(creep()))
    assert said.startswith("Chain of 3 stages by scale. atomistic (1 angstrom .. 10 nm, 1 fs .. 1 ns): ase.vacancy.")
    assert "ase.vacancy gives kmc.walk barrier in eV, jump in Å (fine → coarse)." in said
    assert f'aria-label="{said}"' in svg(graph_of(creep()))


@settings(max_examples=40)
@given(st.data())
def test_no_box_lies_on_another_and_no_words_on_boxes(data: st.DataObject) -> None:
    ranges = st.sampled_from([FINE, MIDDLE, COARSE, {"scale": "only a name"}, {"scale": "s", "time": "1 s .. 1 h"}])
    count = data.draw(st.integers(1, 24))
    models = st.sampled_from(["m.a", "m.long.name.of.a.model", "m.c"])
    stages = [stage(f"stage {i}", data.draw(ranges), data.draw(models)) for i in range(count)]
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda two: two[0] < two[1])
    pairs = data.draw(st.lists(ends, max_size=40)) if count > 1 else []
    ways = st.sampled_from([UPWARD, DOWNWARD, WITHIN])
    edges = [wire(f"stage {a}.x", f"stage {b}.y", "kg", data.draw(ways)) for a, b in pairs]
    graph = graph_of({"stages": stages, "edges": edges})
    plane = plane_of(graph)
    apart(plane)
    boxes = [(s.x, s.y, s.x + s.width, s.y + BOX) for s in plane.spots.values()]
    found = curves(graph, plane)
    taken = list(boxes)
    shapes, left = labels(found, taken)
    assert len(shapes) + left == len(found)
    for one, other in itertools.combinations(taken[len(boxes) :] + boxes, 2):
        if one not in boxes or other not in boxes:
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]
    ElementTree.fromstring(svg(graph))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_names(name: str) -> None:
    about = {
        "stages": [stage(name, {"scale": name, "length": name, "time": "1 s .. 1 h"}, name), stage("b", COARSE)],
        "edges": [wire(f"{name}.{name}", "b.x", name, name)],
        "closures": [{"port": f"b.{name}", "models": [name], "scales": [{"what": "length", "fine": name}]}],
    }
    drawn = svg(graph_of(about, {name: {"state": name, "seconds": name}}))
    tags = {one.tag.rpartition("}")[2] for one in ElementTree.fromstring(drawn).iter()}
    assert tags <= {"svg", "g", "path", "rect", "text", "title", "polygon", "circle", "a"}
    for one in ElementTree.fromstring(drawn).iter():
        assert not {key for key in one.attrib if key.startswith("on") or key == "style"}
    assert not set(drawn) & {"\x1b", "\0", "\u202e"}


@pytest.mark.parametrize(
    "edges", [[{}], [{"source": 3, "target": None, "scales": 7}], [{"source": "a.x", "target": "gone.x"}]]
)
@pytest.mark.parametrize("closures", [None, 3, [{}], [{"port": "a.x", "models": []}], [{"port": 3, "models": [None]}]])
def test_a_record_made_by_anybody_is_drawn(edges: list[Any], closures: Any) -> None:
    ElementTree.fromstring(svg(graph_of({"stages": [stage("a", FINE)], "edges": edges, "closures": closures})))
    assert svg(graph_of({"stages": [], "edges": edges})) == ""


@pytest.mark.parametrize(("length", "time"), [("1e-300 m .. 1e300 m", "1 s .. 1 s"), ("1 m .. 1 m", "1e-250 s .. 1 s")])
def test_scales_beyond_everything_are_drawn(length: str, time: str) -> None:
    plane = plane_of(graph_of({"stages": [stage("a", {"scale": "s", "length": length, "time": time})], "edges": []}))
    apart(plane)
