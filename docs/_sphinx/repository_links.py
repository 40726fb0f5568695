"""Links of Markdown to folders of the repository: on GitHub a folder shows its README, here the link leads to it."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class Folders(SphinxTransform):
    """A link to a folder is one to its README where that is a page; else its text stays, and leads nowhere."""

    default_priority = 500

    def apply(self, **_: object) -> None:
        """Go over the links that MyST left to be resolved."""
        root = Path(self.env.srcdir).resolve()
        for found in list(self.document.findall(addnodes.pending_xref)):
            target = found["reftarget"]
            place = (root / self.env.docname).parent.joinpath(target).resolve()
            if found["reftype"] != "myst" or not target or not place.is_dir() or not place.is_relative_to(root):
                continue
            page = (place / "README").relative_to(root).as_posix()
            if page in self.env.all_docs or page in self.env.project.docnames:
                found["refdomain"], found["reftarget"], found["reftargetid"] = "doc", page, None
            else:
                found.replace_self(nodes.inline("", "", *found.children))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_transform(Folders)
    app.add_lexer("csv", TextLexer)  # GitHub colours tables; Pygments does not know them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
