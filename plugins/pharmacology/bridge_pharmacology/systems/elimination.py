"""Gaussian elimination of one sparsity pattern, written out statement by statement.

The pivots stay on the diagonal, in the order of Markowitz (Management Science 3, 255, 1957): the next one is where
the product of the other entries of its row and column is least. States that nothing depends on come first by that
rule, cost nothing, and are found last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Place = tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """Statements that take a matrix apart, and the pattern of its factors in the order of the pivots."""

    order: tuple[int, ...]
    lines: tuple[str, ...]
    lower: Mapping[Place, str]
    upper: Mapping[Place, str]
    pivots: Mapping[int, str]
    inverses: Mapping[int, str]

    def solution(self, right: Sequence[str], found: str) -> list[str]:
        """Statements that solve for one right-hand side, into names that begin with `found`."""
        size, lines = len(self.order), list[str]()
        rest = list(right)
        for step, pivot in enumerate(self.order):
            parts = [f"{self.lower[pivot, k]} * {found}{k}_" for k in self.order[:step] if (pivot, k) in self.lower]
            rest[pivot] = " - ".join([f"({right[pivot]})", *parts])
            lines.append(f"{found}{pivot}_ = {rest[pivot]}")
        for step in reversed(range(size)):
            pivot = self.order[step]
            parts = [f"{self.upper[pivot, k]} * {found}{k}" for k in self.order[step + 1 :] if (pivot, k) in self.upper]
            lines.append(f"{found}{pivot} = ({' - '.join([f'{found}{pivot}_', *parts])}) * {self.inverses[pivot]}")
        return lines


def markowitz(size: int, pattern: Iterable[Place]) -> tuple[int, ...]:
    """The order of the diagonal pivots that fills in least, chosen one after another."""
    rows = [{row} for row in range(size)]
    columns = [{column} for column in range(size)]
    for row, column in pattern:
        rows[row].add(column)
        columns[column].add(row)
    left, order = set(range(size)), list[int]()
    while left:
        pivot = min(left, key=lambda k: ((len(rows[k] & left) - 1) * (len(columns[k] & left) - 1), k))
        left.remove(pivot)
        order.append(pivot)
        for row in columns[pivot] & left:
            rows[row] |= rows[pivot] & left
        for column in rows[pivot] & left:
            columns[column] |= columns[pivot] & left
    return tuple(order)


def elimination(size: int, entries: Mapping[Place, str], diagonal: str) -> Elimination:
    """Take ``diagonal * I - J`` apart, J given by the texts of its entries."""
    order = markowitz(size, entries)
    now = {place: f"(-{text})" for place, text in entries.items() if place[0] != place[1]}
    for k in range(size):
        now[k, k] = f"({diagonal} - {entries[k, k]})" if (k, k) in entries else diagonal
    lines, lower, upper, pivots, inverses = list[str](), dict[Place, str](), dict[Place, str](), {}, {}
    for step, pivot in enumerate(order):
        later = order[step + 1 :]
        pivots[pivot], inverses[pivot] = f"w{pivot}", f"v{pivot}"
        lines += [f"w{pivot} = {now[pivot, pivot]}", f"v{pivot} = 1.0 / w{pivot}"]
        row = [k for k in later if (pivot, k) in now]
        for k in row:
            upper[pivot, k] = f"w{pivot}_{k}"
            lines.append(f"w{pivot}_{k} = {now[pivot, k]}")
        for below in (k for k in later if (k, pivot) in now):
            lower[below, pivot] = f"m{below}_{pivot}"
            lines.append(f"m{below}_{pivot} = {now[below, pivot]} * v{pivot}")
            for k in row:
                taken = f"m{below}_{pivot} * w{pivot}_{k}"
                now[below, k] = f"({now[below, k]} - {taken})" if (below, k) in now else f"(-{taken})"
    return Elimination(order, tuple(lines), lower, upper, pivots, inverses)
