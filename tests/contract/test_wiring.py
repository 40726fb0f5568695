"""How values meet ports: stacked from several stages, as records by structure, in directions read off the scales."""

from __future__ import annotations

from dataclasses import make_dataclass
from typing import Annotated, Any

import numpy as np
import pytest
from kinds_of_port import Floats, sink
from small_chain import ATOMS, GRAINS, Site, fit, strain, vacancy, walk, wiring

from bridge import Q, Scale, check, stack, stage, via
from bridge.chain.chain import Edge, Literal, Stacked, Wire
from bridge.chain.values import Output
from bridge.errors import ContractError, MissingInput
from bridge.scale import COARSE_TO_FINE, FINE_TO_COARSE, WITHIN, direction

# Fan-in


def fan_in(parts: Any, **options: Any) -> Stacked:
    def flow() -> None:
        stage(fit).submit(diffusivity=stack(parts(), dim="temperature", **options))

    found = check(flow).stages["fit"].sources["diffusivity"]
    assert isinstance(found, Stacked)
    return found


def walks(count: int = 3) -> list[Any]:
    return [stage(walk).submit(barrier="1 eV").diffusivity for _ in range(count)]


def test_several_outputs_stack_into_one_array_port_and_units_convert() -> None:
    found = fan_in(walks)
    assert [str(part) for part in found.parts] == ["walk.diffusivity", "walk#2.diffusivity", "walk#3.diffusivity"]
    assert found.dim == "temperature"
    assert found.element.deliver(1.0, found.parts[0].kind, "fit.diffusivity[0]") == 1e4  # type: ignore[union-attr]


def test_a_known_value_stacks_among_outputs_in_the_ports_own_unit() -> None:
    found = fan_in(lambda: [*walks(1), "2 m^2/s"])
    assert found.parts[1] == Literal(2e4)


def test_a_coordinate_has_one_value_for_each_of_the_stacked() -> None:
    assert fan_in(walks, coord=["300 K", "400 K", "500 K"]).coord == ("300 K", "400 K", "500 K")
    assert fan_in(walks, coord=Q([1.0, 2.0, 3.0], "K")).coord == ("1.0 kelvin", "2.0 kelvin", "3.0 kelvin")
    with pytest.raises(ContractError, match="coord has another length; give one value for each of the stacked"):
        fan_in(walks, coord=["300 K"])


@pytest.mark.parametrize(
    ("parts", "options", "message"),
    [
        (
            lambda v: [v.energy, v.site.spacing],
            {},
            r"cannot stack vacancy\.site\.spacing .* with vacancy\.energy .*: \[length\] is not",
        ),
        (lambda v: [v.energy, v.profile], {}, r"cannot stack vacancy\.profile .* with vacancy\.energy"),
        (
            lambda v: [v.site, v.site],
            {},
            r"cannot stack vacancy\.site .* numbers and arrays without that dimension stack",
        ),
        (lambda v: [v.profile], {"dim": "path"}, r"cannot stack vacancy\.profile .* along 'path'"),
        (lambda v: [], {}, r"stack of 0 along 'temperature': it stacks outputs of stages"),
        (lambda v: ["1 eV"], {}, r"it stacks outputs of stages; write Q\(\[…\], 'unit'\)"),
        (lambda v: [v.energy, stack([v.energy], dim="t")], {}, r"stack of 1 along 't' .* does not stack"),
        (lambda v: [v.energy], {"dim": "two words"}, r"'two words' names no dimension"),
    ],
)
def test_what_does_not_stack_is_refused(parts: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check(lambda: stack(parts(stage(vacancy).submit()), **{"dim": "temperature", **options}))


@pytest.mark.parametrize(
    ("parts", "dim", "message"),
    [
        (
            lambda: walks(),
            "time",
            r"cannot wire stack of 3 along 'time' .* its dimensions are \(time\), expected \(temperature\)",
        ),
        (
            lambda: [stage(vacancy).submit().energy],
            "temperature",
            r"cannot wire vacancy\.energy \[eV\] to fit\.diffusivity\[0\] \[cm\^2/s\]: \[energy\]",
        ),
        (lambda: [*walks(), 3.0], "temperature", r"fit\.diffusivity\[3\] is in cm\^2/s, got the bare number 3\.0"),
    ],
)
def test_a_stack_that_does_not_fit_its_port_is_refused(parts: Any, dim: str, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check(lambda: stage(fit).submit(diffusivity=stack(parts(), dim=dim)))


def test_stacked_arrays_gain_a_first_dimension_and_counts_become_an_array_of_counts() -> None:
    with_path = sink(Annotated[Floats, "J", ("image", "path")])
    counted = sink(Annotated[Floats, ("image",)])

    def flow() -> None:
        v = stage(vacancy).submit()
        stage(with_path, name="paths").submit(x=stack([v.profile, v.profile], dim="image"))
        stage(counted, name="counts").submit(x=stack([v.jumps, v.jumps, 5], dim="image"))

    chain = check(flow)
    assert str(chain.stages["paths"].sources["x"].kind) == "float64 array [J] (image=2, path)"  # type: ignore[union-attr]
    assert str(chain.stages["counts"].sources["x"].kind) == "int64 array (image=3)"  # type: ignore[union-attr]


def test_a_molar_mass_travels_with_each_of_the_stacked() -> None:
    amounts = sink(Annotated[Floats, "nM", ("dose",)])

    def flow(facts: bool) -> None:
        dose = stage(vacancy).submit().dose
        both = [via(dose, molar_mass="100 g/mol"), via(dose, molar_mass="200 g/mol")] if facts else [dose, dose]
        stage(amounts).submit(x=stack(both, dim="dose"))

    found = check(flow, facts=True).stages["coarse.sink"].sources["x"]
    assert isinstance(found, Stacked)
    given = [found.element.deliver(1.0, p.kind, "at", p.molar_mass) for p in found.parts if isinstance(p, Wire)]
    assert given == [1e4, 5e3]
    with pytest.raises(ContractError, match=r"to coarse\.sink\.x\[0\] \[nM\]: .* wire via\(VALUE, molar_mass="):
        check(flow, facts=False)


# Records


def record(**fields: Any) -> type:
    return make_dataclass("Theirs", list(fields.items()), frozen=True)


def test_a_nested_record_is_wired_by_path_or_whole_and_matches_by_structure() -> None:
    theirs = record(spacing=Annotated[float, "nm"], energy=Annotated[float, "J"])

    def flow() -> None:
        v = stage(vacancy).submit()
        stage(sink(theirs), name="whole").submit(x=v.site)
        stage(walk).submit(barrier=v.site.energy)

    assert wiring(check(flow)) == [("vacancy.site", "whole.x"), ("vacancy.site.energy", "walk.barrier")]


def test_a_whole_stage_is_the_record_of_its_outputs() -> None:
    part = record(energy=Annotated[float, "J"], jumps=int)
    chain = check(lambda: stage(sink(part)).submit(x=stage(vacancy).submit()))
    assert wiring(chain) == [("vacancy", "coarse.sink.x")]
    delivered = (
        chain.stages["coarse.sink"]
        .model.inputs["x"]
        .kind.deliver({"energy": 1.0, "jumps": 3, "site": None}, chain.stages["vacancy"].model.outputs, "coarse.sink.x")
    )
    assert delivered == {"energy": 1.602176634e-19, "jumps": 3}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"energies": float}, r"it has no field 'energies'\. Did you mean 'energy'\?"),
        (
            {"energy": Annotated[float, "m"]},
            r"field 'energy': float \[eV\] is not float \[m\]: \[energy\] is not \[length\]",
        ),
        ({"site": float}, r"field 'site': record of energy, spacing is not float"),
        ({"site": record(spacing=int)}, r"field 'site': .* field 'spacing': float \[angstrom\] is not int"),
    ],
)
def test_records_that_differ_in_structure_are_refused_by_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ContractError, match=r"cannot wire vacancy \(record of .*\) to coarse\.sink\.x .*" + message):
        check(lambda: stage(sink(record(**fields))).submit(x=stage(vacancy).submit()))


def test_a_field_with_a_default_may_be_missing_from_the_wire_and_from_a_literal() -> None:
    holder = make_dataclass("Theirs", [("jumps", int), ("factor", float, 0.5)], frozen=True)
    chain = check(lambda: stage(sink(holder)).submit(x=stage(vacancy).submit()))
    kind = chain.stages["coarse.sink"].model.inputs["x"].kind
    assert kind.deliver({"jumps": 2}, chain.stages["vacancy"].model.outputs, "at") == {"jumps": 2, "factor": 0.5}
    assert kind.literal({"jumps": 2}, "at") == {"jumps": 2, "factor": 0.5}
    with pytest.raises(MissingInput, match=r"coarse\.sink\.x is record of jumps, factor; jumps is missing"):
        check(lambda: stage(sink(holder)).submit(x={}))


def test_a_dataclass_of_another_plugin_is_a_literal_too() -> None:
    there = record(energy=Annotated[float, "J"])
    chain = check(lambda: stage(sink(there)).submit(x=Site(2.0, 1.0)))
    assert chain.stages["coarse.sink"].sources["x"] == Literal({"energy": 2 * 1.602176634e-19})


# Directions


@pytest.mark.parametrize(
    ("source", "target", "way"),
    [
        (ATOMS, GRAINS, FINE_TO_COARSE),
        (GRAINS, ATOMS, COARSE_TO_FINE),
        (ATOMS, ATOMS, WITHIN),
        (Scale("same", length="1 nm .. 1 um"), Scale("same", length="1 m .. 2 m"), WITHIN),  # one name is one scale
        (Scale("a", length="1 nm .. 1 um"), Scale("b", length="10 nm .. 0.1 um"), WITHIN),  # one middle
        (Scale("a", length="1 m .. 1 m"), Scale("b", length="1.009 m .. 1.009 m"), WITHIN),  # within 1 %
        (Scale("a", length="1 m .. 1 m"), Scale("b", length="1.011 m .. 1.011 m"), FINE_TO_COARSE),
        # lengths decide, against the times
        (
            Scale("a", length="1 nm .. 1 nm", time="1 s .. 1 s"),
            Scale("b", length="1 m .. 1 m", time="1 fs .. 1 fs"),
            FINE_TO_COARSE,
        ),
        # lengths agree or one has none: times decide
        (
            Scale("a", length="1 m .. 2 m", time="1 year .. 2 year"),
            Scale("b", length="1 m .. 2 m", time="1 s .. 2 s"),
            COARSE_TO_FINE,
        ),
        (Scale("a", time="1 s .. 2 s"), Scale("b", length="1 m .. 2 m", time="1 day .. 2 day"), FINE_TO_COARSE),
        (Scale("a"), Scale("b", length="1 m .. 2 m"), WITHIN),  # nothing to compare
    ],
)
def test_the_direction_of_a_wire_is_read_off_the_scales(source: Scale, target: Scale, way: str) -> None:
    assert direction(source, target) == way


def test_every_wire_is_recorded_with_both_units_and_its_direction() -> None:
    def flow() -> None:
        first = stage(walk).submit(barrier=stage(vacancy).submit().energy)
        back = stage(fit).submit(diffusivity=stack([first.diffusivity, first.diffusivity], dim="temperature"))
        stage(strain).submit(slope=back.slope)

    assert check(flow).edges() == [
        Edge("vacancy.energy", "eV", "walk.barrier", "kJ", FINE_TO_COARSE),
        Edge("walk.diffusivity", "m^2/s", "fit.diffusivity", "cm^2/s", WITHIN),
        Edge("walk.diffusivity", "m^2/s", "fit.diffusivity", "cm^2/s", WITHIN),
        Edge("fit.slope", "1", "strain.slope", "1", COARSE_TO_FINE),
    ]


def test_via_takes_an_output_and_a_molar_mass() -> None:
    def flow(molar_mass: Any) -> Output:
        return via(stage(vacancy).submit().dose, molar_mass=molar_mass)  # type: ignore[no-any-return]

    for wrong in ("148", "148 kg", "-1 kg/mol", "heavy", "1 foo/mol", 148.0):
        with pytest.raises(ContractError, match=r"is no molar mass; write e\.g\. '148 kg/mol' or '148 kDa'"):
            check(flow, molar_mass=wrong)
    with pytest.raises(ContractError, match=r"via\(\) takes an output of a stage, got '5 mg/L'"):
        via("5 mg/L", molar_mass="1 kg/mol")


def test_whole_numbers_of_an_array_are_read_from_text_and_others_are_not() -> None:
    whole = sink(Annotated[np.ndarray[Any, np.dtype[np.int64]], ("image",)])
    chain = check(lambda: stage(whole, name="whole").submit(x="-1, 2, 30"))
    literal = chain.stages["whole"].sources["x"].value  # type: ignore[union-attr]
    assert literal.dtype == np.int64
    assert literal.tolist() == [-1, 2, 30]
    with pytest.raises(ContractError, match=r"x\[1\] was given 2\.5, which is no whole number, as int64 array"):
        check(lambda: stage(whole).submit(x="1, 2.5"))
