"""The API pages: the names of names.md, and how to cite, from CITATION.cff."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def public_names() -> dict[str, list[str]]:
    """Return the public names below `mcsim`, by the kinds of the first table of names.md, all families among them."""
    from mcsim.distributions import FAMILIES, SHARES

    table = (ROOT / "docs" / "names.md").read_text().split("\n\n")[2]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]
    names = {kind: re.findall(r"`mcsim\.(\w+)`", cells) for kind, cells in rows}
    names["distributions"] = sorted({*names["distributions"], *FAMILIES, *SHARES})
    return names


def api() -> str:
    """Return the page of the public names, in the format that autosummary reads."""
    parts = [
        "API reference\n=============\n",
        "What hangs on ``mcsim`` itself and stays there; :doc:`names in Python </names>` says what each is for.",
        "The examples run in the tests.\n",
    ]
    for kind, names in public_names().items():
        title = kind[0].upper() + kind[1:]
        parts += [f"{title}\n{'-' * len(title)}\n", ".. currentmodule:: mcsim\n"]
        parts += [".. autosummary::\n   :toctree: api\n   :nosignatures:\n"]
        parts += [f"   {name}" for name in names] + [""]
    return "\n".join(parts)


def citation() -> dict[str, str]:
    """Return the plain fields of CITATION.cff, and its first author."""
    text = (ROOT / "CITATION.cff").read_text()
    found = {key: value.strip() for key, value in re.findall(r"^([\w-]+): (.+)$", text, flags=re.MULTILINE)}
    authors = re.findall(r"^  - name: (.+)$", text, flags=re.MULTILINE)
    return {**found, "author": " and ".join(authors)}


def cite() -> str:
    """Return the page on how to cite."""
    told = citation()
    entry = "\n".join(
        [
            f"@software{{{told['title']},",
            f"  author = {{{{{told['author']}}}}},",
            f"  title = {{{told['title']}}},",
            f"  version = {{{told['version']}}},",
            f"  license = {{{told['license']}}},",
            "}",
        ]
    )
    sources = "[every table's sources](data/index.md)"
    return f"""# How to cite

{told["message"]}

    {told["author"]}: {told["title"]}, version {told["version"]}. {told["license"]}.

For BibTeX:

```text
{entry}
```

The same in the [citation file format](../../CITATION.cff). A run names what it used: `run.json` holds the version, the
hashes of the study, its tables and its code, and the command that repeats it; the report lists inputs with
their sources, and {sources} are on this site. Licences of the data: [NOTICE](../../NOTICE).
"""


def pages() -> dict[str, str]:
    """Return the pages of names."""
    return {"api.rst": api(), "cite.md": cite()}
