"""Steppers with the Basic Model Interface of CSDMS: a file to begin with, variables by name, units that they state.

E. W. H. Hutton, M. D. Piper, G. E. Tucker, J. Open Source Softw. 5, 2317 (2020), doi:10.21105/joss.02317.
"""

from __future__ import annotations

import contextlib
import inspect
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bridge.adapters.objects import Running, ended
from bridge.errors import DeclarationError, ValueRefused, did_you_mean
from bridge.kinds.base import Kind
from bridge.kinds.measured import Array, Number
from bridge.kinds.record import Port
from bridge.kinds.things import Bytes
from bridge.media import File
from bridge.ports import kind_of
from bridge.units import Conversion, compatible, reason_why_not, unit_of

_METHODS = ("initialize", "update", "finalize", "get_value", "set_value", "get_var_units", "get_time_step")


def is_bmi(cls: Any) -> bool:
    """Whether a class has the Basic Model Interface."""
    return isinstance(cls, type) and all(callable(getattr(cls, name, None)) for name in _METHODS)


def unit_as_written(text: str) -> str:
    """A unit in the spelling of UDUNITS, ``W m-2``, in that of ports, ``W * m**-2``."""
    if text.strip() in ("", "-", "none", "None", "1"):
        return "1"
    powers = re.sub(r"(?<=[A-Za-z])\^?(-?\d+)", r"**\1", text.strip())
    return re.sub(r"\s*[ .·*]\s*(?=[A-Za-z])", " * ", powers)


@dataclass(frozen=True)
class Bmi:
    """Steppers that are begun with a file and have variables; ``variables`` tells those named unlike their port."""

    make: Callable[..., Any]
    kinds: Mapping[str, Kind]
    variables: Mapping[str, str]
    inputs: tuple[str, ...]
    unit: str
    at: str

    @classmethod
    def of(
        cls,
        make: Any,
        inputs: Mapping[str, Any],
        read: Mapping[str, Any],
        variables: Mapping[str, str],
        unit: str,
        at: str,
    ) -> Bmi:
        """Check that ports are what variables can be. Raises DeclarationError."""
        kinds = {name: kind_of(note, f"{at}.{name}") for name, note in {**inputs, **read}.items()}
        for name in variables:
            if name not in kinds:
                raise DeclarationError(
                    f"{at}: variables= names {name!r}, which is no port. {did_you_mean(name, kinds)}"
                )
        for name, kind in kinds.items():
            fits = isinstance(kind, Bytes if name == "config" else (Number, Array))
            if not fits:
                raise DeclarationError(
                    f"{at}.{name} is {kind}: a variable has a unit, as 'K' or ('K', ('x',)); config is the file to "
                    "begin with, as Annotated[File, 'text/plain']."
                )
        return cls(make, kinds, dict(variables), tuple(name for name in inputs if name != "config"), unit, at)

    def default(self, name: str, note: Any, at: str) -> Any:
        """A variable has no default: what the file says is not known before it is read."""
        return inspect.Parameter.empty

    @contextlib.contextmanager
    def running(self, values: Mapping[str, Any], step: float | None) -> Iterator[Running]:
        """Begin from the file and the inputs; it is finalised whatever happens."""
        thing: Any = self.make()
        with tempfile.TemporaryDirectory(prefix="bmi-") as folder:
            config: File | None = values.get("config")
            path = "" if config is None else str(config.write(Path(folder) / f"config{config.suffix}"))
            with ended(thing, "finalize"):
                thing.initialize(path)
                running = _Variables(thing, self)
                running.agreed()
                running.write({name: values[name] for name in self.inputs})
                yield running


@dataclass(frozen=True)
class _Variables:
    thing: Any
    of: Bmi

    def agreed(self) -> None:
        """Check that variables are there, in a unit that converts to that of their port. Raises ValueRefused."""
        known = {*self.thing.get_input_var_names(), *self.thing.get_output_var_names()}
        for port, kind in self.of.kinds.items():
            if port == "config":
                continue
            name = self._name(port)
            if name not in known:
                raise ValueRefused(f"{self.of.at}: the stepper has no variable {name!r}. {did_you_mean(name, known)}")
            there, here = self._unit(name), kind.unit or "1"
            if not compatible(there, here):
                raise ValueRefused(
                    f"{self.of.at}.{port} is in {here}, and the stepper says that {name!r} is in {there}: "
                    f"{reason_why_not(there, here)}"
                )

    def step(self) -> None:
        """Advance by the stepper's own time step."""
        self.thing.update()

    def state(self, ports: tuple[Port, ...]) -> dict[str, Any]:
        """Read the state, variable by variable."""
        return self.read(ports)

    def read(self, ports: tuple[Port, ...]) -> dict[str, Any]:
        """Variables in the units of their ports, shaped as their grids."""
        return {port.name: self._read(port) for port in ports}

    def write(self, state: Mapping[str, Any]) -> None:
        """Set variables, in the units that they have."""
        for port, value in state.items():
            name = self._name(port)
            there = Conversion(self.of.kinds[port].unit or "1", self._unit(name)).array(np.asarray(value))
            size = self._size(name)
            if there.size not in (1, size):
                raise ValueRefused(f"{self.of.at}.{port} has {there.size} values, and {name!r} has {size}.")
            flat = np.broadcast_to(there.reshape(-1), (size,)).astype(self.thing.get_var_type(name))
            self.thing.set_value(name, flat)

    def time_step(self) -> float | None:
        """The stepper's own time step, in the unit of durations."""
        unit = self.thing.get_time_units()
        return Conversion(unit_as_written(unit), self.of.unit).number(float(self.thing.get_time_step()))

    def _read(self, port: Port) -> Any:
        name = self._name(port.name)
        flat = np.empty(self._size(name), dtype=self.thing.get_var_type(name))
        self.thing.get_value(name, flat)
        values = Conversion(self._unit(name), port.kind.unit or "1").array(flat)
        if not isinstance(port.kind, Array):
            if values.size != 1:
                dims = ("x", "y", "z")[: self.thing.get_grid_rank(self.thing.get_var_grid(name))]
                raise ValueRefused(
                    f"{self.of.at}.{port.name} is {port.kind}, and {name!r} has {values.size} values. "
                    f"Write ({port.kind.unit!r}, {dims})."
                )
            return float(values[0])
        return values.reshape(self._shape(name, flat.size)).copy()

    def _shape(self, name: str, size: int) -> tuple[int, ...]:
        """The shape of a variable's grid; one row of values where it has none."""
        grid = self.thing.get_var_grid(name)
        if self.thing.get_grid_type(grid) in ("uniform_rectilinear", "rectilinear", "structured_quadrilateral"):
            shape = np.empty(self.thing.get_grid_rank(grid), dtype=np.int32)
            self.thing.get_grid_shape(grid, shape)
            if int(np.prod(shape)) == size:  # not of edges or faces
                return tuple(int(n) for n in shape)
        return (size,)

    def _size(self, name: str) -> int:
        return int(self.thing.get_var_nbytes(name)) // int(self.thing.get_var_itemsize(name))

    def _name(self, port: str) -> str:
        return self.of.variables.get(port, port)

    def _unit(self, name: str) -> str:
        said = str(self.thing.get_var_units(name))
        unit = unit_as_written(said)
        try:
            unit_of(unit)
        except DeclarationError:
            raise ValueRefused(
                f"{self.of.at}: the stepper says that {name!r} is in {said!r}, which is no unit."
            ) from None
        return unit
