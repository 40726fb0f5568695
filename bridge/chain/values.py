"""Values that do not exist yet: what a stage will have computed, as a flow's body sees it.

They are plain classes (Prefect resolves dataclasses behind one's back), behave the same while
tracing and while running, and refuse to be used as if they were known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from bridge.errors import ContractError, DeclarationError, NotComputedYet, UnknownName
from bridge.kinds.base import Kind
from bridge.kinds.discrete import Integer
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Record
from bridge.units import Conversion, compatible, split

if TYPE_CHECKING:
    from bridge.chain.chain import Chain


class UnknownPort(UnknownName, AttributeError):
    """A stage has no output of this name."""


def _refuse(what: str) -> Any:
    def method(self: NotYet, *_: Any, **__: Any) -> NoReturn:
        self._looked_at()
        raise NotComputedYet(
            f"{self!s} is not computed yet, so the flow cannot use {what} on it. "
            "Hand it to a stage, or decide by a parameter of the flow."
        )

    return method


class NotYet:
    """What every value that does not exist yet refuses."""

    _at: str
    _kind: Kind

    __bool__ = _refuse("if, and, or, not")
    __float__ = _refuse("float()")
    __int__ = _refuse("int()")
    __index__ = _refuse("an index")
    __complex__ = _refuse("complex()")
    __round__ = _refuse("round()")
    __len__ = _refuse("len()")
    __iter__ = _refuse("iteration")
    __contains__ = _refuse("in")
    __getitem__ = __setitem__ = _refuse("indexing")
    __format__ = _refuse("text formatting")
    __array__ = __array_ufunc__ = __array_function__ = _refuse("numpy")
    __lt__ = __le__ = __gt__ = __ge__ = _refuse("a comparison")
    __eq__ = __ne__ = _refuse("== or !=")
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse("arithmetic")
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _refuse("arithmetic")
    __pow__ = __rpow__ = __neg__ = __pos__ = __abs__ = __matmul__ = __rmatmul__ = _refuse("arithmetic")
    __divmod__ = __rdivmod__ = __floor__ = __ceil__ = __trunc__ = _refuse("arithmetic")
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _refuse("& | ^ ~")
    __hash__ = object.__hash__

    def _looked_at(self) -> None:
        """Called before a use is refused."""

    def __str__(self) -> str:
        return f"{self._at} ({self._kind})"

    def __repr__(self) -> str:
        return f"<{self!s}, not computed yet>"


class AxisValue(NotYet):
    """What a parameter of the flow is at each point of a sweep: none of its values, for all of them at once.

    A flow's body can only hand it on. What does more is noted in ``looked``: such an axis is traced value by value.
    """

    def __init__(self, name: str, looked: set[str]) -> None:
        self._at, self._axis, self._looked = f"the axis {name!r}", name, looked

    def _looked_at(self) -> None:
        self._looked.add(self._axis)

    __hash__ = _refuse("a set or a dictionary")

    def __str__(self) -> str:
        self._looked_at()
        return self._at

    def __getattr__(self, name: str) -> Any:
        if name not in ("_looked", "_axis", "_at"):
            self._looked_at()
        raise AttributeError(name)


class Output(NotYet):
    """An output port of a stage, or, with an empty path, all of its outputs as one record."""

    def __init__(
        self, chain: Chain, stage: str, kind: Kind, path: tuple[str, ...] = (), molar_mass: str | None = None
    ) -> None:
        self._chain, self._stage, self._kind, self._path, self._molar_mass = chain, stage, kind, path, molar_mass

    @property
    def _at(self) -> str:  # type: ignore[override]
        return ".".join((self._stage, *self._path))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Output:
        if not isinstance(name, str):
            return _refuse("indexing")(self)
        if not isinstance(self._kind, Record):
            raise UnknownPort(f"{self!s} is a single value: it has no port {name!r}.")
        try:
            port = self._kind.port(name, self._at)
        except UnknownName as unknown:
            raise UnknownPort(str(unknown)) from None
        return self._but(_kind=port.kind, _path=(*self._path, name))

    def _but(self, **changes: Any) -> Output:
        """A copy with a few attributes changed."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__ | changes)
        return other

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the stage has run; while tracing there is nothing to wait for."""

    def result(self, *_: Any, **__: Any) -> Any:
        """The value, once the run is over; a flow's body cannot look at it."""
        return _refuse("result()")(self)

    def __dir__(self) -> list[str]:
        return [p.name for p in self._kind.ports] if isinstance(self._kind, Record) else []


class Stack(NotYet):
    """Several values as one array along a new first dimension."""

    def __init__(self, parts: Sequence[Any], dim: str, coord: Any = None) -> None:
        if not isinstance(dim, str) or not dim.isidentifier():
            raise ContractError(f"stack: {dim!r} names no dimension; write dim='temperature'.")
        self._parts, self._dim, self._coord = list(parts), dim, coord
        self._at = f"stack of {len(self._parts)} along {dim!r}"
        outputs = [p for p in self._parts if isinstance(p, Output)]
        if not outputs:
            raise ContractError(f"{self._at}: it stacks outputs of stages; write Q([…], 'unit') for known values.")
        for part in self._parts:
            if isinstance(part, NotYet) and not isinstance(part, Output):
                raise ContractError(f"{self._at}: {part!s} does not stack; outputs of stages and known values do.")
        self._element = outputs[0]._kind
        self._kind = self._stacked(outputs[0])
        anywhere = replace(self._element, valid=None)  # type: ignore[type-var]
        for part in outputs[1:]:
            reason = anywhere.admit(part._kind, part._molar_mass)
            if reason:
                raise ContractError(f"cannot stack {part!s} with {outputs[0]!s}: {reason}")
        if coord is not None and np.shape(getattr(coord, "magnitude", coord)) != (len(self._parts),):
            raise ContractError(f"{self._at}: coord has another length; give one value for each of the stacked.")

    def _stacked(self, first: Output) -> Array:
        element = self._element
        sizes = ((self._dim, len(self._parts)),)
        if isinstance(element, Number):
            return Array("float64", element.unit, (self._dim,), element.valid, sizes)
        if isinstance(element, Integer):
            return Array("int64", "1", (self._dim,), element.valid, sizes)
        if isinstance(element, Array) and self._dim not in element.dims:
            return Array(
                element.dtype, element.unit, (self._dim, *element.dims), element.valid, (*sizes, *element.sizes)
            )
        raise ContractError(
            f"cannot stack {first!s} along {self._dim!r}: numbers and arrays without that dimension stack."
        )


class Unknown(NotYet):
    """What a task of Prefect's own will give: nothing is known of it while tracing."""

    def __init__(self, at: str) -> None:
        self._at = at

    def __str__(self) -> str:
        return f"the result of task {self._at!r}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnknownPort(f"{self!s} is not computed yet, so the flow cannot use its {name!r}. Hand it to a stage.")

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the task has run; while tracing there is nothing to wait for."""

    def result(self, *_: Any, **__: Any) -> Unknown:
        """What the task will have returned: as unknown as the task."""
        return self


def stack(values: Sequence[Any], dim: str, coord: Any = None) -> Stack:
    """Gather one output of several stages into one array: ``stack([a.x, b.x], dim="temperature")``.

    The new dimension comes first; ``coord`` (one value each) is recorded with the wire. Raises
    ContractError where units, kinds or dimensions of the values do not agree.
    """
    return Stack(values, dim, coord)


def via(value: Any, *, molar_mass: str) -> Any:
    """Hand a wire the molar mass that lets mass become amount: ``via(dose.c, molar_mass="148 kg/mol")``.

    The mass of one molecule, ``"148 kDa"``, says the same. Of the outputs of a whole stage, each carries it. Raises
    ContractError.
    """
    if not isinstance(value, Output):
        raise ContractError(f"via() takes an output of a stage, got {value!r}.")
    for fact in (molar_mass, f"{molar_mass} * avogadro_number / mol") if isinstance(molar_mass, str) else ():
        try:
            number, unit = split(fact)
            if number > 0 and compatible(unit, "kg/mol") and _of_a_substance(fact):
                return value._but(_molar_mass=fact)
        except (ContractError, DeclarationError):
            continue
    raise ContractError(f"molar_mass={molar_mass!r} is no molar mass; write e.g. '148 kg/mol' or '148 kDa'.")


def _of_a_substance(molar_mass: str) -> bool:
    """Whether molecules can have it: from an atom's to a large virus's."""
    number, unit = split(molar_mass)
    return 1e-4 <= Conversion(unit, "kg/mol").number(number) <= 1e9
