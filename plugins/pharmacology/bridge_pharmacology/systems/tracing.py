"""What a system's rates do, as expressions; and expressions as statements of a program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bridge_pharmacology.systems.symbols import Expression, Graph
from bridge_pharmacology.systems.system import System


@dataclass(frozen=True)
class Trace:
    """The rates of a system, and what they are written in."""

    states: tuple[Expression, ...]
    parameters: tuple[Expression, ...]
    inputs: tuple[Expression, ...]
    rates: tuple[Expression, ...]

    def derivatives(self, symbols: Sequence[Expression]) -> dict[tuple[int, int], Expression]:
        """Derivatives of the rates (first index) by the symbols (second) that do not vanish."""
        graph = self.states[0].graph
        entries = {
            (row, column): graph.derivative(rate, symbol)
            for row, rate in enumerate(self.rates)
            for column, symbol in enumerate(symbols)
        }
        return {place: entry for place, entry in entries.items() if not graph.is_number(entry, 0.0)}


def trace(system: System) -> Trace:
    """Call the rates with symbols. Raises TypeError where they are no arithmetic, ValueError where they do not fit."""
    names = (*system.states, *system.parameters, *system.inputs)
    if not system.states or len(set(names)) < len(names):
        raise ValueError(
            f"{system.name} needs states, and each of its names once; it has {', '.join(names) or 'none'}."
        )
    if unknown := set(system.totals) - set(system.states):
        raise ValueError(f"{system.name} has no state {', '.join(sorted(unknown))} that could be a total.")
    graph = Graph()
    states = tuple(graph.node("state", value=f"y{k}") for k in range(len(system.states)))
    parameters = tuple(graph.node("parameter", value=f"p[{k}]", fixed=True) for k in range(len(system.parameters)))
    inputs = tuple(graph.node("input", value=f"i{k}") for k in range(len(system.inputs)))
    rates = tuple(graph.of(rate) for rate in system.rates(*states, *parameters, *inputs))
    if len(rates) != len(states):
        raise ValueError(f"{system.name} has {len(states)} states and {len(rates)} rates; it needs one for each state.")
    read = {id(node) for node in ordered(rates)}
    for name in system.totals:
        if id(states[system.states.index(name)]) in read:
            raise ValueError(
                f"Rates of {system.name} depend on {name}, which is called a total; take it out of totals."
            )
    return Trace(states, parameters, inputs, rates)


def ordered(wanted: Iterable[Expression]) -> list[Expression]:
    """All nodes that these need, each after its arguments."""
    seen: dict[int, Expression] = {}
    for top in wanted:
        stack = [(top, False)]
        while stack:
            node, ready = stack.pop()
            if id(node) in seen:
                continue
            if ready or not node.arguments:
                seen[id(node)] = node
            else:
                stack.append((node, True))
                stack.extend((one, False) for one in reversed(node.arguments))
    return list(seen.values())


def fixed(wanted: Iterable[Expression]) -> list[Expression]:
    """The largest parts of expressions that depend on parameters only, and are no numbers."""
    found, stack, seen = {}, list(wanted), set()
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if not node.fixed:
            stack.extend(reversed(node.arguments))
        elif node.operator != "number":
            found[id(node)] = node
    return list(found.values())


def printed(wanted: Sequence[Expression], names: Mapping[int, str], prefix: str) -> tuple[list[str], list[str]]:
    """Statements, and one text for each wanted expression, given the names of what is known (by `id`).

    What is used more than once gets a name of its own, which begins with the prefix.
    """
    known, lines = dict(names), list[str]()
    needed, uses, pending = set(), dict[int, int](), list(wanted)
    while pending:
        node = pending.pop()
        uses[id(node)] = uses.get(id(node), 0) + 1
        if id(node) not in needed and id(node) not in known:
            needed.add(id(node))
            pending.extend(node.arguments)
    for node in ordered(wanted):
        if id(node) not in needed:
            continue
        text = _text(node, [known[id(one)] for one in node.arguments])
        if uses[id(node)] > 1 and node.arguments:
            lines.append(f"{prefix}{len(lines)} = {text}")
            text = f"{prefix}{len(lines) - 1}"
        known[id(node)] = text
    return lines, [known[id(node)] for node in wanted]


def _text(node: Expression, arguments: Sequence[str]) -> str:
    match node.operator:
        case "number":
            return f"({node.value!r})" if float(node.value) < 0 else repr(node.value)
        case "state" | "parameter" | "input":
            return str(node.value)
        case "negative":
            return f"(-{arguments[0]})"
        case "+" | "-" | "*" | "/" | "**":
            return f"({arguments[0]} {node.operator} {arguments[1]})"
    return f"{node.operator}({', '.join(arguments)})"
