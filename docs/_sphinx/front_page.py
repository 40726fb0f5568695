"""The site's own front door and its inner doors: what GitHub's readers need not see in the pages themselves."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

DOOR = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>scalebridge</title>
<meta http-equiv="refresh" content="0; url={page}.html"></head>
<body><a href="{page}.html">scalebridge</a></body></html>
"""
BELOW = {  # pages that stand below another
    "docs/decisions/README": "0*",
    "docs/reference/models/index": "*",
    "docs/reference/python": "declaring\nflows\nstored\nscales",
}
TREE = "\n\n```{{toctree}}\n:glob:\n:hidden:\n\n{pages}\n```\n"


def door(app: Sphinx, failed: Exception | None) -> None:
    """``index.html`` at the top leads to the first page."""
    if failed is None and app.builder.format == "html":
        Path(app.outdir, "index.html").write_text(DOOR.format(page=app.config.root_doc), encoding="utf-8")


def below(_app: Sphinx, page: str, source: list[str]) -> None:
    """Say which pages stand below a page that only lists them."""
    if page in BELOW:
        source[0] += TREE.format(pages=BELOW[page])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", below)
    app.connect("build-finished", door)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
