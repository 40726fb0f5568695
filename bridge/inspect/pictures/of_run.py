"""Which pictures a run has: those of a sweep, those of a stage, or the one of a port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bridge.errors import ContractError, UnknownName, did_you_mean
from bridge.inspect.pictures.leaf import is_own_picture
from bridge.inspect.pictures.outputs import output_plot
from bridge.inspect.pictures.plot import Panel, Plot
from bridge.inspect.pictures.shown import plots_of_sweep
from bridge.inspect.pictures.svg_words import legible
from bridge.places import home
from bridge.store.runs import Run
from bridge.store.view import Outputs, leaves

#: Panels of one picture, and stages of a run that are drawn without being named.
PANELS, STAGES = 12, 40


def plot_of(run: Run, of: str) -> Plot:
    """The picture of ``stage`` or ``stage.port``. Raises UnknownName, ContractError where there is nothing to draw."""
    found = plots_of(run, of)
    if not found:
        raise ContractError(f"{of} of run {run.id} has no array to draw, only single values: name one, {of}.PORT.")
    plots = [plot for _, plot in found]
    panels = tuple(panel for plot in plots for panel in plot.panels)
    return plots[0] if len(plots) == 1 else Plot(panels, 2)


def plots_of(run: Run, of: str | None = None) -> list[tuple[str, Plot]]:
    """Pictures, each with the name of its file: of every stage, or of ``stage`` or ``stage.port``.

    Raises UnknownName, and BridgeError for what cannot be drawn.
    """
    stage, port = split(run, of) if of is not None else (None, "")
    if "sweep" in run.about:
        return plots_of_sweep(run, stage, port)
    if stage is not None and port:
        return [(of or "", output_plot([("", run[stage])], port))]
    if stage is not None:
        return list(_of_stage(stage, run[stage]))
    made = [name for name, facts in run.stages.items() if "key" in facts][:STAGES]
    return [found for name in made for found in _of_stage(name, run[name])]


def split(run: Run, of: str) -> tuple[str, str]:
    """A stage and the port behind it, if any; names may hold dots: the longest that fits. Raises UnknownName."""
    fits = [name for name in run.stages if of == name or of.startswith(f"{name}.")]
    if not fits:
        raise UnknownName(f"run {run.id} has no stage {of!r}. {did_you_mean(of, run.stages)}")
    stage = max(fits, key=len)
    return stage, of[len(stage) + 1 :]


def _of_stage(stage: str, outputs: Outputs) -> Iterator[tuple[str, Plot]]:
    """One picture with a panel for each array that is drawn by itself."""
    panels: list[Panel] = []
    for leaf in leaves(outputs):
        if is_own_picture(leaf) and len(panels) < PANELS:
            (panel,) = output_plot([("", outputs)], leaf.name).panels
            panels.append(panel)
    if panels:
        yield stage, Plot(tuple(panels), 2, stage)


def drawn(run: Run, of: str | None, file: Path | None) -> list[Path]:
    """Write pictures as ``file`` or, without one, as PNG into the state folder; several beside it, by their names.

    Raises ContractError where there is nothing to draw, and what writing raises.
    """
    found = plots_of(run, of)
    if not found:
        what = f"{of} of run {run.id}" if of else f"run {run.id}"
        raise ContractError(f"{what} has no arrays to draw. A single number is drawn where it is named: STAGE.PORT.")
    if file is None:
        return [plot.save(home() / "shown" / run.id / f"{_named(name)}.png") for name, plot in found]
    if len(found) == 1:
        return [found[0][1].save(file)]
    return [plot.save(file.with_name(f"{file.stem}.{_named(name)}{file.suffix}")) for name, plot in found]


def _named(name: str) -> str:
    """A name of a file in its folder: a record may have been made by anybody."""
    return legible(name).replace("/", "_").replace("\\", "_")[:150]
