"""A class that advances a state step by step, unchanged, as a model."""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, make_dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from bridge.adapters.bmi import Bmi, is_bmi
from bridge.adapters.clock import times, whole, written
from bridge.adapters.described import described
from bridge.adapters.marks import marked
from bridge.adapters.objects import Means, Objects, Running, methods_of
from bridge.adapters.wrapping import UNSTATED, declared
from bridge.errors import DeclarationError
from bridge.kinds.base import Within, own
from bridge.kinds.record import Port
from bridge.models import Versioned
from bridge.ports import kind_of, record_of
from bridge.scale import Scale

_OWN = ("duration", "steps", "every", "times")


def wrap_stepper(
    cls: Callable[..., Any],
    inputs: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    *,
    series: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    time_step: str | None = None,
    step: str = "step",
    initialise: str | None = None,
    finalise: str | None = None,
    read: str | None = None,
    write: str | None = None,
    variables: Mapping[str, str] | None = None,
    name: str | None = None,
    scale: Scale = UNSTATED,
    depends: Sequence[str | Versioned] = (),
) -> Callable[..., Any]:
    """Make a model of a class with a state: ``wrap_stepper(Rod, {"length": "m"}, {"T": "K"}, time_step="1 s")``.

    The class takes ``inputs`` and ``settings`` in its constructor, or in ``initialise``; ``step()`` advances it (it is
    handed the time step where it takes one argument). ``state`` and ``outputs`` are read at the end, by attribute, by a
    method of that name, or all of the state by the method ``read``; ``series`` are read every so many steps (a setting
    ``every``), with their ``times``. ``finalise`` is called whatever happens. Marks are those of `wrap`.

    With ``time_step="0.1 s"``, or the name of an input that is the time step, the model takes a ``duration``, which
    has to be a whole number of steps; without, it takes ``steps``. What is returned starts from its inputs; its
    attribute ``resumed`` is the model ``NAME.resumed``, which starts from a state that either of them has left: n steps
    and m from there are n + m steps, bit for bit, if ``state`` is all the state there is.

    A class with the Basic Model Interface of CSDMS (``initialize(file)``, ``update``, ``get_value``, …) is used through
    that: ``config`` among the inputs is the file it is initialised with, other inputs are variables that are set, and
    ``variables`` names a port's variable where it is another one; units are those that the model itself states.

    Raises DeclarationError.
    """
    at = name or str(getattr(cls, "__name__", type(cls).__name__)).lower()
    caller = sys._getframe(1).f_globals.get("__name__", "__main__")
    asked, kept = marked(inputs, at, "inputs"), marked(state, at, "state")
    told, seen = marked(outputs, at, "outputs"), marked(series, at, "series")
    chosen = marked(settings, at, "settings")
    _apart(at, asked, kept, told, seen, chosen)
    if not callable(cls) or not (kept or told or seen):
        raise DeclarationError(f"{at}: a stepper is a class, with something to read. Write state={{'T': 'K'}}.")
    if is_bmi(cls):
        clock = _Clock(None, None, time_step or "s")
        written(f"1 {clock.unit}", at)
        means: Means = Bmi.of(cls, asked, {**kept, **told, **seen}, variables or {}, clock.unit or "s", at)
    else:
        methods = methods_of(cls, at, step=step, initialise=initialise, finalise=finalise, read=read, write=write)
        means = Objects.of(cls, methods, asked, chosen, at)
        clock = _Clock.of(time_step, {**asked, **chosen}, at)
    made = _Made(means, clock, asked, kept, told, seen, chosen)
    facts = {"stepper": repr((time_step, step, initialise, finalise, read, write, sorted((variables or {}).items())))}
    models = []
    for resumed in (True, False):
        function = made.function(cls, resumed, caller, at)
        label = f"{at}.resumed" if resumed else at
        said = {**facts, "resumed": str(resumed)}
        models.append(declared(function, cls, label, scale, depends, caller, said, clock.check(label)))
    on, start = models
    start.resumed = on  # type: ignore[attr-defined]
    return start


def _apart(at: str, *groups: Mapping[str, Any]) -> None:
    """Refuse a name that is read twice, or that the model has for itself. Raises DeclarationError."""
    asked, kept, told, seen, chosen = groups
    for name in {**asked, **kept, **told, **seen, **chosen}:
        places = [group for group in (kept, told, seen) if name in group]
        if len(places) > 1 or (name in asked and name in chosen):
            raise DeclarationError(f"{at}: {name!r} is named twice. Keep one.")
        if name in _OWN:
            raise DeclarationError(f"{at}: {name!r} is a port that every stepper has. Name yours otherwise.")


@dataclass(frozen=True)
class _Clock:
    """What a time step is: written, an input, told by the stepper (its unit alone is known), or nothing at all."""

    step: float | None
    port: str | None
    unit: str | None

    @classmethod
    def of(cls, time_step: str | None, ports: Mapping[str, Any], at: str) -> _Clock:
        if time_step is None:
            return cls(None, None, None)
        if time_step in ports:
            unit = kind_of(ports[time_step], f"{at}.{time_step}").unit or "1"
            written(f"1 {unit}", at)
            return cls(None, time_step, unit)
        number, unit = written(time_step, at)
        return cls(number, None, unit)

    @property
    def annotation(self) -> tuple[str, Any]:
        """The port that says how far: ``duration`` or ``steps``."""
        if self.unit is None:
            return "steps", Annotated[int, Within(0)]
        return "duration", Annotated[float, self.unit, Within(0)]

    def check(self, at: str) -> Callable[..., None] | None:
        """What refuses a duration that is no whole number of steps, where the step is known before it runs."""
        step, port, unit = self.step, self.port, self.unit or "1"
        if step is None and port is None:
            return None

        def fits(**written: float) -> None:
            whole(written["duration"], written[port] if port else step or 0.0, unit, at)

        asked = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in ("duration", port) if name]
        fits.__signature__ = inspect.Signature(asked)  # type: ignore[attr-defined]
        return fits


@dataclass(frozen=True)
class _Made:
    """What makes the models of a stepper: ports ``asked`` for, ``kept`` as state, ``told``, ``seen`` as series."""

    means: Means
    clock: _Clock
    asked: dict[str, Any]
    kept: dict[str, Any]
    told: dict[str, Any]
    seen: dict[str, Any]
    chosen: dict[str, Any]

    def function(self, cls: Any, resumed: bool, caller: str, at: str) -> Any:
        """The function of one of the models."""
        results = {
            **self.kept,
            **self.told,
            **{name: in_time(note, f"{at}.{name}") for name, note in self.seen.items()},
        }
        if self.seen:
            results["times"] = Annotated[NDArray[np.float64], self.clock.unit or "1", ("time",)]
        holder = make_dataclass("Outputs", list(results.items()), frozen=True)
        holder.__module__ = __name__  # nobody looks for its source where the function was made
        ports = {port.name: port for port in record_of(make_dataclass("Read", self._read(), frozen=True)).ports}
        signature = self._signature(resumed, at)

        def call(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            values = {name: own(value) for name, value in bound.arguments.items()}  # a stepper writes into its state
            return holder(**self.run(values, ports, resumed, at))

        call.__signature__ = signature  # type: ignore[attr-defined]
        call.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()} | {"return": holder}
        call.__doc__ = described(cls, list(self.asked), list(results))
        return call

    def _read(self) -> list[tuple[str, Any]]:
        return list({**self.kept, **self.told, **self.seen}.items())

    def _signature(self, resumed: bool, at: str) -> inspect.Signature:
        by_place, named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
        begins = {**self.asked, **(self.kept if resumed else {})}
        first = [
            inspect.Parameter(name, by_place, annotation=note, default=self._default(name, note, resumed, at))
            for name, note in begins.items()
        ]
        far, note = self.clock.annotation
        first.append(inspect.Parameter(far, by_place, annotation=note))
        first.sort(key=lambda one: one.default is not one.empty)
        after = [
            inspect.Parameter(name, named, annotation=note, default=self._default(name, note, resumed, at))
            for name, note in self.chosen.items()
        ]
        if self.seen:
            after.append(inspect.Parameter("every", named, annotation=Annotated[int, Within(1)], default=1))
        return inspect.Signature([*first, *after])

    def _default(self, name: str, note: Any, resumed: bool, at: str) -> Any:
        if resumed and name in self.kept:  # never what the class begins with
            return inspect.Parameter.empty
        return self.means.default(name, note, f"{at}.{name}")

    def run(self, values: Mapping[str, Any], ports: Mapping[str, Port], resumed: bool, at: str) -> dict[str, Any]:
        """Begin, advance, read; the stepper is ended whatever happens."""
        clock = self.clock
        step = values[clock.port] if clock.port else clock.step
        count = self._count(values, step, at)
        state = {name: values[name] for name in self.kept} if resumed else {}
        every, seen = values.get("every", 1), tuple(ports[name] for name in self.seen)
        rows: list[dict[str, Any]] = []
        with self.means.running(values, step) as running:
            if count is None:
                step = running.time_step()
                count = whole(values["duration"], step or 0.0, clock.unit or "1", at)
            if state:
                running.write(state)
            for done in range(count + 1):
                if done:
                    running.step()
                if seen and done % every == 0:
                    rows.append(running.read(seen))
            last = self._last(running, ports)
        for port in seen:
            last[port.name] = np.array([row[port.name] for row in rows])
        return last | ({"times": times(count, every, 1.0 if step is None else step)} if seen else {})

    def _last(self, running: Running, ports: Mapping[str, Port]) -> dict[str, Any]:
        kept = running.state(tuple(ports[name] for name in self.kept))
        return kept | running.read(tuple(ports[name] for name in self.told))

    def _count(self, values: Mapping[str, Any], step: float | None, at: str) -> int | None:
        """How many steps; None where only the stepper itself knows how long they are."""
        if self.clock.unit is None:
            return int(values["steps"])
        return None if step is None else whole(values["duration"], step, self.clock.unit, at)


def in_time(note: Any, at: str) -> Any:
    """The annotation of a value that is read again and again: with a dimension of time before its own."""
    base, *marks = typing.get_args(note) if typing.get_origin(note) is Annotated else (note,)
    kind = kind_of(note, at)
    if kind.unit is None:
        raise DeclarationError(f"{at} is {kind}, and a series is of numbers or arrays with a unit. Write 'K', or '1'.")
    rest = [mark for mark in marks if not isinstance(mark, tuple)]
    array = NDArray[np.float64] if base is float else base
    return Annotated[array, *rest, ("time", *kind.dims)]
