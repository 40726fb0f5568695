"""Where a number came from: back to literals, across runs and stacks, as text and as a picture."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from small_runs import Bench

from bridge import stack, stage
from bridge.errors import BridgeError, UnknownName
from bridge.inspect.commands.explain import lineage as command
from bridge.inspect.explain.layout import arrange
from bridge.inspect.explain.lineage import lineage


@pytest.fixture
def pair(bench: Bench) -> Any:
    def pair(x: str = "1 m", seed: int = 5, fine: str = "toy.fine") -> None:
        first = stage(bench.models.fine, name=fine).submit(x=x)
        stage(bench.models.rate).submit(length=first.y, field=first.field, seed=seed)

    return pair


@pytest.fixture
def fan(bench: Bench) -> Any:
    def fan(n: int = 6) -> None:
        parts = [stage(bench.models.fine, name=f"x={i} m").submit(x=f"{i} m") for i in range(n)]
        total = stage(bench.models.gather).submit(lengths=stack([part.y for part in parts], dim="n")).total
        stage(bench.models.rate).submit(length=total, field=parts[2].field)

    return fan


def test_a_number_is_followed_back_to_what_the_flow_says(bench: Bench, pair: Any) -> None:
    run = bench.run(pair, x="50 cm", seed=6)
    found = lineage(run, "toy.rate.rate")
    assert found.value == "1006 mm/s"
    fine, rate = (found.stages[run.stages[name]["key"]] for name in ("toy.fine", "toy.rate"))
    assert [(one.port, one.text) for one in fine.written if not one.default] == [("x", "0.5 m")]
    assert [(one.port, one.text) for one in rate.written if not one.default] == [("seed", "6")]
    assert {(link.output, link.port, link.text) for link in found.links} == {
        ("y", "length", "1000 mm"),  # in the unit of the port it enters
        ("field", "field", ""),
    }
    words = str(found)
    assert words.startswith("toy.rate.rate = 1006 mm/s")
    assert re.search(r"│  length +1000 mm +← toy\.fine\.y", words)
    assert "setting seed  6" in words
    assert "steps" not in words  # a setting at its default
    assert f"artifact {fine.key[:12]} of run {run.id}" in words


def test_a_stage_that_occurs_twice_is_shown_once_and_referred_to(bench: Bench) -> None:
    def diamond() -> None:
        top = stage(bench.models.fine, name="top").submit(x="1 m")
        sides = [stage(bench.models.fine, name=f"{n} steps").submit(x=top.y, steps=n) for n in (8, 9)]
        stage(bench.models.gather).submit(lengths=stack([side.y for side in sides], dim="n"))

    words = str(lineage(bench.run(diamond), "toy.gather"))
    assert len(re.findall(r" x +1 m$", words, re.MULTILINE)) == 1
    assert words.count("top  (above)") == 1


def test_many_stages_of_one_model_that_feed_a_stack_are_one_box_in_their_order(bench: Bench, fan: Any) -> None:
    found = lineage(bench.run(fan), "toy.rate.rate")
    boxes = found.drawn.boxes
    assert sorted(box.title for box in boxes.values()) == ["toy.fine × 6", "toy.gather", "toy.rate"]
    many = next(box for box in boxes.values() if len(box.members) == 6)
    assert [made.name for made in many.members] == [f"x={i} m" for i in range(6)]
    assert next(one.text for one in many.written if one.port == "x") == "0 m … 5 m, 6 values"
    words = str(found)
    assert re.search(r"lengths +\[cm\] +← y of toy\.fine × 6", words)
    assert re.search(r"field +\[K\] +← x=2 m\.field, one of toy\.fine × 6", words)
    assert [link.place for link in found.links if link.port == "lengths"] == [0, 1, 2, 3, 4, 5]


def test_unfolded_every_stage_is_told_of_and_few_are_never_folded(bench: Bench, fan: Any) -> None:
    assert "x=4 m  toy.fine" in str(lineage(bench.run(fan), "toy.gather", folded=False))
    assert len(lineage(bench.run(fan, n=3), "toy.gather").drawn.boxes) == 4


def test_stages_are_not_folded_where_another_stands_between_them(bench: Bench) -> None:
    def between() -> None:
        first = [stage(bench.models.fine, name=f"{i}").submit(x=f"{i} m") for i in range(4)]
        middle = stage(bench.models.gather, name="middle").submit(lengths=stack([one.y for one in first], dim="n"))
        last = stage(bench.models.fine, name="last").submit(x=middle.total)
        stage(bench.models.gather).submit(lengths=stack([one.y for one in (*first, last)], dim="n"))

    found = lineage(bench.run(between), "toy.gather")
    assert len(found.drawn.boxes) == 7
    assert found._repr_svg_()


def test_a_lineage_crosses_runs_and_outlives_their_records(bench: Bench, pair: Any) -> None:
    first = bench.run(pair, fine="an older name")
    key = first.stages["an older name"]["key"]
    second = bench.run(pair, seed=7)
    bench.forget(f"runs/{first.id}")
    found = lineage(second, "toy.rate")
    made = found.stages[key]
    assert (made.run, made.name) == (first.id, "toy.fine")  # it is what this run calls it
    assert found.links[0].text == "2000 mm"


def test_an_artifact_that_is_gone_ends_the_line_and_says_so(bench: Bench, pair: Any) -> None:
    run = bench.run(pair)
    key = run.stages["toy.fine"]["key"]
    bench.forget(f"artifacts/{key[:2]}/{key}")
    found = lineage(run, "toy.rate")
    assert f"toy.fine  its artifact {key[:12]} is gone or damaged: there is no artifact at" in str(found)
    assert "gone from the store" in found._repr_svg_()
    with pytest.raises(BridgeError, match="there is no artifact at"):
        lineage(run, "toy.fine.y")


def test_stage_names_with_dots_are_told_from_ports(bench: Bench) -> None:
    def dotted() -> None:
        first = stage(bench.models.fine, name="a").submit(x="1 m")
        second = stage(bench.models.fine, name="a.y").submit(x=first.y)
        stage(bench.models.rate, name="a.y.end").submit(length=second.y)

    run = bench.run(dotted)
    assert lineage(run, "a.y").output == ""
    assert lineage(run, "a.y.y").output == "y"
    outputs = {(link.output, link.port) for link in lineage(run, "a.y.end.rate").links}
    assert outputs == {("y", "length"), ("y", "x")}


def test_fields_of_records_and_whole_records_are_followed(bench: Bench) -> None:
    def records() -> None:
        record = stage(bench.models.nested).submit(x="2 m")
        taken = stage(bench.models.take).submit(inner=record.inner)
        stage(bench.models.rate, name="field").submit(length=record.inner.length, seed=1)
        stage(bench.models.rate, name="whole").submit(length=taken.length)

    run = bench.run(records)
    (link,) = lineage(run, "field").links
    assert (link.output, link.text) == ("inner.length", "2000 mm")
    assert [(link.output, link.text) for link in lineage(run, "toy.take").links] == [("inner", "")]
    assert lineage(run, "toy.nested.inner.length").value == "2 m"
    assert "inner.length" in texts(lineage(run, "field")._repr_svg_())


@pytest.mark.parametrize("older", ["x.length", "an older name"])
def test_a_whole_record_of_a_stage_named_like_its_port_is_followed_whole(bench: Bench, older: str) -> None:
    def records(name: str, seed: int) -> None:
        first = stage(bench.models.nested).submit(x="2 m")
        whole = stage(bench.models.take, name=name).submit(inner=first.inner)
        stage(bench.models.take, name="end").submit(inner=whole, seed=seed)

    bench.run(records, name=older, seed=1)
    run = bench.run(records, name="x.length", seed=2)
    key = run.stages["x.length"]["key"]
    assert run.store.open(key).about["stage"] == older
    assert next((link.source, link.output) for link in lineage(run, "end").links) == (key, "")


MISTAKES = [
    ("toy.rat", UnknownName, "Did you mean 'toy.rate'?"),
    ("toy.rate.rat", UnknownName, "toy.rate has no port 'rat'. Did you mean 'rate'?"),
]


@pytest.mark.parametrize(("where", "error", "said"), MISTAKES)
def test_a_mistake_names_what_is_there(bench: Bench, pair: Any, where: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        lineage(bench.run(pair), where)


def test_a_stage_without_outputs_has_no_lineage(bench: Bench) -> None:
    def failing() -> None:
        stage(bench.models.fine).submit(x="1 m", mode="fail")

    with pytest.raises(BridgeError, match="has no outputs: it is failed"):
        lineage(bench.run(failing), "toy.fine")


# The picture


def texts(svg: str) -> list[str]:
    """What stands in a picture; raises if it is no well-formed XML."""
    root = ET.fromstring(svg)
    return [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_names_stages_ports_values_units_and_scales(bench: Bench, fan: Any) -> None:
    said = texts(lineage(bench.run(fan), "toy.rate.rate")._repr_svg_())
    for word in ("What toy.rate.rate came from", "toy.fine × 6", "toy.gather", "lengths", "6 × [cm]", "total"):
        assert word in said
    for word in ("atomistic", "continuum", "30000 mm", "0 m … 5 m, 6 values", "rate = 30005 mm/s"):
        assert word in said


def test_names_with_signs_of_xml_do_not_break_the_picture(bench: Bench) -> None:
    def odd(material: str) -> None:
        stage(bench.models.fine).submit(x="1 m", mode=material)

    assert '<a href="&">' in texts(lineage(bench.run(odd, material='<a href="&">'), "toy.fine.y")._repr_svg_())


def test_boxes_do_not_overlap_and_wires_run_to_the_right() -> None:
    random = np.random.default_rng(5)
    heights = {f"b{i}": float(random.integers(60, 300)) for i in range(30)}
    wires: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for i in range(29):
        for j in {min(29, i + int(step)) for step in random.integers(1, 12, size=2)}:
            wires[f"b{i}", f"b{j}"] = [(30.0, 50.0)] * int(random.integers(1, 4))
    layout = arrange(heights, wires)
    for source, target in wires:
        assert layout.slots[source].layer < layout.slots[target].layer
        assert len(layout.ways[source, target]) == layout.slots[target].layer - layout.slots[source].layer - 1
    for layer in layout.layers:
        for above, below in pairwise(layer):
            assert layout.slots[above].y + layout.slots[above].height < layout.slots[below].y


def test_the_command_writes_the_picture_and_prints_the_tree_or_json(
    bench: Bench, pair: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = bench.run(pair)
    monkeypatch.setenv("SCALEBRIDGE_STORE", bench.store.address)
    where = tmp_path / "picture.svg"
    words = CliRunner().invoke(command, ["last", "toy.rate.rate", "--picture", str(where)]).output
    assert words.endswith(f"picture: {where}\n")
    assert "toy.rate" in texts(where.read_text())
    document = json.loads(CliRunner().invoke(command, ["last", "toy.rate.rate", "--json"]).output)
    assert {one["key"] for one in document["nodes"]} == {facts["key"] for facts in run.stages.values()}
    assert [(one["output"], one["port"]) for one in document["edges"]] == [("y", "length"), ("field", "field")]
    refused = CliRunner().invoke(command, ["last", "toy.rate", "--picture", str(tmp_path / "picture.png")])
    assert "the picture is an SVG, not 'picture.png'. Write --picture picture.svg." in str(refused.exception)
