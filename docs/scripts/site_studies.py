"""A page for each shipped study and one for each table of data, from the files themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from blocks import table
from site_words import cell, code

import mcsim
from mcsim.study.tables import Table

ROOT = Path(__file__).resolve().parent.parent.parent
Studies = Mapping[str, mcsim.Study]


def shipped() -> dict[str, mcsim.Study]:
    """Return the shipped studies by name: those of this tree, not those of other packages that are installed."""
    return {name: mcsim.load(name) for name, path in mcsim.find_studies().items() if path.is_relative_to(ROOT)}


def address(data: Table) -> Path:
    """Return where a table lies, from the root of the repository."""
    return Path(data.origin).resolve().relative_to(ROOT)


def page_of(data: Table) -> str:
    """Return the name of a table's page: its folder's and its own, since two studies may use one name."""
    where = address(data)
    return f"{where.parts[1]}-{where.stem}"


def inputs_of(study: mcsim.Study) -> str:
    """Return the inputs that stand in the study file, a table for each group; the shares of one whole are one row."""
    groups: dict[str, dict[str, list[str]]] = {}
    for item in study.inputs:
        if item.table is not None:
            continue
        name, law = item.name, str(item.distribution)
        if item.vector is not None:
            name, law = item.vector[0], str(study.vectors[item.vector[0]])
        told = f"{cell(item.meaning)}<br>*{cell(item.source)}*" if item.source else cell(item.meaning)
        # An input that belongs to no group is a group of its own name.
        rows = groups.setdefault("" if item.group == name else item.group, {})
        rows.setdefault(name, [code(name), code(law), cell(item.unit), told])
    parts = [
        f"### {cell(group) or 'each by itself'}\n\n"
        + table(["input", "distribution", "unit", "meaning and source"], list(rows.values()), words=4)
        for group, rows in groups.items()
    ]
    return "\n\n".join(parts) or "None of its own."


def options_of(study: mcsim.Study) -> str:
    """Return the options with what is set and what may be."""
    rows = []
    for option in study.model.options:
        words = option.choices if option.choices is not None else (f"{option.low:g} to {option.high:g}",)
        choices = ", ".join(code(word) for word in words)
        rows.append([code(option.name), code(study.options[option.name]), choices, cell(option.meaning)])
    return table(["option", "here", "may be", "meaning"], rows, words=4) if rows else "None."


def outputs_of(study: mcsim.Study) -> str:
    """Return the outputs with unit and dims."""
    rows = []
    for output in study.outputs:
        dims = ", ".join(f"{dim.name} ({len(dim)})" for dim in output.dims)
        unit = output.unit if output.coord_units is None else "by label"
        headline = "yes" if output.name in study.headline else ""
        rows.append([code(output.name), cell(unit), cell(dims), headline, cell(output.meaning)])
    return table(["output", "unit", "dims", "headline", "meaning"], rows, words=5)


def tables_of(study: mcsim.Study) -> str:
    """Return the tables that the study reads, with links to their pages."""
    rows = [
        [f"[{cell(name)}](../data/{page_of(data)}.md)", str(len(data.index)), cell(", ".join(data.keys))]
        for name, data in study.tables.items()
    ]
    return table(["table", "rows", "keys"], rows, words=3) if rows else "None."


def study_page(study: mcsim.Study) -> str:
    """Return the page of one study."""
    where = mcsim.find_studies()[study.name].relative_to(ROOT)
    uncertain = len(study.uncertain)
    return f"""# {study.name}

**{cell(study.title)}.** {cell(study.question)}

    mcsim run {study.name}

{len(study.inputs):,} inputs, {uncertain:,} of them uncertain; study file [`{where}`](../../../{where}).

## Inputs

{inputs_of(study)}

## Tables

{tables_of(study)}

## Options

{options_of(study)}

## Outputs

{outputs_of(study)}
"""


def counted(words: Iterable[str]) -> list[list[str]]:
    """Return texts with how often each stands, the most frequent first."""
    return [[cell(word) or "(none)", str(count)] for word, count in Counter(words).most_common()]


def data_page(data: Table, readers: list[str]) -> str:
    """Return the page of one table: what it holds, from where, and its rows."""
    where = address(data)
    rows = [
        [*map(cell, key), f"{value:.6g}", code(law), cell(unit)]
        for key, value, law, unit in zip(data.index, data.value, data.distributions, data.units, strict=True)
    ]
    used = ", ".join(f"[{name}](../studies/{name}.md)" for name in readers)
    return f"""# {data.name}

{len(rows)} rows of [`{where}`](../../../{where}), read by {used}. For figures of your own:
[own tables](../../own-tables.md).

## Sources

{table(["source", "rows"], counted(data.sources))}

## Rows

{table([*map(cell, data.keys), "centre", "distribution", "unit"], rows, words=len(data.keys))}
"""


def data_pages(studies: Studies) -> dict[str, str]:
    """Return the pages of data, and their index."""
    found: dict[str, Table] = {}
    readers: dict[str, list[str]] = {}
    for name, study in studies.items():
        for data in study.tables.values():
            page = page_of(data)
            found.setdefault(page, data)
            readers.setdefault(page, []).append(name)
    parts = ["# Data", f"{len(found)} tables, each with the sources that its rows name."]
    for folder, names in groupby(sorted(found), key=lambda page: address(found[page]).parts[1]):
        rows = [
            [
                f"[{cell(found[page].name)}]({page}.md)",
                str(len(found[page].index)),
                str(len(set(found[page].sources))),
                cell(", ".join(sorted(set(found[page].groups)))),
            ]
            for page in names
        ]
        parts += [f"## {folder}", table(["table", "rows", "sources", "group"], rows, words=4)]
    pages = {f"data/{page}.md": data_page(data, readers[page]) for page, data in found.items()}
    return pages | {"data/index.md": "\n\n".join([*parts, contents(sorted(found))])}


def contents(names: Iterable[str]) -> str:
    """Return a list of pages that shows in the sidebar alone."""
    return "\n".join(["```{toctree}", ":hidden:", "", *names, "```"])


def pages() -> dict[str, str]:
    """Return the pages of studies and of data."""
    studies = shipped()
    rows = [[f"[{name}]({name}.md)", cell(study.title), cell(study.question)] for name, study in studies.items()]
    told = table(["study", "title", "question"], rows, words=3)
    title = "# Inputs, options and outputs of each study"
    index = f"{title}\n\nAs `mcsim list` and `mcsim show STUDY` tell them.\n\n{told}\n\n{contents(studies)}"
    found = {f"studies/{name}.md": study_page(study) for name, study in studies.items()}
    return found | {"studies/index.md": index} | data_pages(studies)
