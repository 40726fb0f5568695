"""A flow's wiring is read off its body as Python runs it: loops, defaults, conditions, functions in functions."""

from __future__ import annotations

import re
from typing import Any

import pytest
from small_chain import names, vacancy, walk, wiring

from bridge import check, stage
from bridge.chain.chain import Literal
from bridge.errors import ContractError, DeclarationError, MissingInput, UnknownName


def test_a_loop_over_a_parameter_makes_as_many_stages_numbered() -> None:
    def flow(count: int = 3) -> None:
        for i in range(count):
            stage(vacancy).submit(strain=i / 10)

    assert names(check(flow)) == ["vacancy", "vacancy#2", "vacancy#3"]
    assert names(check(flow, count=1)) == ["vacancy"]
    values = [s.sources["strain"] for s in check(flow).stages.values()]
    assert values == [Literal(0.0), Literal(0.1), Literal(0.2)]


def test_named_stages_keep_their_names_and_two_may_not_share_one() -> None:
    def flow(second: str) -> None:
        for name in ("low T = 300", second):
            stage(vacancy, name=name).submit()

    assert names(check(flow, second="high")) == ["low T = 300", "high"]
    with pytest.raises(ContractError, match=r"two stages are named 'low T = 300': give each its own name"):
        check(flow, second="low T = 300")
    with pytest.raises(DeclarationError, match=r"'a/b' is no stage name"):
        check(flow, second="a/b")


def test_a_stage_named_like_a_model_moves_the_numbering_along() -> None:
    def flow() -> None:
        stage(walk, name="vacancy").submit(barrier="1 eV")
        stage(vacancy).submit()

    assert names(check(flow)) == ["vacancy", "vacancy#2"]


def test_keyword_and_default_arguments_of_a_flow_reach_its_stages() -> None:
    def flow(barrier: str, temperature: str = "300 K", *, again: bool = False) -> None:
        stage(walk).submit(barrier=barrier, temperature=temperature)
        if again:
            stage(walk).submit(barrier=barrier)

    (one,) = check(flow, barrier="1 J").stages.values()
    assert one.sources == {"barrier": Literal(0.001), "temperature": Literal(300.0)}
    two = check(flow, barrier="1 J", again=True, temperature="25 degC").stages
    assert two["walk"].sources["temperature"] == Literal(298.15)
    assert two["walk#2"].sources["temperature"] == Literal(900.0), "the model's own default"
    with pytest.raises(MissingInput, match=r"flow 'flow' needs barrier\. Write -p barrier=VALUE"):
        check(flow)
    with pytest.raises(UnknownName, match=r"flow 'flow' has no parameter 'temprature'\. Did you mean 'temperature'\?"):
        check(flow, barrier="1 J", temprature="3 K")


def test_a_condition_on_a_parameter_chooses_the_wiring() -> None:
    def flow(fine: bool) -> None:
        barrier: Any = stage(vacancy).submit().energy if fine else "1 eV"
        stage(walk).submit(barrier=barrier)

    assert wiring(check(flow, fine=True)) == [("vacancy.energy", "walk.barrier")]
    assert wiring(check(flow, fine=False)) == []


def test_a_subflow_that_is_a_plain_function_joins_the_chain() -> None:
    def both(strains: tuple[float, ...]) -> list[Any]:
        return [stage(vacancy).submit(strain=s).energy for s in strains]

    def flow() -> None:
        for energy in both((0.0, 0.1)):
            stage(walk).submit(barrier=energy)

    chain = check(flow)
    assert names(chain) == ["vacancy", "vacancy#2", "walk", "walk#2"]
    assert wiring(chain) == [("vacancy.energy", "walk.barrier"), ("vacancy#2.energy", "walk#2.barrier")]
    assert chain.stages["walk#2"].upstream == ["vacancy#2"]


def test_checking_twice_gives_fresh_chains_and_values_do_not_travel_between_them() -> None:
    kept: list[Any] = []

    def flow() -> None:
        kept.append(stage(vacancy).submit())
        stage(walk).submit(barrier=kept[0].energy)

    check(flow)
    with pytest.raises(
        ContractError, match=r"cannot wire vacancy\.energy \(float \[eV\]\) to walk\.barrier: it belongs to"
    ):
        check(flow)


def test_an_error_of_the_flows_own_comes_through_and_tracing_ends() -> None:
    from bridge.chain.trace import tracing

    def flow() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        check(flow)
    assert tracing() is None


def test_a_mistake_in_a_body_is_noted_with_its_file_and_line() -> None:
    def helped() -> None:
        stage(vacancy).submit(strain=unheard_of)  # type: ignore[name-defined]  # noqa: F821

    def looped() -> None:
        first = stage(walk).submit(barrier=second.energy)  # type: ignore[has-type, used-before-def]  # noqa: F821
        second = stage(vacancy).submit(strain=first.mobility)  # noqa: F841

    for flow, error, line in ((lambda: helped(), NameError, helped), (looped, UnboundLocalError, looped)):
        with pytest.raises(error) as caught:
            check(flow)
        at = line.__code__.co_firstlineno + 1
        assert len(caught.value.__notes__) == 1
        assert re.search(rf"test_tracing\.py:{at}, in the body of flow", caught.value.__notes__[0])


def test_what_is_refused_of_a_body_is_said_without_a_note() -> None:
    with pytest.raises(UnknownName) as caught:
        check(lambda: stage("no.such.model").submit())
    assert not hasattr(caught.value, "__notes__")


def test_what_is_no_flow_is_refused() -> None:
    async def later() -> None: ...

    with pytest.raises(ContractError, match=r"flow 'later' is async: write it with def"):
        check(later)
    with pytest.raises(ContractError, match=r"3 is not a flow: write @flow\(task_runner=runner\(\)\)"):
        check(3)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: stage(vacancy)(strain=1.0), r"a stage is submitted: write stage\('vacancy'\)\.submit"),
        (lambda: stage(vacancy, retry=2), "has no option 'retry'. Did you mean 'retries'"),
        (lambda: stage(vacancy, retries=-1), "retries=-1: it is no whole number from 0. Write retries=2"),
        (lambda: stage(vacancy, retries=True), "retries=True: it is no whole number from 0"),
        (lambda: stage(lambda x: x), "takes a model's name or a function declared with @model"),
        (lambda: stage("no.such.model"), "no model is named 'no.such.model'"),
        (lambda: stage("no.such.model"), "scalebridge --plugins FOLDER"),
    ],
)
def test_a_stage_misused_is_refused(use: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check(use)


def test_options_of_a_stage_are_kept_beside_its_wiring() -> None:
    chain = check(lambda: stage(vacancy, retries=2, retry_delay=0.5).submit())
    assert chain.stages["vacancy"].options == {"retries": 2, "retry_delay": 0.5}
