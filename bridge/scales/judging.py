"""Judging separation while a model runs: its verdicts are collected, and a violation ends it unless overridden by name.

Outside of a stage nothing is collected: a verdict is returned, or raised.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from bridge.errors import ContractError, NotSeparated
from bridge.scales.separation import FIRST_ORDER, Verdict, separation, verdict_from, worse
from bridge.scales.stepping import Steps

#: Pairs of scales that one call of a model may judge, and step ratios that it may derive.
KEPT = 64


class Judged:
    """What one call of a model came to: verdicts by name, the worst of each, and the step ratios it derived."""

    def __init__(self, stage: str = "", accept: Sequence[str] = ()) -> None:
        self.stage, self.accept = stage, tuple(accept)
        self.verdicts: dict[str, Verdict] = {}
        self.steps: dict[str, Steps] = {}

    def add(self, verdict: Verdict) -> Verdict:
        """Keep a verdict. Raises NotSeparated for a violation that was not accepted by name."""
        if not verdict.ok and verdict.name in self.accept:
            verdict = replace(verdict, accepted=True)
        known = self.verdicts.get(verdict.name)
        self._room(verdict.name, self.verdicts)
        self.verdicts[verdict.name] = verdict if known is None else worse(known, verdict)
        if not (verdict.ok or verdict.accepted):
            raise NotSeparated(_violated(self.stage, verdict, self.accept), self.told())
        return verdict

    def add_steps(self, name: str, steps: Steps) -> None:
        """Keep a ratio of steps."""
        self._room(name, self.steps)
        self.steps[name] = steps

    def _room(self, name: str, kept: Mapping[str, Any]) -> None:
        if name not in kept and len(kept) >= KEPT:
            raise ContractError(
                f"{self.stage or 'a model'} judges more than {KEPT} pairs of scales, {name!r} among them: a name is "
                "that of a pair. Say where it was judged with at=…."
            )

    def told(self) -> dict[str, Any]:
        """Verdicts and step ratios in JSON, as an artifact says them of its making; what there is none of is absent."""
        verdicts = [verdict.document() for verdict in self.verdicts.values()]
        steps = [{"name": name} | one.document() for name, one in self.steps.items()]
        return ({"separation": verdicts} if verdicts else {}) | ({"steps": steps} if steps else {})


_here: ContextVar[Judged | None] = ContextVar("bridge_judged", default=None)


@contextlib.contextmanager
def judging(judged: Judged) -> Iterator[Judged]:
    """Collect what is judged within; threads that a model starts by itself are not listened to."""
    token = _here.set(judged)
    try:
        yield judged
    finally:
        _here.reset(token)


def separated(
    name: str,
    *,
    fine: Any,
    coarse: Any,
    limit: float,
    error: str | float = FIRST_ORDER,
    what: str | None = None,
    at: str = "",
) -> Verdict:
    """Hold a model to its separation of scales: ``separated("diffusion/binding", fine="2 s", coarse=time, limit=0.1)``.

    ``fine`` and ``coarse`` are two times or two lengths: text with a unit, quantities (of arrays the worst pair
    counts), or what ``relaxation_time``, ``correlation_length``, ``slow_time`` or ``gradient_length`` found. ``error``
    says what the limit stands for, in words or as the constant of a relative error; ``at`` where this is judged
    ("step 300"). Inside a stage the verdict is stored with its artifact and recorded with the run. Raises NotSeparated
    where fine / coarse exceeds ``limit``, unless the stage accepts this name.
    """
    verdict = replace(separation(name, fine, coarse, limit=limit, error=error, what=what), at=at)
    return (_here.get() or Judged()).add(verdict)


class Watch:
    """Judges separation every so many steps of a model's time loop; a violation ends the loop there.

    ``watch = Watch("fast/slow", limit=0.1, every=100)`` before the loop, ``watch(fine=…, coarse=…)`` in each step,
    where either may be a function that is called only when it is due.
    """

    def __init__(self, name: str, *, limit: float, every: int = 100, error: str | float = FIRST_ORDER) -> None:
        if type(every) is not int or every < 1:
            raise ContractError(f"{name}: every={every!r} is no number of steps. Write a whole number from 1.")
        self.name, self.limit, self.every, self.error = name, limit, every, error
        self.step = -1

    def __call__(self, fine: Any | Callable[[], Any], coarse: Any | Callable[[], Any]) -> Verdict | None:
        """Count a step, and judge if it is due: the first one is. Raises NotSeparated."""
        self.step += 1
        if self.step % self.every:
            return None
        pair = {"fine": fine() if callable(fine) else fine, "coarse": coarse() if callable(coarse) else coarse}
        return separated(self.name, **pair, limit=self.limit, error=self.error, at=f"step {self.step}")


def steps(coarse_step: Any, fine_step: Any, *, name: str = "steps", unit: str | None = None) -> Steps:
    """Derive the whole number of fine steps in a coarse one: ``steps("1 ns", "3 fs").ratio``.

    The fine step becomes coarse / ratio, never larger than asked. Steps are text, quantities, or numbers in ``unit``.
    Inside a stage the ratio is stored with its artifact. Raises ContractError.
    """
    derived = Steps.derived(coarse_step, fine_step, unit=unit)
    judged = _here.get()
    if judged is not None:
        judged.add_steps(name, derived)
    return derived


def overridden() -> tuple[str, ...]:
    """Names that the stage running here accepts: those of models that it calls, too."""
    judged = _here.get()
    return judged.accept if judged else ()


def also(separation: Sequence[Mapping[str, Any]] | None) -> None:
    """Keep verdicts, in JSON, of a model that was called by the one running here, beside its own.

    Raises NotSeparated for a violation that is not accepted here.
    """
    judged = _here.get()
    if judged is not None:
        for document in separation or ():
            judged.add(replace(verdict_from(document), accepted=False))


# What was judged before


def told_of(about: Mapping[str, Any]) -> dict[str, Any]:
    """What an artifact says of separation in its making."""
    return {name: about[name] for name in ("separation", "steps") if about.get(name)}


def violated(separation: Sequence[Mapping[str, Any]] | None, accept: Sequence[str]) -> bool:
    """Whether verdicts in JSON hold a violation that is not accepted."""
    return any(not one["ok"] and one["name"] not in accept for one in separation or ())


def refuse(stage: str, about: Mapping[str, Any], accept: Sequence[str]) -> None:
    """Raise NotSeparated for an artifact that was made under an override which is not given here."""
    for document in about.get("separation", ()):
        if violated([document], accept):
            made = f" by run {about['run']}" if about.get("run") else ""
            before = f" Its result is in the store, made{made} under that override."
            raise NotSeparated(_violated(stage, verdict_from(document), accept) + before, told_of(about))


def _violated(stage: str, verdict: Verdict, accept: Sequence[str]) -> str:
    fine, coarse = verdict.fine, verdict.coarse
    at = f" at {verdict.at}" if verdict.at else ""
    known = f" (accepted here: {', '.join(map(repr, accept))})" if accept else ""
    return (
        f"{stage + ': ' if stage else ''}{verdict.name} is not separated{at}: the fine {verdict.what} {fine} "
        f"({fine.how}) is {verdict.ratio:.3g} of the coarse {coarse} ({coarse.how}), and the limit is "
        f"{verdict.limit:g}, which stands for {verdict.error}. Change what sets these {verdict.what}s, or use a model "
        f"that resolves both. To go on all the same, name it{known}: stage(…, accept={verdict.name!r}), or --accept "
        f"'{verdict.name}' on the command line."
    )
