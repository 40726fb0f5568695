"""What a picture shows, before any ink: panels of lines, bands, cells, bars and points over two axes.

A description holds numbers and words alone. Two inks draw it: SVG for pages, matplotlib for files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bridge.errors import ContractError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
#: Sizes of numbers between which a picture can reckon.
LARGEST, SMALLEST = 1e300, 1e-290
#: Where a point of a picture may lead: another page of the same site.
_INSIDE = ("/", "./", "?", "#")


@dataclass(frozen=True)
class Axis:
    """One direction of a panel. Names stand at the places 0, 1, 2…; ``at`` are the places that ticks must have."""

    label: str = ""
    log: bool = False
    words: tuple[str, ...] | None = None
    low: float | None = None
    high: float | None = None
    base: int = 10
    at: tuple[float, ...] | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """Points, joined or not, with error bars; a NaN is a gap. ``hrefs`` and ``titles`` belong to points."""

    x: Any
    y: Any
    label: str = ""
    errors: Any = None
    joined: bool = True
    marked: bool = True
    colour: int = 0
    dashed: bool = False
    hollow: bool = False
    hrefs: Sequence[str | None] | None = None
    titles: Sequence[str] | None = None

    def __post_init__(self) -> None:
        _numbers(self, "x", "y")
        if self.errors is not None:
            _numbers(self, "x", "errors")
        _one_each(self, len(self.x))


@dataclass(frozen=True, eq=False)
class Band:
    """What lies between two lines: an uncertainty."""

    x: Any
    low: Any
    high: Any
    colour: int = 0
    label: str = ""

    def __post_init__(self) -> None:
        _numbers(self, "x", "low", "high")


@dataclass(frozen=True, eq=False)
class Cells:
    """Numbers over two axes as coloured cells, ``values[row, column]`` at ``y[row]``, ``x[column]``; NaN is no cell.

    ``hrefs`` and ``titles`` are in the order of ``values.ravel()``. ``written`` puts every number into its cell,
    ``contours`` adds labelled lines of equal value where an ink can draw them. Places are in rising order.
    """

    x: Any
    y: Any
    values: Any
    label: str = ""
    log: bool = False
    hrefs: Sequence[str | None] | None = None
    titles: Sequence[str] | None = None
    written: bool = False
    contours: bool = False

    def __post_init__(self) -> None:
        for name in ("x", "y", "values"):
            object.__setattr__(self, name, _finite(getattr(self, name)))
        if self.values.shape != (self.y.size, self.x.size):
            raise ContractError(f"cells of shape {self.values.shape} do not fit {self.y.size} rows of {self.x.size}.")
        if not all(np.all(np.diff(places) > 0) for places in (self.x, self.y)):
            raise ContractError("places of cells are to be numbers in rising order.")
        _one_each(self, self.values.size)


@dataclass(frozen=True, eq=False)
class Bars:
    """Lying bars from nought to ``values`` at the heights ``places``, with their errors."""

    places: Any
    values: Any
    label: str = ""
    errors: Any = None
    colour: int = 0
    pale: bool = False
    thick: float = 0.5

    def __post_init__(self) -> None:
        _numbers(self, "places", "values", *(("errors",) if self.errors is not None else ()))


@dataclass(frozen=True, eq=False)
class Crosses:
    """Points that have no result: at ``y``, or at the foot of the panel."""

    x: Any
    y: Any = None
    hrefs: Sequence[str | None] | None = None
    titles: Sequence[str] | None = None

    def __post_init__(self) -> None:
        _numbers(self, "x", *(("y",) if self.y is not None else ()))
        _one_each(self, len(self.x))


@dataclass(frozen=True)
class Rule:
    """A thin line across the panel for the eye, at a height or, not ``horizontal``, at a place."""

    at: float
    horizontal: bool = True


Mark = Line | Band | Cells | Bars | Crosses | Rule


@dataclass(frozen=True, eq=False)
class Panel:
    """Marks over two axes; ``note`` is said above, ``height`` is that of its inside in CSS pixels."""

    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    title: str = ""
    note: str = ""
    height: float | None = None


@dataclass(frozen=True, eq=False)
class Plot:
    """A picture: panels in ``columns``, a title, a title of its legend, and ``alt``, what is to be seen in words.

    The panels of a row and of a column have one axis between them where they are ``shared``. Without ``alt`` the
    marks are put into words, with their numbers.
    """

    panels: tuple[Panel, ...]
    columns: int = 1
    title: str = ""
    legend: str = ""
    alt: str = ""
    shared: bool = False

    def __post_init__(self) -> None:
        if not self.panels or self.columns < 1:
            raise ContractError("a picture has a panel and a column at least.")
        if not self.alt:
            from bridge.inspect.pictures.telling import in_words

            object.__setattr__(self, "alt", in_words(self))

    def apart(self) -> tuple[Plot, ...]:
        """A picture of each panel: for pages as narrow as a phone."""
        return tuple(dataclasses.replace(self, panels=(one,), columns=1, title="", alt="") for one in self.panels)

    def figure(self) -> Figure:
        """A matplotlib Figure. Raises ContractError where matplotlib is missing."""
        from bridge.inspect.pictures.inked import figure

        return figure(self)

    def save(self, path: str | Path) -> Path:
        """Write the picture as .svg, .png or .pdf. Raises ContractError for others, and for want of matplotlib."""
        from bridge.inspect.pictures.inked import saved

        return saved(self, Path(path))

    def _repr_svg_(self) -> str:
        from bridge.inspect.pictures.svg import PAPER, svg

        return svg(self, paper=PAPER)


def _finite(values: Any) -> Floats:
    """Numbers as floats: beyond 1e300 they are missing as infinite ones are, below 1e-290 they are nought."""
    found = np.asarray(values)
    if found.size == 0:
        return found.astype(float)
    if found.dtype.kind not in "biuf":
        raise ContractError(f"a picture is drawn of numbers, not of {found.dtype}.")
    plain = found.astype(float)
    size = np.abs(plain)
    return np.where(size < LARGEST, np.where(size < SMALLEST, 0.0, plain), np.nan)


def _numbers(mark: Any, *names: str) -> None:
    for name in names:
        object.__setattr__(mark, name, np.atleast_1d(_finite(getattr(mark, name))))
    shapes = {name: getattr(mark, name).shape for name in names}
    if len(set(shapes.values())) > 1 or len(next(iter(shapes.values()))) != 1:
        said = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ContractError(f"a mark takes numbers of one length in a row, not {said}.")


def _one_each(mark: Any, count: int) -> None:
    for name in ("hrefs", "titles"):
        given = getattr(mark, name)
        if given is not None and len(given) != count:
            raise ContractError(f"{count} points have {len(given)} {name}: there is to be one each.")
    for href in mark.hrefs or ():
        if href is not None and (not href.startswith(_INSIDE) or href.startswith(("//", "/\\"))):
            raise ContractError(f"a picture leads to pages of its own site, not to {href!r:.80}.")
