"""A value not computed yet refuses every use but being handed to a stage; the same use of a known value passes."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kinds_of_port import KINDS, sink, source

from bridge import Q, check, stack, stage
from bridge.chain.trace import trace_into
from bridge.chain.values import NotYet, Output, Unknown, UnknownPort
from bridge.errors import ContractError, NotComputedYet

# Each use, and a known value for which it is legal
USES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "bool()": (bool, 1),
    "if": (lambda v: 1 if v else 2, True),
    "not": (operator.not_, True),
    "float()": (float, "900"),
    "int()": (int, "900"),
    "complex()": (complex, 1),
    "round()": (round, 1.5),
    "math.floor()": (math.floor, 1.5),
    "math.exp()": (math.exp, 1.5),
    "len()": (len, "abc"),
    "range()": (range, 3),
    "iteration": (list, (1, 2)),
    "unpacking": (lambda v: [*v], (1, 2)),
    "in": (lambda v: 1 in v, (1, 2)),
    "member of a list": (lambda v: v in [1, 2], 2),
    "indexing": (lambda v: v[0], (1, 2)),
    "slicing": (lambda v: v[1:], (1, 2)),
    "setting an element": (lambda v: operator.setitem(v, 0, 5), [1, 2]),
    "+": (lambda v: v + 1, 2),
    "+ from the right": (lambda v: 1 + v, 2),
    "-": (lambda v: v - 1, 2),
    "- from the right": (lambda v: 1 - v, 2),
    "*": (lambda v: v * 2, 2),
    "* from the right": (lambda v: 2 * v, 2),
    "/": (lambda v: v / 2, 2),
    "/ from the right": (lambda v: 2 / v, 2),
    "//": (lambda v: v // 2, 2),
    "%": (lambda v: v % 2, 2),
    "**": (lambda v: v**2, 2),
    "** from the right": (lambda v: 2**v, 2),
    "divmod()": (lambda v: divmod(v, 2), 2),
    "@": (lambda v: v @ v, np.ones(2)),
    "unary -": (operator.neg, 2),
    "abs()": (abs, 2),
    "&": (lambda v: v & 1, 2),
    "~": (operator.invert, 2),
    "+=": (lambda v: operator.iadd(1, v), 2),
    "sum()": (lambda v: sum([v, v]), 2),
    "<": (lambda v: v < 3, 2),
    "<=": (lambda v: v <= 3, 2),
    ">": (lambda v: v > 3, 2),
    ">=": (lambda v: v >= 3, 2),
    "max()": (lambda v: max(v, 3), 2),
    "==": (lambda v: v == 3, 2),
    "!=": (lambda v: v != 3, 2),
    "f-string": (lambda v: f"{v}", 2),
    "f-string with a format": (lambda v: f"{v:.3g}", 2),
    "str.format()": (lambda v: "{}".format(v), 2),  # noqa: UP032 - the method is the point
    "np.exp()": (np.exp, 2.0),
    "np.add() after an array": (lambda v: np.add(np.ones(2), v), 2.0),
    "array +": (lambda v: np.ones(2) + v, 2.0),
    "array ==": (lambda v: np.ones(2) == v, 2.0),
    "np.mean()": (np.mean, [1.0]),
    "np.asarray()": (np.asarray, 2.0),
    "np.array of a list": (lambda v: np.array([v]), 2.0),
    "np.concatenate()": (lambda v: np.concatenate([v, v]), np.ones(2)),
    "numpy number *": (lambda v: np.float64(2) * v, 2.0),
    "quantity *": (lambda v: Q(3, "K") * v, 2.0),
}


def port_of(kind: str) -> NotYet:
    return stage(source(KINDS[kind].annotation)).submit().x


def two_stacked() -> NotYet:
    x = port_of("float [K]")
    return stack([x, x], dim="walker")


NOT_YET: dict[str, Callable[[], NotYet]] = {
    **{name: (lambda name=name: port_of(name)) for name in KINDS if name != "setting"},
    "whole stage": lambda: stage(source(float)).submit(),
    "stack": two_stacked,
    "result of a plain task": lambda: Unknown("load"),
}

#: Uses of the product that are no mistake, with the reason.
MEANINGLESS = {("setting", use): "a setting is written in the flow: its value is always known" for use in USES}


@pytest.mark.parametrize(("use", "kind"), list(itertools.product(USES, NOT_YET)))
def test_a_value_not_computed_yet_refuses_to_be_used(use: str, kind: str) -> None:
    act, known = USES[use]

    def refused() -> None:
        act(NOT_YET[kind]())

    def twin() -> None:
        act([*known] if isinstance(known, list) else known)
        value = NOT_YET[kind]()
        if isinstance(value, Output) and value._path:
            stage(sink(KINDS[kind].annotation)).submit(x=value)

    with pytest.raises(
        NotComputedYet, match=r"is not computed yet, so the flow cannot use .* on it\. Hand it to a stage"
    ):
        check(refused)
    check(twin)


def test_every_cell_is_refused_or_declared_meaningless() -> None:
    refused = set(itertools.product(NOT_YET, USES))
    assert refused | set(MEANINGLESS) >= set(itertools.product(KINDS, USES))
    assert not refused & set(MEANINGLESS)
    assert (len(refused), len(MEANINGLESS)) == (928, 58)


def test_the_refusal_names_stage_port_and_kind() -> None:
    with trace_into_new(), pytest.raises(NotComputedYet) as caught:
        float(port_of("float [K]"))  # type: ignore[arg-type]
    assert str(caught.value) == (
        "fine.source.x (float [K]) is not computed yet, so the flow cannot use float() on it. "
        "Hand it to a stage, or decide by a parameter of the flow."
    )


def trace_into_new() -> Any:
    from bridge.chain.chain import Chain

    return trace_into(Chain())


def test_printing_and_hashing_are_allowed() -> None:
    with trace_into_new():
        value = port_of("float [K]")
    assert str(value) == "fine.source.x (float [K])"
    assert repr(value) == "<fine.source.x (float [K]), not computed yet>"
    assert {value: 1}[value] == 1


def test_a_record_lists_and_gives_its_ports_by_attribute_and_by_name() -> None:
    with trace_into_new():
        whole = stage(source(KINDS["record"].annotation)).submit()
    assert dir(whole) == ["x"]
    assert dir(whole.x) == ["charges", "edge", "sites"]
    assert str(whole["x"]["edge"]) == str(whole.x.edge) == "fine.source.x.edge (float [angstrom])"
    with pytest.raises(UnknownPort, match=r"fine\.source\.x has no port 'edges'. Did you mean 'edge'\?"):
        _ = whole.x.edges
    with pytest.raises(UnknownPort, match="is a single value: it has no port 'real'"):
        _ = whole.x.edge.real
    assert getattr(whole, "nothing", None) is None


def test_waiting_is_allowed_and_looking_is_not() -> None:
    with trace_into_new():
        value = port_of("float [K]")
    value.wait()  # type: ignore[attr-defined]
    with pytest.raises(NotComputedYet, match=r"cannot use result\(\) on it"):
        value.result()  # type: ignore[attr-defined]


def test_wrapping_it_in_a_quantity_is_refused_at_the_port() -> None:
    def flow() -> None:
        stage(sink(KINDS["float [K]"].annotation)).submit(x=Q(port_of("float"), "K"))

    with pytest.raises(ContractError, match=r"fine\.source\.x \(float\) is not computed yet"):
        check(flow)
