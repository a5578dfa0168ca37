"""What a study file may hold under [dependence]: which inputs go together."""

from __future__ import annotations

from mcsim.study.schema import NAME, ByName, Key, ListOf, Number, PathBeside, Row, Section

CORRELATION = Row((NAME, NAME, Number("a number between -1 and 1", -1.0, 1.0, inside=True)), '["input", "input", 0.8]')
SPEARMAN = ListOf(CORRELATION, "a list of pairs")
ORDER = ListOf(NAME, '["input", "input"], lowest first', distinct=True)
ORDERS = ListOf(ORDER, 'lists of inputs, lowest first: [["input", "input"]]')
DEPENDENCE = Section(
    (
        Key("spearman", SPEARMAN, "rank correlations between inputs"),
        Key(
            "factors",
            ByName(
                ByName(Number("a number between -1 and 1", -1.0, 1.0, inside=True), "INPUT = a loading"),
                "[dependence.factors] with FACTOR = { INPUT = a loading, ... }",
            ),
            "what inputs have in common: the correlation of each with a factor that is no input",
        ),
        Key("observed", PathBeside(), "a CSV with a column for each of some inputs: their rank correlations"),
        Key("ordered", ORDERS, "inputs of which none exceeds the next: each as its own says, cut at the one before"),
        Key("sorted", ORDERS, "inputs of much the same distribution: independent values, put in rising order"),
        Key(
            "when",
            ByName(ByName(SPEARMAN, "WORD = a list of pairs"), "OPTION.WORD = a list of pairs"),
            "further ones while an option has a word",
        ),
    )
)
