"""What is wrong with a template, said when it is declared: names that are unknown, units missing or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jinja2 import meta, nodes

from bridge.errors import DeclarationError, did_you_mean
from bridge.external.templates import KNOWN, fmt, language, measured, parsed
from bridge.kinds.base import Kind
from bridge.kinds.discrete import Boolean
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Record
from bridge.kinds.things import Bytes, Structure
from bridge.units import compatible, dimension, unit_of

#: Filters that leave an array one value shorter, or one value of it; a unit stays with it.
_PARTS = ("first", "last", "min", "max", "random")
_SAME = ("list", "reverse", "sort", "unique")


def check_template(source: str, ports: Mapping[str, Kind], restarts: bool, at: str) -> set[str]:
    """The inputs that a template names. Raises DeclarationError."""
    tree = parsed(source, at)
    known = {*ports, *language().globals, *(KNOWN if restarts else ())}
    names: set[str] = meta.find_undeclared_variables(tree)
    for name in sorted(names - known):
        if name == "restart":
            raise DeclarationError(
                f"{at} asks for restart: write restart=[…], the files that an attempt leaves to the next."
            )
        raise DeclarationError(f"{at} names {name!r}, which is no input of its model. {did_you_mean(name, known)}")
    _Reading(at, dict(ports)).block(tree.body)
    return names & ports.keys()


class _Reading:
    """A walk through a template that knows of every name what it stands for."""

    def __init__(self, at: str, names: dict[str, Kind | None]) -> None:
        self.at, self.names = at, names

    def wrong(self, where: nodes.Node, what: str) -> DeclarationError:
        return DeclarationError(f"{self.at}, line {where.lineno}: {what}")

    def block(self, body: list[Any]) -> None:
        """Statements, one after the other."""
        for node in body:
            self.statement(node)

    def statement(self, node: nodes.Node) -> None:
        if isinstance(node, (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block)):
            raise self.wrong(node, "a template stands alone; put what it includes into it.")
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                if not isinstance(part, nodes.TemplateData):
                    self.printed(part)
        elif isinstance(node, nodes.For):
            element = _element(self.kind(node.iter))
            inner = _Reading(self.at, {**self.names, **dict.fromkeys(_targets(node.target))})
            if isinstance(node.target, nodes.Name):
                inner.names[node.target.name] = element
            inner.names["loop"] = None
            if node.test is not None:
                inner.kind(node.test)
            inner.block(node.body)
            self.block(node.else_)
        elif isinstance(node, nodes.If):
            self.kind(node.test)
            self.block([*node.body, *node.elif_, *node.else_])
        elif isinstance(node, nodes.Assign):
            value = self.kind(node.node)
            for name in _targets(node.target):
                self.names[name] = value if isinstance(node.target, nodes.Name) else None
        else:
            body = getattr(node, "body", None)
            own = {name.name: None for name in getattr(node, "args", ()) if isinstance(name, nodes.Name)}
            if isinstance(body, list):
                _Reading(self.at, {**self.names, **own}).block(body)
            for child in node.iter_child_nodes(exclude=("body",)):
                if isinstance(child, nodes.Expr):
                    self.kind(child)

    def printed(self, node: nodes.Expr) -> None:
        """Check what is printed. Raises DeclarationError."""
        kind = self.kind(node)
        said = _said(node)
        if kind is not None and measured(kind):
            raise self.wrong(
                node,
                f"{said} is printed without its unit: write {{{{ {said} | to({kind.unit!r}) }}}}, or another unit.",
            )
        if isinstance(kind, (Bytes, Structure)):
            raise self.wrong(
                node, f"{said} is {kind}: write it to a file with files={{'name': external.Given({said!r})}}."
            )
        if isinstance(kind, Boolean):
            raise self.wrong(
                node, f"{said} is a bool: write {{{{ 'yes' if {said} else 'no' }}}}, as the program spells it."
            )
        if isinstance(kind, Array):
            raise self.wrong(node, f"{said} is an array: write {{{{ {said} | join(' ') }}}}, or a loop over it.")
        if isinstance(kind, Record):
            raise self.wrong(node, f"{said} is a record: write one of its fields, such as {said}.{kind.ports[0].name}.")

    def kind(self, node: nodes.Node) -> Kind | None:
        """What an expression stands for; None for what is not known, or is written as it is."""
        if isinstance(node, nodes.Name):
            return self.names.get(node.name)
        if isinstance(node, nodes.Getattr):
            base = self.kind(node.node)
            if not isinstance(base, Record):
                return None
            for port in base.ports:
                if port.name == node.attr:
                    return port.kind
            known = did_you_mean(node.attr, (port.name for port in base.ports))
            raise self.wrong(node, f"{_said(node.node)} has no field {node.attr!r}. {known}")
        if isinstance(node, nodes.Getitem):
            self.kind(node.arg)
            base = self.kind(node.node)
            return base if isinstance(node.arg, nodes.Slice) else _element(base)
        if isinstance(node, nodes.Filter) and node.node is not None:
            return self.filtered(node)
        if isinstance(node, nodes.CondExpr):
            if node.expr2 is None:
                raise self.wrong(node, f"what if not? Write {{{{ {_said(node.expr1)} if … else '' }}}}.")
            self.kind(node.test)
            one, other = self.kind(node.expr1), self.kind(node.expr2)
            return one if measured(one) else other
        if isinstance(node, nodes.Test):
            self.kind(node.node)
            return None
        for child in node.iter_child_nodes():
            kind = self.kind(child) if isinstance(child, (nodes.Expr, nodes.Operand)) else None
            counted = isinstance(node, (nodes.BinExpr, nodes.UnaryExpr, nodes.Compare, nodes.Operand, nodes.Concat))
            if counted and kind is not None and measured(kind):
                said = _said(child.expr if isinstance(child, nodes.Operand) else child)
                raise self.wrong(node, f"{said} is computed with without its unit: write ({said} | to({kind.unit!r})).")
            if isinstance(node, nodes.Operand):
                return kind
        return None

    def filtered(self, node: nodes.Filter) -> Kind | None:
        assert node.node is not None
        kind, said = self.kind(node.node), _said(node.node)
        first = node.args[0] if node.args else None
        for argument in node.args:
            self.kind(argument)
        if node.name == "to":
            if not (isinstance(first, nodes.Const) and isinstance(first.value, str)):
                raise self.wrong(node, f"write {said} | to('m'), with the unit as a text.")
            return self.converted(node, kind, first.value, said)
        if kind is not None and measured(kind):
            if node.name in _PARTS:
                return _element(kind)
            if node.name in _SAME:
                return kind
            if node.name not in ("length", "count", "batch", "slice"):
                raise self.wrong(
                    node, f"{said} is formatted without its unit: write {said} | to({kind.unit!r}) | {node.name}."
                )
            return None
        if node.name == "fmt" and isinstance(first, nodes.Const) and not isinstance(kind, (Boolean, Bytes, Structure)):
            try:
                fmt(1 if kind is not None and "int" in str(kind) else 1.0, first.value)
            except (TypeError, ValueError) as reason:
                if isinstance(kind, (Number, Array)):
                    raise self.wrong(node, f"fmt({first.value!r}): {reason}. Write e.g. fmt('.6f').") from None
        return None

    def converted(self, node: nodes.Filter, kind: Kind | None, unit: str, said: str) -> Kind | None:
        try:
            unit_of(unit)
        except DeclarationError as reason:
            raise self.wrong(node, str(reason)) from None
        if kind is None:
            return None
        if not isinstance(kind, (Number, Array)):
            raise self.wrong(node, f"{said} is {kind}, which has no unit: print it as it is.")
        if not compatible(kind.unit, unit):
            raise self.wrong(
                node, f"{said} is {kind}: {dimension(kind.unit)} is not {dimension(unit)}, the dimension of {unit!r}."
            )
        return replace(kind, unit="1", valid=None) if isinstance(kind, Array) else None


def _element(kind: Kind | None) -> Kind | None:
    """What an array holds: arrays of a dimension less, or numbers."""
    if not isinstance(kind, Array):
        return None
    if len(kind.dims) > 1:
        return replace(kind, dims=kind.dims[1:], sizes=(), shared=())
    return Number(kind.unit)


def _targets(node: nodes.Node) -> list[str]:
    return [name.name for name in ([node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name))]


def _said(node: nodes.Node) -> str:
    """An expression as it was written, if it is a short one."""
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr):
        return f"{_said(node.node)}.{node.attr}"
    if isinstance(node, nodes.Getitem):
        return f"{_said(node.node)}[…]"
    if isinstance(node, nodes.Filter) and node.node is not None:
        return f"{_said(node.node)} | {node.name}"
    if isinstance(node, nodes.Operand):
        return _said(node.expr)
    return repr(node.value) if isinstance(node, nodes.Const) else "a value"
