"""Distributions as people write them: ``900 K ± 10 K``, ``lognormal(median=1e-5 m^2/s, sigma=0.3)``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bridge.axes.bounded import LogUniform, Triangular, Uniform
from bridge.axes.distributions import Distribution, LogNormal, Normal
from bridge.axes.empirical import Empirical
from bridge.axes.exact import amount_in, starts_with_number
from bridge.axes.truncated import Truncated
from bridge.errors import ContractError, did_you_mean

#: Fetches the values that ``empirical(…)`` names: the array and its unit.
Fetch = Callable[[str], tuple[Any, str]]

_CUT = re.compile(r"(?P<whole>.*\S)\s+in\s+\[(?P<low>[^,\]]*),(?P<high>[^,\]]*)\]\s*", re.DOTALL)
_CALL = re.compile(r"\s*(?P<name>[A-Za-z]\w*)\s*\((?P<inside>.*)\)\s*", re.DOTALL)
_WIDTH = re.compile(r"±|\+/-|\+-")
_SUM = re.compile(r"\s*\((?P<inside>[^()]*)\)(?P<unit>.*)", re.DOTALL)

_TAKES: dict[str, tuple[Callable[..., Distribution], tuple[str, ...], str]] = {
    "normal": (Normal, ("mean", "sd"), "normal(900 K, 10 K)"),
    "lognormal": (LogNormal, ("median", "sigma", "mean", "sd"), "lognormal(median=1e-5 m^2/s, sigma=0.3)"),
    "uniform": (Uniform, ("low", "high"), "uniform(800 K, 1000 K)"),
    "loguniform": (LogUniform, ("low", "high"), "loguniform(1 nm, 1 um)"),
    "triangular": (Triangular, ("low", "mode", "high"), "triangular(800 K, 900 K, 1200 K)"),
}


def distribution_in(text: str, name: str, fetch: Fetch | None = None) -> Distribution | None:
    """The distribution that a text tells for parameter ``name``; None if it tells none. Raises ContractError."""
    cut = _CUT.fullmatch(text)
    try:
        whole = _whole(cut["whole"] if cut else text, name, fetch)
        if whole is None or cut is None:
            return whole
        return whole.within(cut["low"].strip(), cut["high"].strip())
    except ContractError as reason:
        raise type(reason)(f"{name}={text!r}: {reason}") from None


def _whole(text: str, name: str, fetch: Fetch | None) -> Distribution | None:
    call = _CALL.fullmatch(text)
    if call and call["name"] in _TAKES:
        return _called(call["name"], call["inside"])
    if call and call["name"] == "empirical":
        return _fetched(call["inside"].strip(), fetch)
    if call and any(starts_with_number(part) for part in re.split("[,=]", call["inside"])) and "," in call["inside"]:
        raise ContractError(
            f"no distribution is named {call['name']!r}. {did_you_mean(call['name'], [*_TAKES, 'empirical'])}"
        )
    return _centred(text)


def _called(kind: str, inside: str) -> Distribution:
    made, known, example = _TAKES[kind]
    in_order: list[str] = []
    named: dict[str, str] = {}
    for part in inside.split(","):
        word, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            if named or not word:
                raise ContractError(f"{kind}({inside}) cannot be read. Write {example}.")
            in_order.append(word)
        elif word not in known or word in named or not value:
            raise ContractError(f"{kind} takes no {word!r} here. {did_you_mean(word, known)} Write {example}.")
        else:
            named[word] = value
    try:
        return made(*in_order, **named)
    except TypeError:
        raise ContractError(f"{kind}({inside}) has too few or too many values. Write {example}.") from None


def _fetched(where: str, fetch: Fetch | None) -> Distribution:
    if not where:
        raise ContractError("empirical() names no values. Write empirical(RUN.stage.port).")
    if fetch is None:
        raise ContractError("empirical values are read from the store, and there is none here.")
    values, unit = fetch(where)
    return Empirical(values, unit, where)


def _centred(text: str) -> Distribution | None:
    """``900 K ± 10 K``, ``900 ± 10 K`` and ``(900 ± 10) K``."""
    bracketed = _SUM.fullmatch(text)
    unit = bracketed["unit"].strip() if bracketed else ""
    parts = _WIDTH.split(bracketed["inside"] if bracketed else text)
    if len(parts) == 1 or not starts_with_number(parts[0]):
        return None
    if len(parts) > 2:
        raise ContractError("it has more than one width. Write '900 K ± 10 K'.")
    centre, width = (part.strip() for part in parts)
    if not width:
        written = amount_in(centre)
        raise ContractError(f"its width is missing. Write '{centre} ± 10 {unit or (written.unit if written else '')}'.")
    if bracketed:
        return Normal(f"{centre} {unit}", f"{width} {unit}")
    left, right = amount_in(centre), amount_in(width)
    if left and right and left.unit == "" and right.unit not in ("", "%", "percent"):
        centre = f"{centre} {right.unit}"  # as in 900 ± 10 K
    return Normal(centre, width)


def distribution_from(about: Mapping[str, Any]) -> Distribution:
    """The distribution that ``to_json`` took apart. Raises ContractError."""
    unit = about.get("unit", "")

    def named(*names: str) -> list[str]:
        return [f"{about[name]!r} {unit}" for name in names]

    kind = about.get("distribution")
    match kind:
        case "normal":
            return Normal(*named("mean", "sd"))
        case "lognormal":
            return LogNormal(named("median")[0], about["sigma"])
        case "uniform":
            return Uniform(*named("low", "high"))
        case "loguniform":
            return LogUniform(*named("low", "high"))
        case "triangular":
            return Triangular(*named("low", "mode", "high"))
        case "empirical":
            return Empirical(about["values"], unit, about["source"])
        case "truncated":
            return Truncated(distribution_from(about["of"]), *named("low", "high"))
    raise ContractError(f"no distribution is named {kind!r}: the record is of another version.")
