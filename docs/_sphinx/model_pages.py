"""A page for each plugin of this repository, made of what its models say of themselves when the pages are built."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
PARTS = {"inputs": "Inputs", "settings": "Settings", "outputs": "Outputs"}


def written(app: Sphinx) -> None:
    """Write the pages that Sphinx is about to read; one that is no longer true is removed."""
    from bridge.inspect.models import listing

    root, folder = Path(app.srcdir), Path(app.srcdir) / "docs" / "reference" / "models"
    folder.mkdir(exist_ok=True)
    pages, listed = {}, listing()
    for readme in sorted(root.glob("plugins/*/README.md")):
        name = tomllib.loads((readme.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
        found = list(loaded([line for line in listed if line["distribution"] == name]))
        if found:
            pages[f"{readme.parent.name}.md"] = page(name, f"../../../plugins/{readme.parent.name}/README.md", found)
    for old in folder.glob("*.md"):
        if old.name not in {*pages, "index.md"}:
            old.unlink()
    for name, text in pages.items():
        place = folder / name
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            place.write_text(text, encoding="utf-8")


def loaded(listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the models say; one that cannot be loaded is a warning, and has no place on the page."""
    from bridge.errors import BrokenModel
    from bridge.inspect.models import describe

    for line in listed:
        try:
            yield describe(line["name"])
        except BrokenModel as reason:
            logger.warning(str(reason))


def page(distribution: str, readme: str, found: list[dict[str, Any]]) -> str:
    """The models of one distribution as Markdown."""
    lines = [f"# {distribution}", "", f"{len(found)} models. What they are for, and how they were tested:"]
    lines += [f"[{distribution}]({readme}).", "", "| model | scale | what it computes |", "|---|---|---|"]
    lines += [f"| [`{m['name']}`](#{_anchor(m)}) | {m['scale']['name']} | {_cell(m['summary'])} |" for m in found]
    for model in found:
        lines += ["", *described(model)]
    return "\n".join(lines) + "\n"


def described(model: dict[str, Any]) -> Iterator[str]:
    """One model: its ports in tables, then what its docstring says."""
    scale = model["scale"]
    ranges = ", ".join(text for text in (scale["length"], scale["time"]) if text)
    first, _, rest = model["description"].partition("\n")
    yield from (f"({_anchor(model)})=", "", f"## {model['name']}", "", first, "")
    yield f"Scale: {scale['name']}" + (f" ({ranges})" if ranges else "") + f". Function: `{model['function']}`."
    if model["depends"]:
        yield f"Its results depend on the versions of {', '.join(f'`{name}`' for name in model['depends'])}."
    for part, title in PARTS.items():
        if model[part]:
            last = "default" if part != "outputs" else "standard error of" if _judged(model[part]) else None
            heads = [title, "", "valid", *([last] if last else [])]
            yield from ("", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|")
            yield from (row if last else row.rpartition("  |")[0] for row in rows(model[part]))
    if rest.strip():
        yield from ("", rest.strip())


def _judged(ports: list[dict[str, Any]]) -> bool:
    """Whether one of some ports, or of the fields of a record among them, is the standard error of another."""
    return any("standard_error_of" in port or _judged(port.get("fields", [])) for port in ports)


def rows(ports: list[dict[str, Any]], above: str = "") -> Iterator[str]:
    """Ports as rows of a table; the fields of a record below it."""
    for port in ports:
        name = f"{above}{port['name']}"
        last = f"`{_text(port['default'])}`" if "default" in port else ""
        if "standard_error_of" in port:
            last = f"`{port['standard_error_of']}`"
        kind = port["type"].partition(" (")[0] if "fields" in port else port["type"]
        yield f"| `{name}` | {_cell(kind)} | {_cell(port.get('valid', ''))} | {_cell(last)} |"
        yield from rows(port.get("fields", []), f"{name}.")


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")


def _anchor(model: dict[str, Any]) -> str:
    return f"model-{model['name'].replace('.', '-').replace('_', '-')}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("builder-inited", written)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
