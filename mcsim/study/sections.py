"""What a study file may hold: every section, every key, declared once for the loader, the documents and editors."""

from __future__ import annotations

from mcsim.distributions import FAMILIES, SHARES
from mcsim.study.joined import DEPENDENCE
from mcsim.study.labels import ENGLISH, LANGUAGES
from mcsim.study.published import CELLS, KINDS
from mcsim.study.schema import (
    NAME,
    Anything,
    ByName,
    Either,
    Flag,
    Holds,
    Key,
    ListOf,
    Number,
    PathBeside,
    Section,
    Text,
    Word,
)

TEXT, FLAG = Text(), Flag()
OTHERS = {code: {"es": "Spanish"}[code] for code in LANGUAGES if code != ENGLISH}
NUMBER = Number("a finite number")
WORDS = ListOf(NAME, 'a list of names, such as ["output"]')


def _not_a_name(text: str) -> str:
    """Say what is wrong with a name from which a folder is made."""
    wrong = any(mark in text for mark in "/\\:") or text.startswith(".") or not text.isprintable()
    return "not a name" if wrong else ""


def _not_a_reference(text: str) -> str:
    module, _, name = text.partition(":")
    return "" if module and name.isidentifier() else "no name"


def _families(shares: bool) -> tuple[Key, ...]:
    """Return a key for every family of distributions."""
    known = {**FAMILIES, **SHARES} if shares else FAMILIES
    return tuple(
        Key(name, Anything(f"the arguments of {family.usage()}"), _phrase(family.meaning()))
        for name, family in known.items()
    )


def _phrase(sentence: str) -> str:
    return sentence.removeprefix("Return ").rstrip(".")


def _told(name: str, holds: Holds, meaning: str, required: bool = False) -> tuple[Key, ...]:
    """Return the key of what a reader reads, and those of the same in other languages."""
    others = (Key(f"{name}_{code}", holds, f"the same in {words}") for code, words in OTHERS.items())
    return (Key(name, holds, meaning, required), *others)


REFERENCE = Text('"package.module:name" or "file.py:name" beside this file', _not_a_reference, empty=False)
STUDY = Section(
    (
        Key("name", Text("a name without / \\ : and no dot first", _not_a_name, empty=False), "the file's by default"),
        *_told("title", TEXT, "one line"),
        *_told("question", TEXT, "what it answers"),
        Key("version", Either(text=TEXT, number=NUMBER, words="a text or a number"), "told in run.json"),
        Key("model", REFERENCE, "a function of the tables that returns a Model"),
        Key("function", REFERENCE, "instead of a model: a plain function of named arguments"),
        Key("per_draw", FLAG, "the function takes the floats of one draw, not arrays"),
        Key("extends", NAME, "a study's name, or a file from this file's folder: all of it, then the changes below"),
        Key("overlays", WORDS, "studies whose inputs and options alone come over those of the study that it extends"),
        Key("overlay", FLAG, "inputs and options alone: in a comparison they come over those of its first study"),
        Key("strength", NAME, "the input of an overlay that says how far it goes: 0 not at all, 1 all of the way"),
        Key("headline", WORDS, "outputs that the report leads with"),
        Key(
            "arguments",
            ByName(Either(text=TEXT, number=NUMBER, flag=FLAG, words="a text, a number or a flag"), "{ name = value }"),
            "what the model's function is called with beside the tables",
        ),
    ),
    "[study] with keys below it",
)
OPTION = Either(
    text=TEXT,
    number=NUMBER,
    table=Section(
        (
            Key("value", Either(text=TEXT, number=NUMBER, words="a word or a number"), "the word or number"),
            *_families(shares=False),
        ),
        "{ categorical = [[...], [...]] }",
    ),
    words="a word, a number or { categorical = [[words], [probabilities]] }",
)
INPUT = Either(
    text=Text("the text of a distribution, such as normal(0.02, 0.003), or centre: the extended study's", empty=False),
    number=NUMBER,
    table=Section(
        (
            Key(
                "value",
                Either(number=NUMBER, text=TEXT, words="a number, a distribution's text or centre"),
                "fixed, or text",
            ),
            Key("unit", TEXT, "converted to the model's"),
            Key("group", NAME, "what it is ranked with"),
            Key("source", TEXT, "where the figure comes from"),
            Key("note", TEXT, "what else there is to say"),
            Key("meaning", TEXT, "what it is, for a plain function or a program"),
            Key("labels", ListOf(Either(text=TEXT, number=NUMBER, words="a label"), "a list of labels"), "of shares"),
            *_families(shares=True),
        ),
        "{ uniform = [0.02, 0.03], source = ... }",
    ),
    words="a number, the text of a distribution, or { uniform = [0.02, 0.03], source = ... }",
)
TABLE = Section(
    (
        Key("file", PathBeside("a path from this file's folder, such as data/grid.csv"), "a CSV table", required=True),
        Key("group", NAME, "how its uncertain cells are ranked together"),
    ),
    'file = "data/NAME.csv"',
)
LABELS = ListOf(
    Either(text=NAME, number=NUMBER, words="a label, a word or a number"),
    "a list of labels, each once",
    distinct=True,
    fewest=1,
)
OUTPUT = Section(
    (
        Key("unit", TEXT, "its unit"),
        Key("meaning", TEXT, "its long name"),
        Key("dims", ByName(LABELS, "dims = { year = [2030, 2040] }"), "labelled axes, each with its labels"),
        Key("keep", FLAG, "stored per draw; true by default"),
        Key("rank", FLAG, "ranked by a plain run; true by default"),
        Key("may_be_undefined", FLAG, "an element may have no value in a draw (NaN); false by default"),
    ),
    '{ unit = "km" }',
)
PROGRAM = Section(
    (
        Key(
            "command",
            Either(
                text=Text("a command line", empty=False),
                list=ListOf(TEXT, "a list of words", fewest=1),
                words="a command",
            ),
            "what is run, once per draw; {input} {output} {draw} {seed} are filled in",
        ),
        Key("template", PathBeside(), "a text file with {{name}} where values go; else JSON of all inputs"),
        Key("input", NAME, "name of the input file"),
        Key("output", NAME, "name of the output file, .csv or JSON; - is the standard output"),
        Key("timeout", Number("seconds above 0", 0.0, inside=True), "seconds that one call may take"),
        Key("parallel", Number("1 or more", 1, integer=True), "programs at a time"),
        Key("name", NAME, "name of the model"),
    ),
    "[program] with a command",
)
SHARE = Number("a share above 0 and below 1, such as 0.95", 0.0, 1.0, inside=True)
OBSERVATION = Section(
    (
        Key("output", NAME, "the element that was observed, OUTPUT@LABEL,LABEL", required=True),
        Key("total", FLAG, "several elements are meant: their sum; false by default"),
        Key("kind", NAME, '"observed"; a projection or a result is none', required=True),
        Key("value", NUMBER, "the observed value", required=True),
        Key("low", NUMBER, "lower end of its range"),
        Key("high", NUMBER, "upper end of its range"),
        Key("interval", SHARE, "what the range holds of the error; 0.95 by default"),
        Key("sd", Number("a number above 0", 0.0, inside=True), "instead of a range (lognormal: of the logarithm)"),
        Key("distribution", NAME, "of the error: normal (the default) or lognormal"),
        Key("unit", TEXT, "converted to the output's"),
        Key("source", NAME, "who observed it", required=True),
        Key("group", NAME, "observations whose sources are pooled; the output's name by default"),
        Key("scope", TEXT, "what it counts"),
        Key("note", TEXT, "what else there is to say"),
    ),
    "[[observation]] with an output, a value, a range and a source",
)
SURVEY = Section(
    (
        Key("name", NAME, "name of the survey", required=True),
        *_told("label", TEXT, "what a reader sees in its place"),
        Key(
            "observes",
            ListOf(NAME, 'a list of names, such as ["annual_degradation"]', fewest=1),
            "the uncertain input that it measures, or elements OUTPUT@LABEL,LABEL, each of them",
            required=True,
        ),
        Key("n", Number("1 or more", 1, integer=True), "measurements of each", required=True),
        Key("sd", Number("0 or more", 0.0), "standard deviation of one measurement, in the unit of what is observed"),
        Key("cv", Number("0 or more", 0.0), "instead of sd: as a share of the true value"),
        Key(
            "bias",
            Number("0 or more", 0.0),
            "standard deviation (or share) of an error that all of them have in common",
        ),
        Key("unit", TEXT, "of sd and bias, converted to that of what is observed"),
        Key("cost", Number("a number above 0", 0.0, inside=True), "price of the whole survey [USD]"),
        Key("source", NAME, "who says so; assumption is a source", required=True),
        Key("note", TEXT, "what else there is to say"),
    ),
    "[[survey]] with a name, what it observes, n, sd or cv, and a source",
)
POOLING = Section(
    (
        Key("pooling", NAME, "random (the default): each source is off by an amount of its own; none: independent"),
        Key("between", Number("a number above 0", 0.0, inside=True), "prior scale of the spread between sources"),
    ),
    "[calibration.groups.NAME] with keys below it",
)
CALIBRATION = Section(
    (
        Key("options", ByName(OPTION, "{ option = { categorical = ... } }"), "options that are weighed, not chosen"),
        Key(
            "groups", ByName(POOLING, "[calibration.groups.NAME] for a group"), "how the sources of a group are pooled"
        ),
        Key("shipped", ListOf(PathBeside(), "a list of paths"), "tables of posterior draws for --posterior shipped"),
    ),
    "[calibration] with keys below it",
)
FIGURE = Anything("keys of a figure kind")
ANSWER = Section(
    (
        *_told("text", NAME, "a sentence with slots such as {OUTPUT@LABEL,LABEL:.0%}", required=True),
        *_told("undefined", NAME, "what stands in its place where an element has a value in no draw"),
    ),
    '[[report.answers]] with text = "..."',
)
ROW = Section(
    (
        Key("output", NAME, "the element, OUTPUT@LABEL,LABEL", required=True),
        *_told("label", NAME, "what it is called; the labels of the output and of its dims by default"),
    ),
    '[[report.rows]] with output = "OUTPUT@LABEL,..."',
)
REPORT = Section(
    (
        *_told(
            "title", NAME, "the answer in a line, with slots as the answers have them; the study's title by default"
        ),
        Key("answers", ListOf(ANSWER, "[[report.answers]] for each sentence"), "sentences that answer the question"),
        Key("rows", ListOf(ROW, "[[report.rows]] for each row"), "rows of the table on page one"),
        Key("picture", FIGURE, "the one picture on page one, as a figure; the first figure by default"),
        Key("figures", ListOf(FIGURE, "[[report.figures]] for each figure"), "figures of the report"),
        *_told("licence", NAME, "of the study's data, told at the foot"),
    )
)
OUTCOME = Section(
    (
        Key("output", NAME, "the element, OUTPUT@LABEL,LABEL", required=True),
        Key("total", FLAG, "several elements are meant: their sum; false by default"),
        *_told("label", NAME, "what it is called; the labels of the output and of its dims by default"),
        Key("better", Word(("more", "less"), "more or less"), "which way is better; undecided by default"),
        Key("unit", NAME, "of a sum over years, where it is another than the output's without its /yr"),
    ),
    '[[compare.outcomes]] with output = "OUTPUT@LABEL,..."',
)
COMPARE = Section(
    (Key("outcomes", ListOf(OUTCOME, "[[compare.outcomes]] for each"), "what a comparison holds its studies against"),),
    "[compare] with [[compare.outcomes]]",
)
LABEL = Either(
    text=NAME,
    table=Section(
        (Key("label", NAME, "in English"), *_told("label", NAME, "in English")[1:]),
        "{ label = ..., label_es = ... }",
    ),
    words="a text or { label = ..., label_es = ... }",
)
LONG_NAMES = Section(
    (
        Key("names", ByName(LABEL, "NAME = a text"), "of outputs, inputs, groups, tables, options and dims"),
        Key(
            "dims",
            ByName(ByName(LABEL, "LABEL = a text"), "[labels.dims.DIM] for a dim or option"),
            "of the labels of a dim, or the words of an option",
        ),
        Key("files", ListOf(PathBeside(), "a list of paths"), "tables of labels, CSV: dim, code, label, label_es"),
        Key(
            "shared",
            ListOf(PathBeside(), "a list of paths"),
            "tables of labels of several studies: what this one lacks is passed over; files and names go before them",
        ),
        Key(
            "tiles",
            ByName(PathBeside(), "[labels.tiles] with DIM = a path"),
            "maps of tiles, CSV by dim: label, row, column, short; of figures of the kind tiles",
        ),
    )
)
PUBLISHED = Section(
    (
        Key("name", NAME, "the figure as a reader knows it; one of the extended study is replaced by its name", True),
        Key("kind", Word(tuple(KINDS), ", ".join(KINDS)), "what was printed, and how ours is held against it", True),
        Key("where", NAME, "page, figure or section of the source", True),
        Key("source", NAME, "what prints it", True),
        Key("output", NAME, 'what speaks to it here: "OUTPUT@LABEL,LABEL" (or DIM=LABEL), a label for each dim'),
        Key("input", NAME, "or an input of the study"),
        Key("unreached", NAME, "or why nothing here speaks to it"),
        Key(
            "value",
            Either(number=NUMBER, text=NAME, list=WORDS, words="a number, a label, above or below"),
            "what is printed; of an ordering the largest label or labels, of a sign above or below (zero)",
        ),
        Key("low", NUMBER, "what the printed figure may mean, at least; of a range its lower end"),
        Key("high", NUMBER, "at most; of a range its upper end"),
        Key("unit", TEXT, "of the numbers, converted to the output's; the output's where it says nothing"),
        Key("cells", Word(CELLS, "every or most"), "of a sign: in how many of the elements that `output` names"),
        Key(
            "options",
            ByName(Either(text=TEXT, number=NUMBER, words="a word or a number"), "{ option = word }"),
            "the figure is of the study under these options only",
        ),
        Key("why", TEXT, "why ours lies elsewhere; told where it does"),
    ),
    "[[published]] with a figure's keys below it",
)
FILE = Section(
    (
        Key("study", STUDY, "what the study is"),
        Key("options", ByName(OPTION, "[options] with the model's options"), "choices that the sources leave open"),
        Key("inputs", ByName(INPUT, "[inputs] with the model's inputs"), "what is known of each input"),
        Key("tables", ByName(TABLE, "[tables.NAME] for each table"), "figures in CSV files"),
        Key(
            "dependence",
            DEPENDENCE,
            "which inputs go together",
        ),
        Key(
            "data",
            Section((Key("folder", PathBeside(), "CSV files that replace tables of the same file name"),)),
            "tables of one's own",
        ),
        Key("outputs", ByName(OUTPUT, "[outputs] with one line per output"), "what a plain function or program gives"),
        Key("program", PROGRAM, "a command-line program as the model"),
        Key("observation", ListOf(OBSERVATION, "[[observation]] for each"), "what was observed, to calibrate on"),
        Key("calibration", CALIBRATION, "how the study is calibrated"),
        Key("survey", ListOf(SURVEY, "[[survey]] for each"), "what could be measured, for `mcsim plan`"),
        Key("report", REPORT, "what the report holds"),
        Key("compare", COMPARE, "what `mcsim compare` holds its studies against"),
        Key("labels", LONG_NAMES, "long names that a reader sees in the place of codes"),
        Key(
            "published",
            ListOf(PUBLISHED, "[[published]] for each figure"),
            "figures that sources print, held against ours",
        ),
    ),
    "a study file",
    "section",
)


def document() -> str:
    """Return the table of all keys in Markdown, families of distributions apart."""
    families = {*FAMILIES, *SHARES}
    lines = ["| key | holds | what for |", "|---|---|---|"]

    def tell(name: str, holds: Holds, meaning: str) -> None:
        lines.append(f"| `{name}` | {holds.words} | {meaning} |".replace("{{", "{ {").replace("}}", "} }"))
        within = holds.table if isinstance(holds, Either) else holds
        if isinstance(within, ByName) and isinstance(within.entry, Section | Either):
            inner = within.entry.table if isinstance(within.entry, Either) else within.entry
            label = f"{name}.NAME"
            if isinstance(inner, Section):
                tell_keys(label, inner)
        elif isinstance(within, ListOf) and isinstance(within.entry, Section):
            tell_keys(name, within.entry)
        elif isinstance(within, Section):
            tell_keys(name, within)

    def tell_keys(name: str, section: Section) -> None:
        for key in section.keys:
            if key.name not in families:
                tell(f"{name}.{key.name}" if name else key.name, key.holds, key.meaning)

    tell_keys("", FILE)
    return "\n".join(lines) + "\n"
