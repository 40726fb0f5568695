"""Who meets whom, as people look at it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bridge_epidemic.ports import Array

#: So many names fit beside the matrix; of more groups some are named.
NAMES = 20


def heat_map(groups: Sequence[str], contacts: Array) -> Figure:
    """Contacts a day, participants upwards and contacts to the right, as surveys are drawn; darker is more.

    Colours are of the square root, so that rare contacts are seen beside those among pupils.
    """
    figure = Figure(figsize=(6.0, 5.2), dpi=150, layout="constrained")
    axes = figure.subplots()
    shown = axes.imshow(np.sqrt(contacts), origin="lower", cmap="YlGnBu", vmin=0, aspect="equal")
    bar = figure.colorbar(shown, ax=axes, shrink=0.88, pad=0.02, label="contacts per person and day")
    top = float(contacts.max(initial=0.0))
    if top > 0:
        values = _round_values(top)
        bar.set_ticks(np.sqrt(values).tolist(), labels=[f"{value:g}" for value in values])
    every = -(-len(groups) // NAMES)
    places = range(0, len(groups), every)
    labels = [groups[k] for k in places]
    axes.set_xticks(list(places), labels, rotation=90 if len(groups) > 5 or max(map(len, labels)) > 5 else 0)
    axes.set_yticks(list(places), labels)
    kind = "age of the" if groups[0][:1].isdigit() else "group of the"
    axes.set(xlabel=f"{kind} contact", ylabel=f"{kind} participant")
    axes.tick_params(length=0, labelsize=8)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return figure


def _round_values(top: float) -> Array:
    """Values of one digit from the largest down, that the root spaces well."""
    decade = 10.0 ** np.floor(np.log10(top))
    candidates = np.array([m * decade * 10.0**-p for p in (2, 1, 0) for m in (1, 2, 5)])
    kept = candidates[(candidates <= top) & (np.sqrt(candidates / top) > 0.09)]
    return np.append(0.0, kept)
