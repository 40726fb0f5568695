"""One self-contained HTML page: headings, paragraphs, tables and pictures, readable in light and dark and on paper."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5d6570; --line: #d8dce1; --ground: #fff; --box: #f5f6f8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e7eb; --soft: #9aa3ad; --line: #363b42; --ground: #16181b; --box: #1f2226; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
p { margin: .5rem 0; max-width: 46rem; }
.lead { font-size: 1.1rem; }
.scale { color: var(--soft); font-weight: normal; font-size: .85em; }
figure { margin: 1rem 0; }
figure img { display: block; max-width: 100%; max-height: 46rem; height: auto; border-radius: 4px; background: #fff; }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .35rem; }
.beside { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .95rem; }
th, td { text-align: left; padding: .3rem 1.1rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; }
details { margin: .75rem 0; color: var(--soft); font-size: .92rem; }
summary { cursor: pointer; }
.remark { background: var(--box); border-left: 3px solid #d98a00; padding: .5rem .9rem; border-radius: 3px; }
@media print { body { max-width: none; padding: 0; } h2 { break-after: avoid; } figure { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Figure:
    """A PNG and what it shows."""

    png: bytes
    caption: str

    def __str__(self) -> str:
        source = f"data:image/png;base64,{b64encode(self.png).decode()}"
        said = escape(self.caption)
        return f'<figure><img src="{source}" alt="{said}"><figcaption>{said}</figcaption></figure>'


@dataclass(frozen=True)
class Table:
    """Rows of texts under a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in self.header)
        body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in self.rows)
        return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


@dataclass(frozen=True)
class Section:
    """A part of the page: what happens at one scale; `aside` are lines that open when asked for."""

    title: str
    scale: str
    words: str
    tables: Sequence[Table] = ()
    figures: Sequence[Figure] = ()
    remarks: Sequence[str] = ()
    aside: Sequence[str] = ()
    aside_title: str = ""

    def __str__(self) -> str:
        parts: list[str] = [
            f'<h2>{escape(self.title)} <span class="scale">{escape(self.scale)}</span></h2>',
            f"<p>{escape(self.words)}</p>",
            *(f'<p class="remark">{escape(remark)}</p>' for remark in self.remarks if remark),
            *map(str, self.tables),
        ]
        if self.aside:
            lines = "".join(f"<li>{escape(line)}</li>" for line in self.aside)
            parts.append(f"<details><summary>{escape(self.aside_title)}</summary><ul>{lines}</ul></details>")
        pictures = "".join(map(str, self.figures))
        if pictures:
            parts.append(f'<div class="beside">{pictures}</div>' if len(self.figures) > 1 else pictures)
        return "<section>" + "".join(parts) + "</section>"


def render(title: str, lead: str, sections: Iterable[Section]) -> bytes:
    """The page as UTF-8: it needs nothing from outside and runs no script."""
    body = "".join(map(str, sections))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f'<body><main><h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p>{body}</main></body></html>\n'
    ).encode()
