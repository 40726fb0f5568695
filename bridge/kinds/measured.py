"""Kinds with a unit: numbers and arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bridge.errors import ContractError, DeclarationError, ValueRefused
from bridge.kinds.base import Kind, Within, bracket, first_bad, is_number, short
from bridge.kinds.discrete import Integer
from bridge.units import Conversion, compatible, exact, is_quantity, reason_why_not, unit_of


class _Measured(Kind):
    """What has a unit: numbers and arrays."""

    unit: str

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        if source.unit is None:
            return f"{source} is not {self}."
        if molar_mass is None and not compatible(source.unit, self.unit):
            return reason_why_not(source.unit, self.unit)
        try:
            conversion = self._conversion(source, molar_mass)
            ends = (
                None if source.valid is None else sorted(map(conversion.number, (source.valid.low, source.valid.high)))
            )
        except ContractError as reason:
            return str(reason)
        if ends and self.valid and self.valid.apart(ends[0], ends[1]):
            return (
                f"what leaves is {source.valid} {source.unit}, what may enter is {self.valid} {self.unit}: "
                "no value fits both."
            )
        return None

    @property
    def _pure(self) -> bool:
        """Whether a bare number says it all; degrees and percent are as much units as metres."""
        return unit_of(self.unit) == unit_of("1")

    def _conversion(self, source: Kind, molar_mass: str | None) -> Conversion:
        return Conversion(source.unit or "1", self.unit, molar_mass)

    def _bare(self, value: Any, at: str) -> ContractError:
        name = at.rpartition(".")[2]
        return ContractError(
            f"{at} is in {self.unit}, got the bare number {value}. Write {name}='{value} {self.unit}'."
        )

    def _number(self, value: Any, at: str) -> float:
        """Read one literal number in the port's unit."""
        try:
            found = exact(value)
        except ContractError as reason:
            raise ContractError(f"{at} is {self}: {reason}") from None
        if found is None:
            raise self._wrong(value, at, f"'{self._example()}'")
        number, unit = found
        if unit == "" and not self._pure:
            raise self._bare(value.strip() if isinstance(value, str) else value, at)
        try:
            unit_of(unit)
        except DeclarationError as reason:
            raise ContractError(f"{at} is {self}, got {value!r}: {reason}") from None
        if not compatible(unit, self.unit):
            raise ContractError(
                f"{at} is {self}, got {str(value)!r}: {reason_why_not(unit, self.unit)}"
                f" Write {at.rpartition('.')[2]}='{self._example()}'."
            )
        result = Conversion(unit, self.unit).number(number)
        if not math.isfinite(result):
            raise ContractError(f"{at} is {self}, got {value!r}, which no floating-point number holds.")
        return result

    def _example(self) -> str:
        middle = 1.0
        if self.valid and self.valid.outside(middle):
            ends = [e for e in (self.valid.low, self.valid.high) if math.isfinite(e)]
            middle = sum(ends) / len(ends) if ends else 1.0
        return f"{middle:g}{'' if self._pure else ' ' + self.unit}"

    def _in_range(self, values: Any, at: str, verb: str, error: type[Exception]) -> None:
        if self.valid is None:
            return
        bad = self.valid.outside(values)
        if np.any(bad):
            where, value = first_bad(bad, values)
            unit = "" if self._pure else f" {self.unit}"
            raise error(f"{at}{where} {verb} {value:g}{unit}; it is valid {self.valid}{unit}.")


@dataclass(frozen=True)
class Number(_Measured):
    """A floating-point number in a unit."""

    unit: str = "1"
    valid: Within | None = None

    def __str__(self) -> str:
        return f"float{bracket(self.unit)}"

    def literal(self, value: Any, at: str) -> float:
        if is_number(value):
            if not self._pure:
                raise self._bare(value, at)
            try:
                result = float(value)
            except OverflowError:
                result = math.inf
            if not math.isfinite(result):
                raise ContractError(f"{at} is {self}, got {short(value)}: write a finite number.")
        else:
            result = self._number(value, at)
        self._in_range(result, at, "was given", ContractError)
        return result + 0.0  # -0.0 and 0.0 are one key

    def leave(self, value: Any, at: str) -> float:
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if not is_number(value):
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}.")
        if not math.isfinite(value):
            raise ValueRefused(f"{at} left its model as {value}: only finite numbers may leave a stage.")
        self._in_range(float(value), at, "left its model as", ValueRefused)
        return float(value) + 0.0

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        if isinstance(source, Integer):
            source = Number("1", source.valid)
        if not isinstance(source, Number):
            return f"{source} is not {self}."
        return super().admit(source, molar_mass)

    def deliver(self, value: Any, source: Kind, at: str, molar_mass: str | None = None) -> float:
        result = self._conversion(source, molar_mass).number(float(value)) + 0.0
        if not math.isfinite(result):
            raise ValueRefused(f"{at} was handed {value:g} {source.unit or ''}, which no {self} holds.")
        self._in_range(result, at, "was handed", ValueRefused)
        return result


@dataclass(frozen=True)
class Array(_Measured):
    """A numpy array in a unit, with named dimensions, some of fixed size; ``shared`` ones may be one for all."""

    dtype: str = "float64"
    unit: str = "1"
    dims: tuple[str, ...] = ()
    valid: Within | None = None
    sizes: tuple[tuple[str, int], ...] = ()
    shared: tuple[str, ...] = ()

    def __str__(self) -> str:
        marks = {name: f"={size}" for name, size in self.sizes} | dict.fromkeys(self.shared, "|1")
        dims = ", ".join(d + marks.get(d, "") for d in self.dims)
        return f"{self.dtype} array{bracket(self.unit)} ({dims})"

    @property
    def one_for_all(self) -> Number | None:
        """The number that may stand for the whole array, where each of its dimensions may be one for all."""
        return Number(self.unit, self.valid) if set(self.shared) == set(self.dims) else None

    def _filled(self, number: float) -> np.ndarray:
        return np.full((1,) * len(self.dims), number, dtype=self.dtype)

    def literal(self, value: Any, at: str) -> np.ndarray:
        if isinstance(value, (str, list, tuple)):
            several = not isinstance(value, str) or "," in value
        else:
            several = np.ndim(getattr(value, "magnitude", value)) > 0
        if self.one_for_all and not several:
            return self._filled(self.one_for_all.literal(value, at))
        if isinstance(value, str):
            value = [part for part in value.split(",") if part.strip()]
        if is_quantity(value) and np.ndim(value.magnitude):
            unit = str(value.units)
            if not compatible(unit, self.unit):
                raise ContractError(
                    f"{at} is {self}, got an array [{unit}]: {reason_why_not(unit, self.unit)}"
                    f" Write {at.rpartition('.')[2]}=Q([…], '{self.unit}')."
                )
            array = Conversion(unit, self.unit).array(np.asanyarray(value.magnitude))
        elif isinstance(value, (list, tuple)) and any(isinstance(v, str) or is_quantity(v) for v in value):
            array = np.array([self._number(v, f"{at}[{i}]") for i, v in enumerate(value)])
            if np.dtype(self.dtype).kind in "iu":
                array = self._whole(array, at)
        elif isinstance(value, (list, tuple, np.ndarray)):
            array = self._rows(value, at)
            if array.dtype.kind in "biufc" and not self._pure:
                name = at.rpartition(".")[2]
                raise ContractError(f"{at} is in {self.unit}, got bare numbers. Write {name}=Q([…], '{self.unit}').")
        else:
            raise self._wrong(value, at, f"Q([…], '{self.unit}')")
        return self._shaped(array, at, "was given", ContractError)

    def _rows(self, value: Any, at: str) -> np.ndarray:
        """Bare numbers, in rows or not. Raises ContractError."""
        leaf = value
        while isinstance(leaf, (list, tuple)) and len(leaf):
            leaf = leaf[0]
        if is_quantity(leaf):
            write = f"{at.rpartition('.')[2]}=Q([[…], […]], '{self.unit}')"
            raise ContractError(f"{at} is {self}, got rows of quantities: the unit stands behind all. Write {write}.")
        try:
            return np.asanyarray(value)
        except (ValueError, TypeError):
            raise ContractError(f"{at} is {self}, got {short(value)}, whose rows have different lengths.") from None

    def _whole(self, array: np.ndarray, at: str) -> np.ndarray:
        """Numbers read from text, of which each must be whole. Raises ContractError."""
        bad = array != np.round(array)
        if bad.any():
            where, number = first_bad(bad, array)
            raise ContractError(f"{at}{where} was given {number:g}, which is no whole number, as {self} wants.")
        return array.astype(self.dtype)

    def leave(self, value: Any, at: str) -> np.ndarray:
        if not isinstance(value, np.ndarray):
            raise ValueRefused(f"{at} is {self}, but the model returned {short(value)}.")
        return self._shaped(value, at, "left its model as", ValueRefused)

    def _shaped(self, array: Any, at: str, verb: str, error: type[Exception]) -> np.ndarray:
        if array.dtype.kind not in "biufc" or not np.can_cast(array.dtype, self.dtype, "same_kind"):
            raise error(f"{at} is {self}, but {verb} an array of {array.dtype}.")
        if np.ma.is_masked(array):
            raise error(f"{at} {verb} an array with masked elements, which no port carries: fill them.")
        if array.ndim != len(self.dims):
            raise error(f"{at} has the dimensions ({', '.join(self.dims)}), but {verb} shape {array.shape}.")
        for name, size in self.sizes:
            if array.shape[self.dims.index(name)] != size:
                raise error(f"{at}: dimension {name!r} has {size} elements, but {verb} shape {array.shape}.")
        bad = ~np.isfinite(array)
        if bad.any():
            where, number = first_bad(bad, array)
            raise error(f"{at}{where} {verb} {number}: only finite numbers may cross a stage boundary.")
        self._in_range(array, at, verb, error)
        with np.errstate(over="ignore"):
            result = np.ascontiguousarray(array, dtype=self.dtype).reshape(array.shape)
        lost = ~np.isfinite(result) if result.dtype.kind in "fc" else result != array
        if lost.any():
            where, number = first_bad(lost, array)
            raise error(f"{at}{where} {verb} {number}, which no {self.dtype} holds.")
        return result

    def admit(self, source: Kind, molar_mass: str | None = None) -> str | None:
        if self.one_for_all and isinstance(source, (Number, Integer)):
            return self.one_for_all.admit(source, molar_mass)
        if not isinstance(source, Array) or not np.can_cast(source.dtype, self.dtype, "same_kind"):
            return f"{source} is not {self}."
        if source.dims != self.dims:
            return (
                f"its dimensions are ({', '.join(source.dims)}), expected ({', '.join(self.dims)}): "
                "name and order them alike."
            )
        for name, size in source.sizes:
            if dict(self.sizes).get(name, size) != size:
                return f"dimension {name!r} has {size} elements there and {dict(self.sizes)[name]} here."
        other_unit = compatible(source.unit, self.unit) and unit_of(source.unit) != unit_of(self.unit)
        if other_unit and np.dtype(self.dtype).kind in "iu":
            return f"whole numbers stay in their unit, which is {source.unit} there and {self.unit} here."
        return super().admit(source, molar_mass)

    def deliver(self, value: Any, source: Kind, at: str, molar_mass: str | None = None) -> np.ndarray:
        if self.one_for_all and not isinstance(source, Array):
            return self._filled(self.one_for_all.deliver(value, source, at, molar_mass))
        with np.errstate(over="ignore"):
            converted = self._conversion(source, molar_mass).array(value)
        return self._shaped(converted, at, "was handed", ValueRefused)


def sizes_agree(arrays: Iterable[tuple[str, Kind, Any]], error: type[Exception]) -> None:
    """Check that a dimension has one size in all ``(at, kind, value)``, or is one for all. Raises ``error``."""
    seen: dict[str, tuple[str, int]] = {}
    for at, kind, array in arrays:
        if not kind.dims:
            continue
        shared = kind.shared if isinstance(kind, Array) else ()
        for name, size in zip(kind.dims, np.shape(array), strict=True):
            if size == 1 and name in shared:
                continue
            first, known = seen.setdefault(name, (at, size))
            if known != size:
                raise error(f"dimension {name!r} has {known} elements in {first}, but {size} in {at}.")
