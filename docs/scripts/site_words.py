"""What commands, methods and distributions are called: pages read from their registries.

`python docs/scripts/site_words.py --write` writes the table of methods into docs/sensitivity.md.
"""

import argparse

import click
from blocks import table, tell

from mcsim.command.main import mcsim as command
from mcsim.command.options import SECTIONS
from mcsim.distributions import FAMILIES, SHARES
from mcsim.distributions.registry import Family
from mcsim.ranking.methods import METHODS


def cell(text: object) -> str:
    r"""Return a text as it stands in a cell of a Markdown table, with nothing in it read as a mark.

    Examples
    --------
    >>> cell("a | b_c")
    'a \\| b\\_c'
    """
    plain = " ".join(str(text).split())
    return "".join("\\" + mark if mark in "\\|_*`<>[]$~#" else mark for mark in plain)


def code(text: object) -> str:
    """Return a text as code in a cell; an empty one stays empty."""
    plain = " ".join(str(text).split()).replace("|", "\\|")
    return f"`{plain}`" if plain else ""


def listed() -> str:
    """Return the table of the methods for docs/sensitivity.md, read without the site too."""
    rows = [[f"`{m.name}`", m.evaluations, m.tells] for m in METHODS.values()]
    return table(["method", "evaluations", "tells"], rows, words=3)


def methods() -> str:
    """Return the page of ranking methods."""
    rows = [[code(m.name), cell(m.needs), cell(m.evaluations), cell(m.tells)] for m in METHODS.values()]
    shown = table(["`--method`", "needs", "evaluations", "what it tells"], rows, words=4)
    return f"""# Methods of ranking

From the registry that `mcsim sensitivity --method` and `mcsim.sensitivity(method=...)` read. A method that needs a
*design* draws its own points and computes them; one that needs *draws* reads those of a run.
D: uncertain inputs, N: `--base`. [Sensitivity](../sensitivity.md) says what each index means and how sure it is.

{shown}
"""


def family_of(family: Family) -> str:
    """Return the paragraph on one family."""
    words = "; a word of a table's column `distribution`, too" if family.from_row else ""
    meaning = family.meaning().removeprefix("Return ").rstrip(".")
    return f"## {family.name}\n\n    {family.usage()}\n\n{cell(meaning)}. Such as {code(family.examples[0])}{words}."


def families() -> str:
    """Return the page of distributions."""
    told = "\n\n".join(family_of(family) for family in (*FAMILIES.values(), *SHARES.values()))
    return f"""# Distributions

Every family that a study file, `--set` or Python may name, as `python -m mcsim.distributions` prints them.

{told}
"""


def told(one: click.Command, context: click.Context) -> list[list[str]]:
    """Return the options of a command as rows, by what they are for, as its help has them."""
    records = {option.opts[-1]: option.get_help_record(context) for option in one.get_params(context)}
    return [
        [cell(title), code(record[0]), cell(record[1])]
        for title, names in SECTIONS.items()
        for name in names
        if (record := records.get(name)) is not None
    ]


def commands() -> str:
    """Return the page of commands and their options, as `--help` tells them."""
    parts = ["# Commands\n\nAs `mcsim COMMAND --help` tells them; [JSON, completion, exit codes](../command-line.md)."]
    for name, one in command.commands.items():
        context = click.Context(one, info_name=f"mcsim {name}")
        usage = one.get_usage(context).removeprefix("Usage: ")
        usage = " ".join(usage.split())
        parts += [f"## {name}\n\n    {usage}", cell((one.help or "").split("\n\n")[0])]
        parts += [table(["for", "option", "meaning"], told(one, context), words=3)]
    return "\n\n".join(parts)


def pages() -> dict[str, str]:
    """Return the pages of words."""
    return {"methods.md": methods(), "distributions.md": families(), "commands.md": commands()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into docs/sensitivity.md")
    tell("sensitivity.md", {"methods": listed()}, parser.parse_args().write)
