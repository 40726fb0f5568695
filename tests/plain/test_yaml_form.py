"""The form of a chain's file: every part that is not meant is refused with its place and what to write instead."""

from __future__ import annotations

import re

import pytest

from bridge.chain import closed
from bridge.chain.plain.document import Given, Parameter
from bridge.chain.plain.form import CLOSURE_OPTIONS, STAGE_OPTIONS, document_of
from bridge.chain.plain.sorting import ordered
from bridge.errors import ContractError, MissingInput, UnknownName
from bridge.run import options

HEAD = "scalebridge: 1\nchain: test\n"


def order(text: str) -> list[str]:
    return [stage.name for stage in ordered(document_of(text.encode(), "test.yaml"))]


def stages(**wires: str) -> str:
    """Stages by name, each with the inputs that are said."""
    written = [f"  {name}:\n    model: m\n    inputs: {{{given}}}\n" for name, given in wires.items()]
    return HEAD + "stages:\n" + "".join(written)


def test_options_are_those_that_flows_have() -> None:
    assert set(STAGE_OPTIONS) == set(options.OPTIONS)
    assert {*CLOSURE_OPTIONS, "inputs"} == set(closed.OPTIONS)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("x: 1", ContractError, r"1:1: it is no chain: a chain says scalebridge: 1 in its first line"),
        ("[1]", ContractError, r"1:1: a chain is a mapping that begins with scalebridge: 1, got a list of 1"),
        ("scalebridge: 2\nchain: x\nnew: 1", ContractError, r"1:14: it is of version 2, .* up to 1\. Upgrade: pip"),
        ("scalebridge: '1'\n", ContractError, r"1:14: scalebridge: '1' is no version of the format"),
        ("scalebridge: true\n", ContractError, r"1:14: scalebridge: true is no version"),
        ("scalebridge: 1\nstages: {}\n", MissingInput, r"1:1: a chain has a name: write chain: creep"),
        ("scalebridge: 1\nchain: a/b\nstages: {}\n", ContractError, r"2:8: 'a/b' is no name of a chain"),
        (HEAD + "stages: {}\n", ContractError, r"it has no stages"),
        (HEAD, ContractError, r"it has no stages"),
        (HEAD + "stages: [a]\n", ContractError, r"3:9: stages: is a mapping of stages by name, got a list of 1"),
        (HEAD + "stage: {}\n", UnknownName, r"3:1: a chain has no 'stage'\. Did you mean 'stages'\?"),
        (HEAD + "stages: {a: b}\n", ContractError, r"3:13: stage 'a' is a mapping of model"),
        (HEAD + "stages: {a: {inputs: {}}}\n", MissingInput, r"3:13: stage 'a' has no model: write model: NAME"),
        (HEAD + "stages: {a: {model: 7}}\n", ContractError, r"3:21: the name of a model is wanted here, got 7"),
        (HEAD + "stages: {a: {modle: m}}\n", UnknownName, r"3:14: stage 'a' has no 'modle'\. Did you mean 'model'\?"),
        (HEAD + "stages: {a: {model: m, retry: 2}}\n", UnknownName, r"3:24: .*'retry'\. Did you mean .*'retries'"),
        (HEAD + "stages: {a: {model: m, inputs: [x]}}\n", ContractError, r"3:32: inputs: is a mapping of inputs"),
        (stages(a="x: "), MissingInput, r"6:\d+: 'x' has no value"),
        (stages(a="x: {b: 1}"), ContractError, r"6:17: 'x' is a mapping of b, which says not what it is"),
        (stages(a="x: {form: a.y}"), ContractError, r"6:17: .*Did you mean 'from'\?"),
        (stages(a="x: {from: a.y, parameter: z}"), ContractError, r"6:17: .*mapping of from, parameter"),
        (stages(a="x: {from: a.y, prt: z}"), UnknownName, r"6:29: \{from: …\} has no 'prt'\. Did you mean 'port'"),
        (stages(a="x: {from: 7}"), ContractError, r"6:24: an output, stage\.port is wanted here, got 7"),
        (
            stages(a="x: {parameter: t}"),
            UnknownName,
            r"6:17: stage 'a': there is no parameter 't'\. There is none\. Write param",
        ),
        (stages(a="x: [1, {parameter: t}]"), UnknownName, r"6:21: .*no parameter 't'"),
        (stages(a="x: {stack: 1, dim: t}"), ContractError, r"6:25: stack: takes a list"),
        (stages(a="x: {stack: [1]}"), MissingInput, r"6:17: the stack of 'x' has no dimension: write dim:"),
        (stages(a="x: {values: [1, a], unit: K}"), ContractError, r"6:30: 'a' is no number\. The unit of all"),
        (stages(a="x: {values: 5, unit: K}"), ContractError, r"6:26: values: takes a list, got 5"),
        (stages(a="x: {values: [1], dtype: object}"), ContractError, r"6:38: dtype: 'object' is none of a port's"),
        (stages(a="x: {values: [1], shape: [-1]}"), ContractError, r"6:38: shape: is a list of whole numbers"),
        (stages(a="x: {base64: '+', media_type: a/b}"), ContractError, r"6:26: base64: cannot be read"),
        (stages(a="x: {file: a.csv, blake3: abc}"), ContractError, r"6:39: blake3: is no digest"),
        (stages(a="x: {atoms: {numbers: {from: b}}}"), ContractError, r"6:26: 'numbers' of atoms is a list"),
        (stages(a="x: {closure: m, tolerence: 1}"), UnknownName, r"6:30: .*Did you mean 'tolerance'\?"),
        (stages(a="x: 1") + "    settings: {x: 2}\n", ContractError, r"7:16: 'x' of stage 'a' is given twice; line 6"),
        (HEAD + "parameters: {2x: 1}\n" + "stages: {a: {model: m}}", ContractError, r"3:14: '2x' is no name of a par"),
        (HEAD + "parameters: {lambda: 1}\n" + "stages: {a: {model: m}}", ContractError, r"3:14: 'lambda' is no name"),
        (HEAD + "parameters: {x: }\n" + "stages: {a: {model: m}}", MissingInput, r"x: \{type: str\}"),
        (HEAD + "parameters: {x: {type: text}}\n", UnknownName, r"3:24: 'text' is no type\. Known: any, bool"),
        (HEAD + "parameters: {x: {type: str, default: 7}}\n", ContractError, r"3:38: .* is 7, which is no str.*'7'"),
        (HEAD + "parameters: {x: {type: int, default: 7.5}}\n", ContractError, r"is 7\.5, which is no int"),
        (HEAD + "parameters: {x: {type: int, default: true}}\n", ContractError, r"is true, which is no int"),
        (HEAD + "parameters: {x: {default: 7}}\n", MissingInput, r"3:17: parameter 'x' has no type"),
    ],
)
def test_a_form_that_is_not_meant_is_refused_with_its_place(text: str, error: type[Exception], said: str) -> None:
    with pytest.raises(ContractError) as caught:
        document_of(text.encode(), "test.yaml")
    assert isinstance(caught.value, error), caught.value
    assert re.match(r"test\.yaml:\d+:\d+: ", str(caught.value))
    assert re.search(said, str(caught.value)), str(caught.value)


def test_a_parameter_has_the_type_of_its_default_unless_said() -> None:
    text = HEAD + "parameters: {a: 900 K, b: 7, c: 7.0, d: true, e: {type: float, default: 7}, f: {type: str}}\n"
    found = document_of((text + "stages: {a: {model: m}}").encode(), "test.yaml").parameters
    assert [one.type for one in found.values()] == ["str", "int", "float", "bool", "float", "str"]
    assert found["f"] == Parameter("str")


def test_the_model_itself_may_be_a_parameter() -> None:
    text = HEAD + "parameters: {walk: kmc.random_walk}\nstages: {a: {model: {parameter: walk}}}\n"
    assert document_of(text.encode(), "test.yaml").stages[0].model == Given("walk")


# Wires and order


def test_stages_may_stand_in_any_order() -> None:
    assert order(stages(c="x: {from: b.y}", b="x: {from: a.y}", a="")) == ["a", "b", "c"]


def test_stages_that_wait_for_nothing_keep_the_order_they_are_written_in() -> None:
    assert order(stages(d="", c="x: {from: d.y}", b="", a="")) == ["d", "c", "b", "a"]


@pytest.mark.parametrize(
    ("wires", "loop", "line"),
    [
        ({"a": "x: {from: a.y}"}, "a → a", 4),
        ({"a": "x: {from: b.y}", "b": "x: {from: a.y}"}, "a → b → a", 4),
        ({"z": "", "a": "x: {from: c.y}", "b": "x: {from: a.y}", "c": "x: {from: b.y}"}, "a → b → c → a", 7),
        ({"late": "x: {from: b.y}", "a": "x: {from: b}", "b": "x: {stack: [{from: a.y}], dim: n}"}, "a → b → a", 7),
        ({"a": "x: {closure: m, inputs: {p: {from: b.y}}}", "b": "x: {record: {f: [{from: a.y}]}}"}, "a → b → a", 4),
    ],
)
def test_a_loop_is_refused_by_the_names_of_its_stages(wires: dict[str, str], loop: str, line: int) -> None:
    with pytest.raises(ContractError) as caught:
        order(stages(**wires))
    assert str(caught.value).startswith(f"test.yaml:{line}:3: the stages {loop} wait for one another"), caught.value


def test_a_wire_from_no_stage_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"^test\.yaml:9:17: 'vacanzy\.y' comes from no stage\. .*'vacancy'"):
        order(stages(vacancy="", b="x: {from: vacanzy.y}"))


def test_a_path_that_may_mean_two_outputs_is_refused_and_told_apart_by_its_port() -> None:
    both = {"vacancy": "", "vacancy.emt": ""}
    with pytest.raises(
        ContractError, match=r"12:17: 'vacancy\.emt\.y' may mean two outputs\. Write \{from: vacancy\.emt"
    ):
        order(stages(**both, b="x: {from: vacancy.emt.y}"))
    assert order(stages(**both, b="x: {from: vacancy, port: emt.y}"))[-1] == "b"
    assert order(stages(b="x: {from: vacancy.emt, port: y}", **both))[:2] == ["vacancy", "vacancy.emt"]
    with pytest.raises(UnknownName, match=r"there is no stage 'vacancy\.e'"):
        order(stages(**both, b="x: {from: vacancy.e, port: y}"))


def test_numbered_stages_come_in_the_order_of_their_numbers() -> None:
    assert order(stages(**{"m#3": "", "m#2": "", "m": ""})) == ["m", "m#2", "m#3"]
    with pytest.raises(ContractError, match=r"'m#3' is numbered, and there is no 'm#2' before it"):
        order(stages(**{"m": "", "m#3": ""}))


def test_a_thousand_stages_in_the_wrong_order_are_sorted() -> None:
    chain = {f"s{n}": f"x: {{from: s{n - 1}.y}}" if n else "" for n in reversed(range(2000))}
    assert order(stages(**chain))[0] == "s0"
