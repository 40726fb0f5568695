"""Arithmetic that writes itself down: rates called with symbols give expressions, which are derived and printed.

Equal expressions are one object, so that what two rates share is computed once. What depends on parameters only is
*fixed*: factors of that kind are gathered, for a patient has them once and a step would have them six times.
"""

from __future__ import annotations

from typing import Any, NoReturn

Key = tuple[Any, ...]


class Expression:
    """One node of an expression graph; arithmetic of nodes gives nodes of the same graph."""

    __slots__ = ("arguments", "fixed", "graph", "operator", "value")
    __hash__ = object.__hash__

    def __init__(
        self, graph: Graph, operator: str, arguments: tuple[Expression, ...], value: float | str, fixed: bool
    ) -> None:
        self.graph, self.operator, self.arguments = graph, operator, arguments
        self.value, self.fixed = value, fixed

    def __add__(self, other: Any) -> Expression:
        return self.graph.add(self, self.graph.of(other))

    def __radd__(self, other: Any) -> Expression:
        return self.graph.add(self.graph.of(other), self)

    def __sub__(self, other: Any) -> Expression:
        return self.graph.subtract(self, self.graph.of(other))

    def __rsub__(self, other: Any) -> Expression:
        return self.graph.subtract(self.graph.of(other), self)

    def __mul__(self, other: Any) -> Expression:
        return self.graph.multiply(self, self.graph.of(other))

    def __rmul__(self, other: Any) -> Expression:
        return self.graph.multiply(self.graph.of(other), self)

    def __truediv__(self, other: Any) -> Expression:
        return self.graph.divide(self, self.graph.of(other))

    def __rtruediv__(self, other: Any) -> Expression:
        return self.graph.divide(self.graph.of(other), self)

    def __pow__(self, other: Any) -> Expression:
        return self.graph.raise_to(self, self.graph.of(other))

    def __rpow__(self, other: Any) -> Expression:
        return self.graph.raise_to(self.graph.of(other), self)

    def __neg__(self) -> Expression:
        return self.graph.subtract(self.graph.number(0.0), self)

    def __pos__(self) -> Expression:
        return self

    def exp(self) -> Expression:
        """What numpy and `functions.exp` ask an object for."""
        return self.graph.call("exp", self)

    def log(self) -> Expression:
        """Natural logarithm, as numpy asks an object for it."""
        return self.graph.call("log", self)

    def sqrt(self) -> Expression:
        """Square root, as numpy asks an object for it."""
        return self.graph.call("sqrt", self)

    def _refused(self, *_: object) -> NoReturn:
        raise TypeError(
            "Rates must be plain arithmetic of their arguments (+ - * / ** and bridge_pharmacology.systems.functions): "
            "they cannot be compared, rounded or made into numbers, for they are derived."
        )

    __bool__ = __lt__ = __le__ = __gt__ = __ge__ = __abs__ = __float__ = __int__ = __mod__ = __floordiv__ = _refused
    __eq__ = __ne__ = _refused


class Graph:
    """The expressions of one system, each of them once."""

    def __init__(self) -> None:
        self._known: dict[Key, Expression] = {}
        self._derived: dict[tuple[int, int], Expression] = {}

    def node(
        self, operator: str, arguments: tuple[Expression, ...] = (), value: float | str = "", fixed: bool = False
    ) -> Expression:
        """The one node of this operator and these arguments."""
        key = (operator, value, *map(id, arguments))
        if key not in self._known:
            fixed = fixed or (bool(arguments) and all(one.fixed for one in arguments))
            self._known[key] = Expression(self, operator, arguments, value, fixed)
        return self._known[key]

    def number(self, value: float) -> Expression:
        """A constant."""
        return self.node("number", value=float(value), fixed=True)

    def of(self, value: Any) -> Expression:
        """A node as it is, or a number as a node. Raises TypeError."""
        return value if isinstance(value, Expression) else self.number(float(value))

    def is_number(self, one: Expression, value: float) -> bool:
        """Whether a node is this constant."""
        return one.operator == "number" and one.value == value

    def add(self, one: Expression, other: Expression) -> Expression:
        """A sum; a sum with a negative is a difference."""
        if self.is_number(one, 0.0):
            return other
        if self.is_number(other, 0.0):
            return one
        if other.operator == "negative":
            return self.subtract(one, other.arguments[0])
        if one.operator == "negative":
            return self.subtract(other, one.arguments[0])
        if one.operator == other.operator == "number":
            return self.number(float(one.value) + float(other.value))
        return self.node("+", (one, other))

    def subtract(self, one: Expression, other: Expression) -> Expression:
        """A difference."""
        if self.is_number(other, 0.0):
            return one
        if other.operator == "negative":
            return self.add(one, other.arguments[0])
        if one is other:
            return self.number(0.0)
        if self.is_number(one, 0.0):
            return self.number(-float(other.value)) if other.operator == "number" else self.node("negative", (other,))
        if one.operator == other.operator == "number":
            return self.number(float(one.value) - float(other.value))
        return self.node("-", (one, other))

    def multiply(self, one: Expression, other: Expression) -> Expression:
        """A product, the fixed factors gathered on the left."""
        for a, b in ((one, other), (other, one)):
            if self.is_number(a, 0.0):
                return a
            if self.is_number(a, 1.0):
                return b
            if a.operator == "negative":
                return -self.multiply(a.arguments[0], b)
        if one.operator == other.operator == "number":
            return self.number(float(one.value) * float(other.value))
        if other.fixed and not one.fixed:
            one, other = other, one
        if not other.fixed and other.operator == "*" and other.arguments[0].fixed:
            fixed, free = other.arguments
            if one.fixed:
                return self.multiply(self.multiply(one, fixed), free)
            return self.multiply(fixed, self.multiply(one, free))
        if not one.fixed and one.operator == "*" and one.arguments[0].fixed:
            return self.multiply(one.arguments[0], self.multiply(one.arguments[1], other))
        return self.node("*", (one, other))

    def divide(self, one: Expression, other: Expression) -> Expression:
        """A quotient; by something fixed it is a product with its reciprocal."""
        if self.is_number(one, 0.0) or self.is_number(other, 1.0):
            return one
        if one.operator == "negative":
            return -self.divide(one.arguments[0], other)
        if one.operator == other.operator == "number" and float(other.value) != 0.0:
            return self.number(float(one.value) / float(other.value))
        if other.fixed and not one.fixed:
            return self.multiply(self.divide(self.number(1.0), other), one)
        if not one.fixed and one.operator == "*" and one.arguments[0].fixed:
            return self.multiply(one.arguments[0], self.divide(one.arguments[1], other))
        return self.node("/", (one, other))

    def raise_to(self, base: Expression, exponent: Expression) -> Expression:
        """A power; small whole ones are products, a half is a root."""
        if exponent.operator == "number":
            value = float(exponent.value)
            if value == 0.0:
                return self.number(1.0)
            if value < 0.0:
                return self.divide(self.number(1.0), self.raise_to(base, self.number(-value)))
            if value == 0.5:
                return self.call("sqrt", base)
            if value <= 16.0 and value == int(value):
                half = self.raise_to(base, self.number(value // 2)) if value > 1.0 else self.number(1.0)
                square = self.multiply(half, half)
                return self.multiply(square, base) if value % 2 else square
        return self.node("**", (base, exponent))

    def call(self, function: str, *arguments: Expression) -> Expression:
        """A function of `functions`."""
        return self.node(function, arguments)

    def derivative(self, of: Expression, by: Expression) -> Expression:
        """The derivative of an expression by a symbol."""
        key = (id(of), id(by))
        if key not in self._derived:
            self._derived[key] = self._derivative(of, by)
        return self._derived[key]

    def _derivative(self, of: Expression, by: Expression) -> Expression:
        if of is by:
            return self.number(1.0)
        parts = [self.derivative(one, by) for one in of.arguments]
        if all(self.is_number(part, 0.0) for part in parts):
            return self.number(0.0)
        x, dx = of.arguments[0], parts[0]
        match of.operator:
            case "+":
                return dx + parts[1]
            case "-":
                return dx - parts[1]
            case "negative":
                return -dx
            case "*":
                return dx * of.arguments[1] + x * parts[1]
            case "/":
                return (dx - of * parts[1]) / of.arguments[1]
            case "exp":
                return of * dx
            case "log":
                return dx / x
            case "sqrt":
                return 0.5 * dx / of
        exponent, dn = of.arguments[1], parts[1]
        inner = exponent * self.node(of.operator, (x, exponent - 1.0)) * dx
        return inner if self.is_number(dn, 0.0) else inner + of * self.call("log", x) * dn
