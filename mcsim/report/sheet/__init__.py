"""A sheet on which the kinds of figures draw as they do on matplotlib's, written as SVG at once.

matplotlib takes half a second to load and a tenth of a second for each figure, half of it to measure words. A report
needs a few of its marks alone, and the widths of letters are a table: so its pictures are laid out and written here,
and matplotlib draws what a notebook shows and what is asked for as PNG. One drawing of a kind serves both: what stands
here has the names that it has there.
"""

from mcsim.report.sheet.layout import svg
from mcsim.report.sheet.pen import Pen
from mcsim.report.sheet.picture import Sheet

__all__ = ["Pen", "Sheet", "svg"]
