"""What a stage gave, as the page of its run shows it: a line an output, small curves, pictures, files."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np
from markupsafe import Markup

from bridge.errors import BridgeError
from bridge.inspect.pictures.drawing import unit_words
from bridge.inspect.web.words import link
from bridge.media import File
from bridge.store.artifact import Artifact
from bridge.store.view import Leaf, Outputs, brief, leaves

#: Outputs of a stage that are shown with its run; its own page has all.
MOST = 24
#: Numbers of an array that are written out; bytes of one that is read to tell its range, of all on one page, and how
#: many with files of their own, each of which takes a millisecond.
FEW, LARGE, IN_ALL, FILES = 6, 2**20, 2**23, 20
#: Arrays of which range and curve are remembered: what an artifact holds never changes.
REMEMBERED = 4096
#: Numbers of a field that is drawn small, and of its shorter side.
DRAWN, SIDE = 2**18, 8
#: Characters of a text, and of one that the pointer shows.
SHORT, TITLE = 100, 2000
NOTHING = Markup("")
PAGE = "text/html"
_WIDE, _HIGH, _POINTS = 112.0, 22.0, 56


@dataclass(frozen=True)
class Output:
    """One output: what is said of it, a curve of its values, a field drawn small, and where it is large."""

    name: str
    text: str
    unit: str = ""
    exact: str = ""
    over: str = ""
    href: str = ""
    curve: Markup = NOTHING
    thumbnail: str = ""

    @property
    def single(self) -> bool:
        """Whether it is a number or a word, and no array."""
        return not self.over


@dataclass(frozen=True)
class Filed:
    """A picture, a page or another file."""

    name: str
    media_type: str
    size: int
    href: str
    picture: bool
    page: bool


@dataclass
class Given:
    """All that is shown of what a stage gave."""

    outputs: list[Output] = field(default_factory=list)
    files: list[Filed] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    more: int = 0


@dataclass
class Reading:
    """How much of arrays one page has read; several threads may read at once."""

    left: int = IN_ALL
    files: int = FILES
    lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self, spec: Mapping[str, Any]) -> bool:
        """Whether an array is read as well: it is small, and so are those before it."""
        size = math.prod(spec["shape"]) * np.dtype(spec["dtype"]).itemsize
        apart = int("object" in spec)
        with self.lock:
            if size > min(LARGE, self.left) or apart > self.files:
                return False
            self.left -= size
            self.files -= apart
        return True


@dataclass
class _Remembered:
    """What has been said of arrays, the oldest forgotten first."""

    said: dict[tuple[str, str], tuple[str, Markup]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, at: tuple[str, str], words: tuple[str, Markup]) -> tuple[str, Markup]:
        """Remember."""
        with self.lock:
            self.said[at] = words
            while len(self.said) > REMEMBERED:
                del self.said[next(iter(self.said))]
        return words


_known = _Remembered()


def given_by(artifact: Artifact, stage: str, query: Mapping[str, str], reading: Reading, most: int = MOST) -> Given:
    """What an artifact holds; an output that cannot be read is told of."""
    found = Given()
    port = link("artifacts", artifact.key, "port", **query)
    for leaf in leaves(Outputs(artifact, stage)):
        try:
            if leaf.spec["kind"] == "file":
                found.files.append(_file(leaf.name, leaf.spec, artifact.key))
            elif len(found.outputs) < most:
                found.outputs.append(_output(leaf, artifact.key, port, reading))
            else:
                found.more += 1
        except BridgeError as reason:
            found.unread.append(f"{leaf.name}: {reason}")
        except (KeyError, TypeError, ValueError) as reason:  # described as nothing that a store holds
            found.unread.append(f"{leaf.name} is not described as an output is ({type(reason).__name__}).")
    return found


def _file(name: str, spec: Mapping[str, Any], key: str) -> Filed:
    media, href = str(spec.get("media_type", "")), link("artifacts", key, "file", path=name)
    return Filed(name, media, int(spec["shape"][0]), href, bool(spec.get("picture")), media == PAGE)


def _output(leaf: Leaf, key: str, port: str, reading: Reading) -> Output:
    spec, unit = leaf.spec, unit_words(str(leaf.spec.get("unit", "")))
    if spec["kind"] == "array":
        return _array(leaf, key, port, reading, unit)
    value = leaf.value()
    if isinstance(value, str):
        cut = f"… ({len(value)} characters)" if len(value) > SHORT else ""
        return Output(leaf.name, value[:SHORT] + cut, exact=value[:TITLE] if cut else "")
    if isinstance(value, File):
        raise ValueError("a file")
    text = brief(value, "1")
    return Output(leaf.name, text, unit, repr(value) if isinstance(value, float) and float(text) != value else "")


def _array(leaf: Leaf, key: str, port: str, reading: Reading, unit: str) -> Output:
    spec = leaf.spec
    over = " × ".join(f"{dim} {n}" for dim, n in zip(spec["dims"], spec["shape"], strict=False))
    href = f"{port}{'&' if '?' in port else '?'}path={quote(leaf.name)}"
    count = math.prod(spec["shape"])
    thumbnail = ""
    if len(spec["shape"]) > 1 and sorted(spec["shape"])[-2] >= SIDE and 0 < count <= DRAWN:
        thumbnail = link("artifacts", key, "tile", path=leaf.name, form=1)
    if not count:
        return Output(leaf.name, "empty", unit, "", over, href)
    at = (leaf._artifact.where, leaf.name)
    said = _known.said.get(at)
    if said is None and reading.allows(spec):
        said = _known.keep(at, _summary(leaf.value()))
    text, line = said or ("", NOTHING)
    return Output(leaf.name, text, unit, "", over, href, line, thumbnail)


def _summary(values: np.ndarray) -> tuple[str, Markup]:
    """A few numbers as they are; of more their range, and a curve."""
    if values.size <= FEW and values.dtype.kind in "iufb":
        return ", ".join(
            f"{one:.5g}" if isinstance(one, float) else str(one) for one in values.ravel().tolist()
        ), NOTHING
    return _span(values), curve(values)


def _span(values: np.ndarray) -> str:
    """The range of finite numbers, and how many there are not."""
    if values.dtype.kind == "b":
        return f"{int(values.sum())} of {values.size} true"
    if values.dtype.kind not in "iuf":
        return ""
    there = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    lost = values.size - there.size
    if not there.size:
        return "no finite number"
    low, high = (f"{end:.4g}" if values.dtype.kind == "f" else str(end) for end in (there.min(), there.max()))
    span = f"{low} throughout" if there.min() == there.max() else f"{low} … {high}"
    return span + (f", {lost} missing" if lost else "")


def curve(values: np.ndarray) -> Markup:
    """A series as a line of a word's height, lowest and highest of each stretch; nothing for other arrays."""
    if values.ndim != 1 or values.dtype.kind not in "iuf" or values.size < 3:
        return NOTHING
    series = values.astype(float)
    there = series[np.isfinite(series)]
    low, high = (float(there.min()), float(there.max())) if there.size else (0.0, 0.0)
    if there.size < series.size or low == high or not math.isfinite(high - low):
        return NOTHING
    if series.size > 2 * _POINTS:
        starts = np.linspace(0, series.size, _POINTS + 1)[:-1].astype(int)
        ends = np.stack([np.minimum.reduceat(series, starts), np.maximum.reduceat(series, starts)], axis=1).ravel()
    else:
        ends = series
    along = np.linspace(0, _WIDE, ends.size).round(1).tolist()
    up = (_HIGH - 1 - (_HIGH - 2) * (ends - low) / (high - low)).round(1).tolist()
    points = " ".join([f"{x},{y}" for x, y in zip(along, up, strict=True)])
    return Markup(  # numbers of ours, nothing of theirs
        f'<svg class="spark" width="{_WIDE:g}" height="{_HIGH:g}" viewBox="0 0 {_WIDE:g} {_HIGH:g}" aria-hidden="true">'
        f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.2"/></svg>'
    )
