"""The program of a system: its rates, its step of Rodas4P2 and its march through time, as the text of a module.

Everything is straight-line arithmetic of local variables: what the stages share is computed once, zeros of the
Jacobian are not there, and what depends on parameters only is computed once for each patient.
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge_pharmacology.systems import rodas
from bridge_pharmacology.systems.elimination import elimination
from bridge_pharmacology.systems.symbols import Expression
from bridge_pharmacology.systems.system import System
from bridge_pharmacology.systems.tracing import Trace, fixed, printed, trace

#: Straight-line code takes 3 ms to compile for each operation of a step, of which 40 states in a chain need 5,000.
MOST_STATES, MOST_OPERATIONS = 40, 12_000

_HEAD = '''"""Generated for the system {name!r}; do not edit, it is compared with what would be generated."""

from math import exp, log, sqrt

import numpy as np
from numba import cfunc, njit, types

FLOAT, FLOATS = types.float64, types.CPointer(types.float64)
KEPT = {kept}
'''
_POWER = """
@njit(error_model="numpy")
def power(x, n):
    return x**n if x > 0.0 else 0.0
"""
_SIGNATURES = {
    "constants": "types.void(FLOATS, FLOATS)",
    "rates": "types.void(FLOATS, FLOATS, FLOATS, FLOATS, FLOAT, FLOATS)",
    "step": "FLOAT(FLOATS, FLOATS, FLOATS, FLOATS, FLOAT, FLOAT, FLOAT, FLOATS, FLOATS)",
}


def program(system: System) -> str:
    """The text of the module. Raises ValueError for systems that are too large, and what `trace` raises."""
    size = len(system.states)
    if size > MOST_STATES:
        raise ValueError(f"{system.name} has {size} states; straight-line code is written for up to {MOST_STATES}.")
    found = trace(system)
    jacobian, driving = found.derivatives(found.states), found.derivatives(found.inputs)
    kept = fixed((*found.rates, *jacobian.values(), *driving.values()))
    names = {id(node): f"k{k}" for k, node in enumerate(kept)}
    lines = _step(found, jacobian, driving, names)
    operations = sum(line.count(sign) for line in lines for sign in (" + ", " - ", " * ", " / ", "**"))
    if operations > MOST_OPERATIONS:
        raise ValueError(
            f"A step of {system.name} takes {operations} operations, and more than {MOST_OPERATIONS} take a minute to "
            "compile. Write fewer states, or let fewer of them depend on each other."
        )
    blocks = [
        _HEAD.format(name=system.name, kept=len(kept)),
        _function("constants", "p, found", _constants(kept)),
        _function("rates", "y, k, rate, cubic, x, found", _rates(found, names)),
        _function("step", "y, k, rate, cubic, x, h, rtol, atol, new", lines),
    ]
    if any("power(" in block for block in blocks):
        blocks.insert(1, _POWER)
    return "\n\n".join(blocks)


def _function(name: str, arguments: str, lines: Sequence[str]) -> str:
    options = f'@cfunc({_SIGNATURES[name]}, error_model="numpy", fastmath={{"contract"}}, cache=True)\n'
    return f"{options}def {name}({arguments}):\n" + "".join(f"    {line}\n" for line in lines or ("pass",))


def _constants(kept: Sequence[Expression]) -> list[str]:
    lines, texts = printed(kept, {}, "c")
    return lines + [f"found[{k}] = {text}" for k, text in enumerate(texts)]


def _read(found: Trace, names: dict[int, str]) -> list[str]:
    lines = [f"{name} = k[{number}]" for number, name in enumerate(names.values())]
    for k in range(len(found.states)):
        lines += [f"y{k} = y[{k}]", f"r{k} = rate[{k}]"]
    for k in range(len(found.inputs)):
        of = ", ".join(f"cubic[{4 * k + power}]" for power in range(4))
        lines.append(f"s{k}_0, s{k}_1, s{k}_2, s{k}_3 = {of}")
    return lines


def _inputs(found: Trace, at: str, into: str) -> list[str]:
    return [
        f"{into}{k} = s{k}_0 + ({at}) * (s{k}_1 + ({at}) * (s{k}_2 + ({at}) * s{k}_3))"
        for k in range(len(found.inputs))
    ]


def _rates(found: Trace, names: dict[int, str]) -> list[str]:
    lines, texts = printed(found.rates, names, "t")
    done = [f"found[{k}] = {text} + r{k}" for k, text in enumerate(texts)]
    return [*_read(found, names), *_inputs(found, "x", "i"), *lines, *done]


def _step(
    found: Trace,
    jacobian: dict[tuple[int, int], Expression],
    driving: dict[tuple[int, int], Expression],
    names: dict[int, str],
) -> list[str]:
    states = range(len(found.states))
    lines = [*_read(found, names), f"d = {1 / rodas.GAMMA!r} / h", "q = 1.0 / h", *_inputs(found, "x", "i")]
    shared, texts = printed((*found.rates, *jacobian.values(), *driving.values()), names, "t")
    lines += shared
    rates, texts = texts[: len(states)], texts[len(states) :]
    entries = dict(zip(jacobian, texts, strict=False))
    taken = elimination(len(states), entries, "d")
    lines += taken.lines
    lines.append(f"if not ({' and '.join(f'abs({pivot}) > 1e-6 * d' for pivot in taken.pivots.values())}):")
    lines.append("    return np.inf")
    lines += _time_derivatives(found, dict(zip(driving, texts[len(entries) :], strict=True)))
    changing = {row for row, _ in driving}
    for stage in range(6):
        point = [f"y{j}" for j in states]
        if 0 < stage < 5:
            lines += [
                f"z{stage}_{j} = y{j}" + "".join(f" + {a!r} * u{k}_{j}" for k, a in enumerate(rodas.A[stage]))
                for j in states
            ]
        elif stage == 5:
            lines += [f"z5_{j} = z4_{j} + u4_{j}" for j in states]
        if stage > 0:
            point = [f"z{stage}_{j}" for j in states]
            begun, rates = _rates_at(found, names, stage, point)
            lines += begun
        for j in states:
            text = f"{rates[j]} + r{j}"
            if stage:
                text += f" + q * ({' + '.join(f'{c!r} * u{k}_{j}' for k, c in enumerate(rodas.C[stage]))})"
            if j in changing and rodas.D[stage]:
                text += f" + {rodas.D[stage]!r} * h * g{j}"
            lines.append(f"b{stage}_{j} = {text}")
        lines += taken.solution([f"b{stage}_{j}" for j in states], f"u{stage}_")
    lines.append("error = 0.0")
    for j in states:
        lines += [
            f"n{j} = z5_{j} + u5_{j}",
            f"e{j} = u5_{j} / (atol[{j}] + rtol * max(abs(y{j}), abs(n{j})))",
            f"error += e{j} * e{j}",
            f"new[{j}] = n{j}",
        ]
    return [*lines, "return error if error < np.inf else np.inf"]


def _time_derivatives(found: Trace, driving: dict[tuple[int, int], str]) -> list[str]:
    lines = [f"j{k} = s{k}_1 + x * (2.0 * s{k}_2 + x * 3.0 * s{k}_3)" for k in range(len(found.inputs))]
    for row in sorted({row for row, _ in driving}):
        terms = [f"{text} * j{column}" for (at, column), text in driving.items() if at == row]
        lines.append(f"g{row} = {' + '.join(terms)}")
    return lines


def _rates_at(found: Trace, names: dict[int, str], stage: int, point: Sequence[str]) -> tuple[list[str], list[str]]:
    moved = dict(names)
    moved.update({id(state): name for state, name in zip(found.states, point, strict=True)})
    moved.update({id(one): f"i{stage}_{k}" for k, one in enumerate(found.inputs)})
    lines, texts = printed(found.rates, moved, f"t{stage}_")
    at = f"x + {rodas.ABSCISSAE[stage]!r} * h"
    return [*_inputs(found, at, f"i{stage}_"), *lines], texts
