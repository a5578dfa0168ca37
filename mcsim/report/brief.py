"""The brief in other formats: Markdown beside the page always, PDF where the extra is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsim.report import words
from mcsim.report.draw import Picture
from mcsim.report.first import draws_told
from mcsim.report.language import say
from mcsim.report.printed import HEAD
from mcsim.report.remarks import remarks_told
from mcsim.store.files import atomically
from mcsim.study import InputError

if TYPE_CHECKING:
    from mcsim.result.result import Result


def markdown(
    result: Result,
    one: Mapping[str, Any],
    foot: Mapping[str, str],
    pictures: Sequence[Picture],
    printed: Sequence[Mapping[str, str]] = (),
) -> str:
    """Return the brief as Markdown: answer, question, numbers, what decides it, figures by their files, inputs."""
    study = result.study
    lines = [f"# {plain(one['title'])}", "", f"*{plain(study.question)}*"]
    for sentence in one["answers"]:
        lines += ["", plain(sentence)]
    lines += ["", _row(say("what"), say("median"), say("95 % of the draws")), "|---|---|---|"]
    lines += [
        _row("; ".join(filter(None, (row["what"], row["missing"], row["beside"]))), row["number"], row["band"])
        for row in one["rows"]
    ]
    if one["note"]:
        lines += ["", plain(say("Beside these: {what}.", what=one["note"]))]
    if one["drivers"]:
        found = one["drivers"]
        lines += ["", f"## {say('What decides it')}", ""]
        lines += [plain(say("{of}: share of the variance ({share}).", of=found["of"], share=found["share"])), ""]
        lines += [plain(f"- {bar['what']}: {bar['share']} ({bar['band']})") for bar in found["bars"]]
    lines += ["", f"## {say('How sure is this')}", "", plain(" ".join(one["sure"]))]
    for note in remarks_told(result.notes, study):
        lines += ["", f"**{plain(note)}**"]
    lines += ["", f"## {say('All headline numbers')}", ""]
    lines += [
        _row(*map(say, ("what", "where", "median", "half of the draws", "95 % of the draws"))),
        "|---|---|---|---|---|",
    ]
    for line in words.headlines(result):
        median = "; ".join(filter(None, (line["median"], line["undefined"])))
        where = "; ".join(filter(None, (line["where"], line["beside"])))
        lines.append(_row(line["what"], where, median, line["half"], line["band"]))
    for picture in pictures:
        lines += [
            "",
            f"![{plain(picture.title)}](figures/{picture.name}.svg)",
            "",
            f"**{plain(picture.title)}.** {plain(picture.caption)}",
        ]
    if printed:
        lines += [
            "",
            f"## {say('Printed against ours')}",
            "",
            _row(say("figure"), say("printed"), say("ours"), say("verdict"), say("where"), say("why")),
            "|---|---|---|---|---|---|",
        ]
        lines += [_row(*(line[key] for key in HEAD)) for line in printed]
    for title, inputs in words.inputs(study):
        lines += ["", f"## {title}", "", _row(*map(say, ("input", "distribution", "unit", "group", "source")))]
        lines += ["|---|---|---|---|---|"]
        lines += [_row(*(item[key] for key in ("name", "distribution", "unit", "group", "source"))) for item in inputs]
    design = say("{design} design", design=result.design)
    lines += ["", plain(f"{foot['made']}; {draws_told(result)}, {say('seed')} {result.seed}, {design}.")]
    lines += [
        "",
        plain(f"{say('cite as')}: {foot['cite']}. {foot['licence']}"),
        "",
        f"{say('repeat')}: `{foot['repeat']}`",
    ]
    return "\n".join([*lines, ""])


def _row(*cells: str) -> str:
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"


# What Markdown or the HTML in it would read; an underscore within a word is one.
_MARKS = re.compile(r"[\\`*\[\]|~]|(?<!\w)_|_(?!\w)")


def plain(text: str) -> str:
    r"""Return a text as Markdown that shows it as it is, on one line.

    Examples
    --------
    >>> plain("a_b *c* <b> [d](e)")
    'a_b \\*c\\* &lt;b&gt; \\[d\\](e)'
    """
    return _MARKS.sub(r"\\\g<0>", escape(" ".join(text.split()), quote=False))


def write_pdf(page: Path) -> Path:
    """Write ``report.pdf`` beside the page and return it.

    Raises
    ------
    InputError
        Where the extra is not installed.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:
        raise InputError(f"--pdf: weasyprint is not usable here ({error}); pip install 'mcsim[pdf]'") from None
    path = page.with_suffix(".pdf")
    text = page.read_text(encoding="utf-8").replace("<details", "<details open")  # on paper nothing is folded
    atomically(path, lambda partial: HTML(string=text, base_url=str(page)).write_pdf(str(partial)))
    return path
