"""Pictures of fields scale by scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bridge.inspect.pictures.scales import comparison_picture, energy_picture
from bridge.scales.blocks import block_mean
from bridge.scales.by_scale import compare_by_scale, energy_by_scale
from bridge.units import Q


def _observed() -> Any:
    return Q(np.cumsum(np.random.default_rng(0).normal(size=(64, 64)), axis=1), "K")


def test_energy_is_drawn_over_the_length_of_scales_with_units() -> None:
    axes = energy_picture(energy_by_scale(_observed(), spacing="2 um")).figure().axes[0]
    assert axes.get_ylabel() == "energy (K²)"
    assert axes.get_xlabel().startswith("length of the scale (µm)")
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert [float(x) for x in axes.get_xticks()] == [2, 4, 8, 16, 32, 64, 128]


def test_what_a_field_has_nothing_of_is_said_and_not_drawn() -> None:
    observed = _observed()
    smooth = block_mean(8).lift(block_mean(8).restrict(observed))
    left, middle, right = comparison_picture(compare_by_scale(smooth, observed, spacing="1 km")).figure().axes
    said = [text.get_text() for axes in (left, right) for text in axes.get_legend().get_texts()]
    assert "model (nothing at 3 of 7 scales)" in said
    assert "difference (nothing at 4 of 7 scales)" in said
    assert "correlation (not defined at 3 of 7 scales)" in said
    drawn = left.get_lines()[0].get_ydata()
    assert np.isfinite(np.asarray(drawn, float)).any()
    assert (middle.get_ylabel(), middle.get_yscale()) == ("relative error", "log")


def test_a_plain_field_has_a_plain_label_and_the_same_numbers_the_same_bytes(tmp_path: Path) -> None:
    observed = _observed().magnitude
    found = compare_by_scale(observed * 0.5, observed)
    made = [comparison_picture(found).save(tmp_path / f"{n}.png").read_bytes() for n in range(2)]
    assert made[0] == made[1]
    assert made[0].startswith(b"\x89PNG")
    assert comparison_picture(found).figure().axes[0].get_ylabel() == "energy"
