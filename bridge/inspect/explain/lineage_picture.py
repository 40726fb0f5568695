"""A lineage as a picture: stages coloured by scale, wires with port, value and unit, what the text says as chips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape

from bridge.inspect.explain.folding import Box, Bundle, Folded
from bridge.inspect.explain.layout import APART, Layout, arrange, layers_of
from bridge.inspect.explain.letters import SIZE, long, text
from bridge.inspect.explain.lineage import Lineage
from bridge.inspect.explain.readings import KEY
from bridge.inspect.pictures.drawing import unit_words

#: Fill and line of a scale, in the order in which scales appear from left to right.
COLOURS = (
    ("#d3e4f4", "#2f6ea5"),
    ("#d6ecd5", "#3b8543"),
    ("#fde4c6", "#bd6d14"),
    ("#e7dbf3", "#744ca3"),
    ("#f9d7da", "#ad3a48"),
    ("#d5ecec", "#2a8080"),
    ("#efe9c2", "#857a20"),
)
#: The same on dark paper; and every other colour of the picture there.
_DARK = (
    ("#1c3a56", "#74b9ea"), ("#1e4024", "#6fce7c"), ("#4d3214", "#f0a443"), ("#3b2a55", "#c3a1ee"),
    ("#532830", "#ff9aa2"), ("#1b4242", "#62c8c8"), ("#45401a", "#d8ca5e"),
)  # fmt: skip
_DARK_INKS = {
    "white": "#15181c", "#111": "#e6e9ed", "#222": "#e6e9ed", "#555": "#9ba6b2", "#666": "#9ba6b2", "#888": "#8a939d",
    "#eee": "#262c34", "#fff3b8": "#4a4116", "#c2a21c": "#d8ba3e", "#f4f4f4": "#262c34", "#c4c4c4": "#59636e",
}  # fmt: skip
ROW, HEAD, PAD, MARGIN, TOP = 20.0, 44.0, 10.0, 28.0, 96.0
LONGEST = 34  # letters of a value in a chip


@dataclass
class _Drawn:
    """A box with the rows of its two sides, and how large that makes it."""

    box: Box
    left: list[tuple[str, str, str]] = field(default_factory=list)  # kind, name, value
    right: list[str] = field(default_factory=list)
    x: float = 0.0
    y: float = 0.0

    @property
    def height(self) -> float:
        """From the upper side to the lower."""
        return HEAD + ROW * max(1, len(self.left), len(self.right)) + PAD

    @property
    def width(self) -> float:
        """From the left side to the right."""
        rows = [long(name) + (long(value) + 22 if kind != "wire" else 0) for kind, name, value in self.left]
        left = max(rows, default=0)
        right = max((long(name) for name in self.right), default=0)
        head = max(long(self.box.title, 1.18), long(_below(self.box), 0.92))
        return max(head + 24, left + right + 52, 110)

    def port(self, name: str) -> float:
        """How far down an input enters."""
        return self._row([row[1] for row in self.left if row[0] == "wire"].index(name))

    def output(self, name: str) -> float:
        """How far down an output leaves."""
        return self._row(self.right.index(name or "all outputs"))

    @staticmethod
    def _row(i: int) -> float:
        return HEAD + ROW * (i + 0.5)


def svg(lineage: Lineage) -> str:
    """Draw a lineage, from what it began with on the left to the number in question on the right."""
    folded = lineage.drawn
    drawn = {key: _sized(folded, key) for key in folded.boxes}
    root = next(iter(folded.boxes))
    if lineage.output and lineage.output not in drawn[root].right:
        drawn[root].right.append(lineage.output)
    _untangle(folded, drawn)
    wires: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for bundle in folded.bundles:
        ends = (drawn[bundle.source].output(bundle.output), drawn[bundle.target].port(bundle.port))
        wires.setdefault((bundle.source, bundle.target), []).append(ends)
    layout = arrange({key: box.height for key, box in drawn.items()}, wires)
    columns = _columns(folded, drawn, layout)
    colours = _colours(drawn, layout)
    shapes = list(_wires(folded, drawn, layout, columns, colours))
    for key in folded.boxes:
        shapes += _box(drawn[key], *colours[drawn[key].box.members[0].scale])
    result = f"{lineage.output} = {lineage.value}" if lineage.output else ""
    shapes += _result(drawn[root], lineage.output, result) if result else []
    right = max(box.x + box.width for box in drawn.values()) + (long(result) + 40 if result else 0)
    title = _title(lineage, colours)
    size = (max(right, 720.0) + MARGIN, layout.height + TOP + MARGIN)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]:.0f} {size[1]:.0f}" '
        f'width="{size[0]:.0f}" height="{size[1]:.0f}" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{SIZE:g}">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join([*title, *shapes, "</svg>\n"])
    )


def in_both_looks(drawn: str) -> str:
    """The picture for readers who have it light or dark; as it is drawn it is light, as paper is."""
    inks = _DARK_INKS | dict(zip(_flat(COLOURS), _flat(_DARK), strict=True))
    rules = "".join(f'[{part}="{ink}"]{{{part}:{dark}}}' for ink, dark in inks.items() for part in ("fill", "stroke"))
    style = f"<style>@media (prefers-color-scheme: dark){{text{{fill:#e6e9ed}}{rules}}}</style>"
    head, end, rest = drawn.partition(">")
    return f"{head}{end}\n{style}{rest}"


def _flat(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [colour for pair in pairs for colour in pair]


def _sized(folded: Folded, key: str) -> _Drawn:
    box = folded.boxes[key]
    drawn = _Drawn(box)
    for port in dict.fromkeys(bundle.port for bundle in folded.into(key)):
        drawn.left.append(("wire", port, ""))
    for port, output in box.inner:
        drawn.left.append(("inner", port, f"⟲ {output} of one another"))
    for one in box.written:
        if not (one.setting and one.default):
            said = one.text if len(one.text) <= LONGEST else one.text[: LONGEST - 1] + "…"
            drawn.left.append(("default" if one.default else "written", one.port, said))
    outputs = (bundle.output or "all outputs" for bundle in folded.bundles if bundle.source == key)
    drawn.right = list(dict.fromkeys(outputs))
    return drawn


def _untangle(folded: Folded, drawn: dict[str, _Drawn]) -> None:
    """Let outputs leave in the order in which the nearest box takes them."""
    layer = layers_of(drawn, [(bundle.source, bundle.target) for bundle in folded.bundles])
    place = {key: i for i, key in enumerate(drawn)}
    for key, box in drawn.items():
        ends: dict[str, tuple[int, int, float]] = {}
        for bundle in folded.bundles:
            if bundle.source == key:
                end = (layer[bundle.target], place[bundle.target], drawn[bundle.target].port(bundle.port))
                name = bundle.output or "all outputs"
                ends[name] = min(ends.get(name, end), end)
        box.right.sort(key=lambda name: ends.get(name, (0, 0, 0.0)))


def _columns(folded: Folded, drawn: dict[str, _Drawn], layout: Layout) -> list[tuple[float, float]]:
    """Left and right side of every layer; between them there is room for what the wires say."""
    columns: list[tuple[float, float]] = []
    x = MARGIN
    for keys in layout.layers:
        boxes = [drawn[key] for key in keys if key in drawn]
        width = max((box.width for box in boxes), default=20.0)
        said = [_says(b) for b in folded.bundles if layout.slots[b.target].layer == len(columns)]
        x += (max(map(long, said), default=0) + 70) if columns else 0
        columns.append((x, x + width))
        for box in boxes:
            box.x, box.y = x, layout.slots[box.box.key].y + TOP
        x += width
    return columns


def _colours(drawn: dict[str, _Drawn], layout: Layout) -> dict[str, tuple[str, str]]:
    order = [drawn[key].box.members[0].scale for layer in layout.layers for key in layer if key in drawn]
    scales = list(dict.fromkeys(order))
    return {scale: COLOURS[i % len(COLOURS)] if scale != "?" else ("#eee", "#888") for i, scale in enumerate(scales)}


def _says(bundle: Bundle) -> str:
    """What is written beside the end of a wire: a value with its unit, or the unit alone."""
    many = f"{len(bundle.stages)} × " if len(bundle.stages) > 1 else ""
    unit = unit_words(bundle.unit or "")
    if bundle.text:
        return bundle.text if len(bundle.text) <= LONGEST else bundle.text[: LONGEST - 1] + "…"
    return many + (f"[{unit}]" if unit else "") if many or unit else ""


def _wires(
    folded: Folded,
    drawn: dict[str, _Drawn],
    layout: Layout,
    columns: list[tuple[float, float]],
    colours: dict[str, tuple[str, str]],
) -> Iterator[str]:
    ways: dict[str, None] = {}  # each piece once: what several wires share is one line
    ends: dict[str, None] = {}
    for bundle in folded.bundles:
        source, target = drawn[bundle.source], drawn[bundle.target]
        lanes = layout.ways[bundle.source, bundle.target]
        colour = colours[source.box.members[0].scale][1]
        pen = f'fill="none" stroke="{colour}" stroke-width="{2.8 if bundle.stacked else 1.4}"'
        x, y = columns[layout.slots[bundle.source].layer][1], source.y + source.output(bundle.output)
        piece = f"M{source.x + source.width:.1f},{y:.1f} H{x:.1f}"
        for lane in lanes:
            slot = layout.slots[lane]
            left, right = columns[slot.layer]
            there = slot.y + TOP + APART * (_nth(folded, drawn, layout, bundle, slot.layer) + 0.5)
            ways.setdefault(f'<path d="{piece}{_curve(x, y, left, there)} H{right:.1f}" {pen}/>')
            x, y = right, there
            piece = f"M{x:.1f},{y:.1f}"
        end, said = target.y + target.port(bundle.port), _says(bundle)
        beside = max(long(_says(other), 0.92) for other in folded.into(bundle.target))
        stub = target.x - 18 - beside  # level where anything is written
        ways.setdefault(f'<path d="{piece}{_curve(x, y, stub, end)} H{target.x - 6:.1f}" {pen}/>')
        ends.setdefault(f'<path d="M{target.x:.1f},{end:.1f} l-8,-4 v8 z" fill="{colour}"/>')
        if said:
            halo = 'stroke="white" stroke-width="3" paint-order="stroke" stroke-linejoin="round"'
            ends.setdefault(text(target.x - 11, end - 4, said, f'text-anchor="end" fill="{colour}" {halo}', 0.92))
    yield from (*ways, *ends)


def _nth(folded: Folded, drawn: dict[str, _Drawn], layout: Layout, one: Bundle, layer: int) -> int:
    """Which of the outputs that pass a layer in one lane this is, from above."""
    passing = {
        bundle.output
        for bundle in folded.bundles
        if bundle.source == one.source and layout.slots[bundle.target].layer > layer
    }
    return sorted(passing, key=drawn[one.source].output).index(one.output)


def _curve(x: float, y: float, to: float, there: float) -> str:
    bend = (to - x) / 2
    return f" C{x + bend:.1f},{y:.1f} {to - bend:.1f},{there:.1f} {to:.1f},{there:.1f}"


def _box(one: _Drawn, fill: str, line: str) -> list[str]:
    """A box: a head with its name, its inputs on the left, on the right what of its outputs is used."""
    x, y, width, height = one.x, one.y, one.width, one.height
    many, gone = len(one.box.members) > 1, bool(one.box.members[0].missing)
    dash = ' stroke-dasharray="5 4"' if gone else ""
    frame = f'rx="7" stroke="{line}" stroke-width="1.4"{dash}'
    shapes = [
        f'<rect x="{x + d}" y="{y - d}" width="{width:.1f}" height="{height:.1f}" fill="white" {frame}/>'
        for d in ((10, 5) if many else ())
    ]
    shapes += [
        f"<g><title>{escape(_told(one.box))}</title>",
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="white" {frame}/>',
        f'<path d="M{x:.1f},{y + HEAD - 6:.1f} v-{HEAD - 13:.1f} q0,-7 7,-7 h{width - 14:.1f} '
        f'q7,0 7,7 v{HEAD - 13:.1f} z" fill="{fill}" stroke="{line}" stroke-width="1.4"{dash}/>',
        text(x + 11, y + 17, one.box.title, 'font-weight="bold"', 1.12),
        text(x + 11, y + 31, _below(one.box), 'fill="#555"', 0.86),
        "</g>",
    ]
    for i, (kind, name, value) in enumerate(one.left):
        middle = y + HEAD + ROW * (i + 0.5)
        shapes.append(text(x + 11, middle + 4, name, 'fill="#222"'))
        if kind != "wire":
            shapes += _chip(x + 11 + long(name) + 6, middle, kind, value)
    for i, name in enumerate(one.right):
        middle = y + HEAD + ROW * (i + 0.5)
        shapes.append(text(x + width - 11, middle + 4, name, f'text-anchor="end" fill="{line}"'))
    return shapes


def _chip(x: float, middle: float, kind: str, value: str) -> list[str]:
    """What the flow's text says, as a small box; a default is paler, and a wire among members has none."""
    if kind == "inner":
        return [text(x, middle + 4, value, 'fill="#666" font-style="italic"')]
    fill, line, ink = ("#fff3b8", "#c2a21c", "#222") if kind == "written" else ("#f4f4f4", "#c4c4c4", "#666")
    frame = f'<rect x="{x:.1f}" y="{middle - 8:.1f}" width="{long(value) + 12:.1f}" height="16" rx="4"'
    return [
        f'{frame} fill="{fill}" stroke="{line}"/>',
        text(x + 6 + long(value) / 2, middle + 4, value, f'text-anchor="middle" fill="{ink}"'),
    ]


def _below(box: Box) -> str:
    """The second line of a head."""
    one = box.members[0]
    if one.missing:
        return f"artifact {one.key[:KEY]} is gone"
    if len(box.members) > 1:
        return box.names
    return ("" if one.model == one.name else f"{one.model} · ") + one.key[:KEY]


def _told(box: Box) -> str:
    """What is said of a box under the pointer."""
    lines = [
        f"{m.name}: {m.model}, {m.scale}, {m.distribution or ''}, artifact {m.key}, run {m.run}" for m in box.members
    ]
    return "\n".join(lines)


def _result(root: _Drawn, output: str, result: str) -> list[str]:
    """The number in question, at the end of everything."""
    y, x = root.y + root.output(output), root.x + root.width
    return [
        f'<path d="M{x:.1f},{y:.1f} h22" stroke="#111" stroke-width="2"/>',
        f'<path d="M{x + 30:.1f},{y:.1f} l-9,-5 v10 z" fill="#111"/>',
        text(x + 36, y + 5, result, 'font-weight="bold"', 1.05),
    ]


def _title(lineage: Lineage, colours: dict[str, tuple[str, str]]) -> list[str]:
    root = lineage.stages[lineage.root]
    what = f"{root.name}.{lineage.output}" if lineage.output else root.name
    shapes = [
        text(MARGIN, 32, f"What {what} came from", 'font-weight="bold"', 1.5),
        text(MARGIN, 51, f"run {lineage.run} of {lineage.flow}; read from left to right", 'fill="#555"'),
    ]
    x = MARGIN
    for scale, (fill, line) in colours.items():
        shapes.append(f'<rect x="{x:.1f}" y="62" width="14" height="14" rx="3" fill="{fill}" stroke="{line}"/>')
        shapes.append(text(x + 20, 73, "gone from the store" if scale == "?" else scale, 'fill="#222"'))
        x += long(scale) + 40
    for kind, words in (("written", "written in the flow"), ("default", "default")):
        shapes += _chip(x, 69, kind, words)
        x += long(words) + 24
    return shapes
