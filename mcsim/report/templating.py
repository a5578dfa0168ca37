"""The templates of pages: one environment, in which text is escaped and a name that nothing has is an error."""

from __future__ import annotations

from functools import cache
from typing import Any

from mcsim.report.language import say


def render(template: str, **given: Any) -> str:
    """Return a page made of a template of ``templates/``.

    Examples
    --------
    >>> print(render("object.html", lines=["a < b"], tables=[]).strip())
    <div class="mcsim">
    <p><b>a &lt; b</b></p>
    </div>
    """
    return str(_environment().get_template(template).render(**given))


@cache
def _environment() -> Any:
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.PackageLoader("mcsim.report"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    found.globals["say"] = say
    found.filters["capital"] = lambda text: text[:1].upper() + text[1:]
    found.filters["tight"] = lambda text: text.replace(" %", "\N{NO-BREAK SPACE}%")
    return found
