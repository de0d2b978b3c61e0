"""How the documentation is built: `make docs`, warnings are errors, nothing comes from elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tools"))

from docs_pages.write import write_pages  # noqa: E402 - only findable now

from omnireel import __version__  # noqa: E402 - as above

write_pages(HERE)

project = "Omnireel"
author = "the Omnireel authors"
copyright = "the Omnireel authors, Apache-2.0"  # noqa: A001 - Sphinx's name
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["generated", "examples", "_build"]
myst_heading_anchors = 3
highlight_language = "text"
# Options begin with two hyphens, not with a dash.
smartquotes = False
# What our docstrings put between single backticks is code.
default_role = "code"

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
add_module_names = False
python_use_unqualified_type_names = True
maximum_signature_line_length = 100

html_theme = "furo"
html_title = "Omnireel"
html_static_path = ["_static"]
html_css_files = ["omnireel.css"]
html_extra_path = ["llms.txt"]
# llms.txt leads to the sources, which are Markdown.
html_copy_source = True
html_sourcelink_suffix = ""
html_show_sphinx = False
html_theme_options = {"footer_icons": [], "top_of_page_buttons": ["view"]}


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-docstring", _draw_literally)


def _draw_literally(*event: Any) -> None:
    """What a docstring indents, code or a drawing, is shown as it stands."""
    lines: list[str] = event[-1]
    for place in range(len(lines) - 1, 1, -1):
        above, blank, line = lines[place - 2 : place + 1]
        if line.startswith("    ") and not blank and above and not above.startswith(" "):
            lines[place - 1 : place - 1] = ["", "::"]
