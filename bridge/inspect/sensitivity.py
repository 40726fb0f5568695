"""Sensitivities in words: a table of indices by input and by scale, and what is to be known of them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from bridge.inspect.table import table
from bridge.store.runs import Run
from bridge.store.view import brief

#: Pairs of inputs that are printed; JSON has all.
PAIRS = 10
#: What is said of an output's noise.
_NOISE = {
    "seed": "{share} of the variance is the random numbers', by the seed among the inputs{errors}.",
    "independent": (
        "{share} of the variance is noise by the standard errors, taken as independent from one evaluation to the next "
        "and subtracted from the indices (--noise common, if points share their random numbers)."
    ),
    "common": "points are said to share their random numbers: standard errors{errors} are not subtracted.",
    "contradicted": (
        "values differ by less than their standard errors{errors}: points share their random numbers, and nothing was "
        "subtracted. Vary a seed to see what noise does: -p seed=0..9999."
    ),
}


@functools.lru_cache(maxsize=4)  # told of in words, then drawn
def document_of(run: Run) -> dict[str, Any]:
    """The analysis of a run that was made for it, as JSON; why there is none, where its points do not allow one."""
    from bridge.errors import BridgeError
    from bridge.sensitivity.sensitivity import Sensitivity

    try:
        return Sensitivity(run).document
    except BridgeError as reason:
        return {"refused": str(reason)}


def text(document: Mapping[str, Any]) -> str:
    """An analysis as people read it."""
    if "refused" in document:
        return f"no sensitivities: {document['refused']}"
    design = document["design"]
    used = f"{document['used']:,}" + (f" of {design['n']:,}" if document["lost"] else "")
    words = [f"sensitivities: {used} base rows, {document['points']:,} points, seed {design['seed']}"]
    if document["lost"]:
        words.append(
            f"{document['lost']} base rows were left out, for one of their points has no value"
            + (f": {document['first_error']}" if "first_error" in document else "")
        )
    words += ["", table([(name, said, _enters(document, name)) for name, said in document["texts"].items()])]
    for output in document["outputs"]:
        words += ["", *_output(document, output)]
    return "\n".join(words)


def _enters(document: Mapping[str, Any], name: str) -> str:
    places = document["wiring"]["entries"][name]
    return "enters " + ", ".join(f"{stage}.{port}" for stage, port in places)


def _output(document: Mapping[str, Any], output: Mapping[str, Any]) -> list[str]:
    unit = output["unit"]
    head = f"{output['name']} = {brief(output['mean'], unit)}"
    if output["constant"]:
        return [f"{head} at every point: no input changes it."]
    words = [f"{head} ± {brief(output['sd'], unit)} (standard deviation)"]
    words.append(table([("", "alone (S1)", "in all (ST)"), *_rows(output)], indent="  "))
    if "pairs" in output:
        words += _pairs(output["pairs"])
    noise = output["noise"]
    if noise["how"] in _NOISE:
        share = _percent(noise["share"]) if "share" in noise else ""
        errors = f" ({_percent(noise['standard_errors'])} by standard errors)" if "standard_errors" in noise else ""
        words.append("  " + _NOISE[noise["how"]].format(share=share, errors=errors))
    return words


def _rows(output: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Inputs, scales and ways, each a line with its first-order and total index."""
    rows = [_line(name, told) for name, told in output["inputs"].items()]
    rows += [("by scale", "", ""), *(_line(name, told) for name, told in output["scales"].items())]
    rows.append(("  together", _share(output["interactions"]), ""))
    noise = output["noise"]
    if noise["how"] == "independent":
        rows.append(("  noise", _share(noise["share"]), ""))
    said = {"upstream": "through stages before it", "own": "at the stage itself", "both": "on both ways"}
    ways = {way: told for way, told in output["ways"].items() if way in said}
    if len(ways) > 1:
        rows.append((f"by way to {output['stage']}", "", ""))
        rows += [_line(f"{said[way]}: {', '.join(told['inputs'])}", told) for way, told in ways.items()]
        rows.append(("  together", _share(output["ways"]["interactions"]), ""))
    return rows


def _line(name: str, told: Mapping[str, Any]) -> tuple[str, str, str]:
    return f"  {name}", _share(told["S1"]), _share(told["ST"])


def _pairs(pairs: list[dict[str, Any]]) -> list[str]:
    largest = sorted(pairs, key=lambda told: -abs(told["S2"]["value"]))[:PAIRS]
    rows = [(f"  {' and '.join(told['inputs'])}", _share(told["S2"])) for told in largest]
    more = [f"  and {len(pairs) - len(largest)} smaller pairs (--json has all)"] if len(pairs) > len(largest) else []
    return [table([("in pairs", "beyond each (S2)"), *rows], indent="  "), *more]


def _share(told: Mapping[str, float]) -> str:
    return f"{told['value']:6.3f} ± {told['conf']:.3f}"


def _percent(told: Mapping[str, float]) -> str:
    return f"{100 * told['value']:.2g} %"
