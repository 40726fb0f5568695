"""Links from a page of source back to the reference: Sphinx takes all names of a module to be documented alike.

Some stand there as everybody imports them (`bridge.via`), others by where they are (`bridge.errors.StageFailed`).
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx


def mended(app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Lead every link back to the name that the reference has."""
    if not page.startswith("_modules/bridge") or "body" not in context:
        return
    module = page.removeprefix("_modules/").replace("/", ".")
    known = app.env.domains["py"].data["objects"]

    def led(link: re.Match[str]) -> str:
        name = link[1]
        tail = name.removeprefix(f"{module}.") if name.startswith(f"{module}.") else name.removeprefix("bridge.")
        return "#" + next((one for one in (name, f"{module}.{tail}", f"bridge.{tail}") if one in known), name) + '"'

    context["body"] = re.sub(r'#(bridge\.[\w.]+)"', led, context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", mended)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
