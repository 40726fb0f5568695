"""How the pages are made. The repository's root is Sphinx's source folder, so links work here as on GitHub."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_sphinx"))

project = "scalebridge"
author = "the authors of scalebridge"
project_copyright = author
version = release = metadata.version("scalebridge")

root_doc = "docs/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "deploy/README.md",
    "docs/**",
    "plugins/*/README.md",
]
exclude_patterns = [".*", "bridge", "flows", "tests", "docs/_*", "plugins/*/[!R]*", "**/__pycache__", "**/.*"]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "command_pages",
    "markdown_docstrings",
    "model_pages",
    "repository_links",
    "source_links",
    "front_page",
]

myst_heading_anchors = 4
default_role = "code"
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!bridge\.).*"),  # types of other libraries: nothing is fetched to find them
    ("py:.*", r"bridge\..*\.(_\w+|F|Function)"),  # private names and type variables
    ("py:.*", r"bridge\.(axes\.distributions\.Distribution|chain\.values\.NotYet|kinds\.base\.Kind)"),
    ("py:.*", r"bridge\.(external\.reads\.Read|store\.spaces\.space\.Space|testing\.plain\.Plain)"),
]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
add_module_names = True

html_theme = "furo"
html_title = f"scalebridge {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1b5e7d", "color-brand-content": "#1b5e7d"},
    "dark_css_variables": {"color-brand-primary": "#7cc4e4", "color-brand-content": "#7cc4e4"},
}
