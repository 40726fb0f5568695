"""Indices where points have no value, and where values have an error."""

from __future__ import annotations

from typing import Any

import closed_forms
import numpy as np
import pytest
from closed_forms import closed, total
from known_functions import at, ishigami, three_stages

from bridge.errors import ContractError
from bridge.sensitivity.analysis import Output, TooManyFailed, analyse, of_output
from bridge.sensitivity.design import Design, design
from bridge.sensitivity.estimates import Sampled
from bridge.sensitivity.wiring import Seen, Wiring, sets_of

# Points without values


def analysed(values: np.ndarray, drawn: Design, **more: Any) -> dict[str, Any]:
    return analyse(drawn, three_stages(["x3"], ["x1"], ["x2"]), [Output("y", "coarse", "mN", values)], **more)


def test_a_failed_point_takes_its_base_row_with_it() -> None:
    drawn = design(["x1", "x2", "x3"], 1024)
    values = ishigami(at(drawn))
    rows = drawn.by_block(values)
    lost = np.arange(50)
    holes = rows.copy()
    holes[lost, lost % 5] = np.nan
    told = analysed(holes.ravel(), drawn)
    assert (told["used"], told["lost"]) == (974, 50)
    kept = Sampled(drawn, np.where(np.isin(np.arange(1024), lost)[:, None], np.nan, rows))
    assert of_output(told, "y")["inputs"]["x1"]["S1"]["value"] == kept.index({"x1"}).first.value
    parts = closed_forms.ishigami()
    assert of_output(told, "y")["inputs"]["x1"]["ST"]["value"] == pytest.approx(total(parts, {"x1"}), abs=0.06)


def test_more_than_a_tenth_lost_is_refused() -> None:
    drawn = design(["x1", "x2", "x3"], 64)
    values = ishigami(at(drawn))
    values[: 7 * len(drawn.blocks)] = np.nan
    with pytest.raises(TooManyFailed, match="7 of 64 base rows have a point without a value"):
        analysed(values, drawn)
    values[: len(drawn.blocks)] = 1.0
    assert analysed(values, drawn)["lost"] == 6


def test_an_output_that_does_not_vary_has_no_shares() -> None:
    drawn = design(["x1", "x2", "x3"], 16)
    output = of_output(analysed(np.full(drawn.points, 3.5), drawn), "y")
    assert output["constant"]
    assert "inputs" not in output


# Noise


def noisy(drawn: Design, sd: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    values = ishigami(at(drawn))
    return values + np.random.default_rng(seed).normal(0, sd, len(values)), np.full(len(values), sd)


def test_independent_noise_is_a_share_of_its_own_and_leaves_the_others_right() -> None:
    parts, sd = closed_forms.ishigami(), 3.0
    variance = sum(parts.values())
    drawn = design(["x1", "x2", "x3"], 4096)
    wiring = three_stages(["x3"], ["x1"], ["x2"])
    values, errors = noisy(drawn, sd, 1)
    output = of_output(analyse(drawn, wiring, [Output("y", "coarse", "mN", values, errors)]), "y")
    assert output["noise"]["how"] == "independent"
    assert output["noise"]["share"]["value"] == pytest.approx(sd**2 / (variance + sd**2), abs=0.02)
    shrunk = variance / (variance + sd**2)
    for name in drawn.inputs:
        assert output["inputs"][name]["ST"]["value"] == pytest.approx(shrunk * total(parts, {name}), abs=0.03)
        assert output["inputs"][name]["S1"]["value"] == pytest.approx(shrunk * closed(parts, {name}), abs=0.03)
    raw = of_output(analyse(drawn, wiring, [Output("y", "coarse", "mN", values)]), "y")
    assert raw["inputs"]["x3"]["ST"]["value"] > output["inputs"]["x3"]["ST"]["value"] + 0.3  # what it is without


def test_noise_of_a_shared_evaluation_is_subtracted_where_it_is_and_nowhere_else() -> None:
    """A stage that x3 alone reaches has one noise for all points with the same x3."""
    drawn = design(["x1", "x2", "x3"], 4096)
    wiring = three_stages(["x3"], ["x1"], ["x2"])
    x3 = at(drawn)["x3"]
    _, of = np.unique(x3, return_inverse=True)
    noise = np.random.default_rng(2).normal(0, 0.2, of.max() + 1)[of]
    output = of_output(analyse(drawn, wiring, [Output("y", "fine", "1", x3 + noise, np.full(len(x3), 0.2))]), "y")
    share = 0.04 / (0.04 + 1 / 12)
    assert output["noise"]["share"]["value"] == pytest.approx(share, abs=0.02)
    assert output["inputs"]["x3"]["S1"]["value"] == pytest.approx(1 - share, abs=0.02)
    assert output["inputs"]["x1"]["ST"]["value"] == 0.0


def test_points_that_share_their_random_numbers_are_found_out() -> None:
    """Errors larger than what values differ by cannot be independent: nothing is subtracted, and it is said."""
    drawn = design(["x1", "x2", "x3"], 512)
    wiring = three_stages(["x3"], ["x1"], ["x2"])
    values = ishigami(at(drawn)) + 1.7  # one realisation for all
    errors = np.full(len(values), 2.5)
    output = of_output(analyse(drawn, wiring, [Output("y", "coarse", "mN", values, errors)]), "y")
    plain = of_output(analyse(drawn, wiring, [Output("y", "coarse", "mN", values)]), "y")
    assert output["noise"]["how"] == "contradicted"
    assert output["inputs"] == plain["inputs"]
    small = [Output("y", "coarse", "mN", values, np.full(len(values), 0.3))]
    assert of_output(analyse(drawn, wiring, small), "y")["noise"]["how"] == "independent"
    assert of_output(analyse(drawn, wiring, small, noise="common"), "y")["noise"]["how"] == "common"
    with pytest.raises(ContractError, match="independent or common"):
        analyse(drawn, wiring, small, noise="white")


def test_a_seed_among_the_inputs_measures_the_noise_by_itself() -> None:
    stages = (Seen("walk", "mesoscopic", (), (0.0, 0.0)),)
    wiring = Wiring(stages, {"x": (("walk", "x"),), "seed": (("walk", "seed"),)})
    drawn = design(["x", "seed"], 2048, sets=sets_of(wiring, ["walk"]))
    u = at(drawn)
    seeds = np.floor(u["seed"] * 10_000).astype(int)
    noise = np.array(
        [np.random.default_rng([s, int(x * 2**40)]).normal(0, 0.2) for s, x in zip(seeds, u["x"], strict=True)]
    )
    told = analyse(drawn, wiring, [Output("y", "walk", "1", u["x"] + noise, np.full(len(noise), 0.2))])
    output, share = of_output(told, "y"), 0.04 / (0.04 + 1 / 12)
    assert output["noise"]["how"] == "seed"
    assert output["noise"]["share"]["value"] == pytest.approx(share, abs=0.03)
    assert output["noise"]["standard_errors"]["value"] == pytest.approx(share, abs=0.03)
    assert output["inputs"]["x"]["S1"]["value"] == pytest.approx(1 - share, abs=0.05)
    assert list(told["scales"]) == ["mesoscopic", "random numbers"]
