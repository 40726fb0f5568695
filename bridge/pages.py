"""One HTML page that stands by itself: headings, remarks, tables, pictures; no script, nothing from outside.

Reports of plugins are made of it: every text is escaped, colours follow the reader's light or dark, and a phone's
screen is wide enough.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from bridge.media import Picture

STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfb; --text: #20242a; --quiet: #5b6570; --rule: #d9dde2;
  --tint: #f1f4f7; --warn: #b45309; --good: #1a7f4b; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --text: #e6e9ed; --quiet: #9ba6b2; --rule: #343b44;
  --tint: #1e232a; --warn: #f0a443; --good: #5fce95; } }
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--text); font: 16px/1.55 system-ui, "Segoe UI", sans-serif;
  -webkit-text-size-adjust: 100%; }
body { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; overflow-wrap: break-word; }
h1 { font-size: clamp(1.35rem, 5vw, 1.9rem); line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .5rem; padding-bottom: .25rem; border-bottom: 1px solid var(--rule); }
h2 small { color: var(--quiet); font-weight: normal; font-size: .8em; margin-left: .4em; }
p, ul { max-width: 46rem; margin: .6rem 0; }
.lead { font-size: 1.08rem; }
.box { border-left: 4px solid var(--rule); background: var(--tint); padding: .6rem .9rem; border-radius: 0 4px 4px 0; }
.box.warn { border-color: var(--warn); }
.box.good { border-color: var(--good); }
.box strong { display: block; }
details { margin: .75rem 0; color: var(--quiet); font-size: .92rem; }
summary { cursor: pointer; }
.scroll { overflow-x: auto; margin: .9rem 0; }
table { border-collapse: collapse; font-size: .94rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); font-size: .88rem; padding-bottom: .3rem; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--rule); text-align: left;
  vertical-align: baseline; }
thead th { color: var(--quiet); font-weight: 600; }
tbody th { font-weight: normal; }
.number { text-align: right; }
td.number { white-space: nowrap; }
figure { margin: 1rem 0; }
img { display: block; width: 100%; height: auto; background: #fff; border-radius: 6px; }
figcaption { color: var(--quiet); font-size: .9rem; margin-top: .4rem; max-width: 46rem; }
@media print { body { max-width: none; } h2 { break-after: avoid; } figure, table { break-inside: avoid; } }
"""


def paragraph(words: str, kind: str = "") -> str:
    """Words as a paragraph; `kind` is a class of the style sheet."""
    mark = f' class="{escape(kind)}"' if kind else ""
    return f"<p{mark}>{escape(words)}</p>"


def box(title: str, lines: Iterable[str], kind: str = "") -> str:
    """A remark that stands out: a bold title and lines under it."""
    body = "".join(f"<div>{escape(line)}</div>" for line in lines)
    return f'<div class="box {escape(kind)}"><strong>{escape(title)}</strong>{body}</div>'


def listed(items: Iterable[str]) -> str:
    """A list with bullets."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def folded(title: str, items: Iterable[str]) -> str:
    """A list under a title, which opens when it is asked for."""
    return f"<details><summary>{escape(title)}</summary>{listed(items)}</details>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "", text_columns: int = 1) -> str:
    """Rows of texts; beyond the first `text_columns` they are numbers and end at the right."""

    def cell(tag: str, rank: int, words: str, scope: str = "") -> str:
        kind = ' class="number"' if rank >= text_columns else ""
        return f"<{tag}{scope}{kind}>{escape(words)}</{tag}>"

    head = "".join(cell("th", rank, words, ' scope="col"') for rank, words in enumerate(header))
    body = "".join(
        "<tr>"
        + "".join(
            cell("td" if rank else "th", rank, words, "" if rank else ' scope="row"') for rank, words in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table>{f"<caption>{escape(caption)}</caption>" if caption else ""}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def picture(shown: Picture, described: str, caption: str, width: int) -> str:
    """A picture inside of the page, at most `width` CSS pixels wide; `described` is for who cannot see it."""
    source = f"data:{shown.media_type};base64,{b64encode(shown.content).decode()}"
    return (
        f'<figure style="max-width:{int(width)}px"><img src="{source}" alt="{escape(described)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def chapter(title: str, aside: str, *parts: str) -> str:
    """A part of the page under its heading; `parts` are HTML that the functions above made."""
    small = f" <small>{escape(aside)}</small>" if aside else ""
    return f"<section><h2>{escape(title)}{small}</h2>{''.join(parts)}</section>"


def page(title: str, lead: str, chapters: Iterable[str]) -> bytes:
    """The document, as UTF-8."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{paragraph(lead, 'lead')}{''.join(chapters)}</main></body></html>\n"
    ).encode()
