"""The site: `sphinx-build -W docs docs/_build/html`, with the extra `docs` installed; read without a network."""

import os
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
# The tree beside this file is what the site tells, whatever else is installed; its scripts find one another by name.
sys.path[:0] = [str(DOCS.parent), str(DOCS / "scripts")]
os.environ["PYTHONPATH"] = str(DOCS.parent)  # the same for the notebooks, which run in processes of their own

import mcsim  # noqa: E402  # found by the line above

project = "mcsim"
author = "The mcsim founders"
version = release = mcsim.__version__
project_copyright = "the mcsim founders, BSD-3-Clause"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "site_pages"]
exclude_patterns = ["_build", "scripts", "examples"]
templates_path = ["_templates"]

myst_heading_anchors = 4  # as GitHub makes them, so that a link within a page leads somewhere in both places
nb_execution_mode = "force"  # notebooks hold no output of their own: what the site shows was just computed
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True
autosummary_generate = True
autodoc_typehints = "none"  # numpydoc's sections say the types, with their shapes and units
numpydoc_show_class_members = False  # the template of classes lists them

html_theme = "pydata_sphinx_theme"
html_title = "mcsim"
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {page: [] for page in ("index", "start", "concepts")}  # no pages below them
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
