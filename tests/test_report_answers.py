"""Sentences that answer: signs and words follow the numbers; what is wrong in a template is told when it is loaded."""

from dataclasses import replace

import numpy as np
import pytest
from report_study import report_ranking, report_study

from mcsim.engine.run import run
from mcsim.report.answers import answers_of, cell_words, input_words, plain_text, title_of
from mcsim.report.first import page_one, rows_of
from mcsim.report.trail import Trail
from mcsim.study import Dim, InputError, Output
from mcsim.study.answers import brief_of
from mcsim.study.labels import Labels, labels_of

REGION = Dim("region", ("north", "south"))
CHANGE = Output("change", "relative", "change of mass", (REGION,), rank=True)
REACHED = Output("reached", "indicator", "whether it is reached")
PEAK = Output("peak", "yr", "year of the peak", may_be_undefined=True)
STORED = Output("stored", "t", "mass that is stored as bands", keep=False)


def answered(text, ends=(0.1, 0.3), reached=0.5, undefined=0.0, otherwise="", ranking=None, title=""):
    """Return the sentences and the title of a run whose change lies evenly between two ends."""

    def evaluate(inputs, context):
        a = inputs["a"]
        change = ends[0] + (ends[1] - ends[0]) * a
        year = np.where(a < undefined, np.nan, 2030 + 10 * a)
        return {
            "change": np.stack([change, change], axis=1),
            "reached": (a < reached).astype(float),
            "peak": year,
            "stored": a,
        }

    study = report_study(outputs=(CHANGE, REACHED, PEAK, STORED), run=evaluate, headline=("change",))
    entry = {"answers": [{"text": text, **({"undefined": otherwise} if otherwise else {})}]}
    study = replace(study, brief=brief_of(entry | ({"title": title} if title else {}), study.model, "toy: report"))
    result = run(study, 2000, design="lhs", jobs=1, quiet=True)
    return list(map(plain_text, answers_of(result, ranking))), plain_text(title_of(result, ranking))


def sentence(text, **how):
    """Return the one sentence that a template becomes."""
    (found,), _ = answered(text, **how)
    return found


def test_a_change_takes_its_word_and_sign_from_the_numbers():
    text = "It weighs {change@north:change}."
    assert sentence(text, ends=(0.1, 0.5)) == "It weighs 30 % more (95 %: 11 to 49 %)."
    assert sentence(text, ends=(-0.5, -0.1)) == "It weighs 30 % less (95 %: 11 to 49 %)."
    assert sentence(text, ends=(-0.6, 0.2)) == "It weighs 20 % less (95 %: 58 % less to 18 % more)."
    assert sentence(text, ends=(0.0, 0.0)) == "It weighs no change."


def test_a_change_takes_words_of_the_study():
    assert sentence("{change@north:change longer|shorter}", ends=(-3, -1)) == "200 % shorter (95 %: 105 to 295 %)"


@pytest.mark.parametrize(
    ("ends", "expected"), [((0.1, 0.3), "Rises"), ((-0.3, -0.1), "Falls"), ((-0.1, 0.3), "May do either")]
)
def test_words_follow_the_sign_or_tell_that_it_is_undecided(ends, expected):
    assert sentence("{change@north:rises|falls|may do either}", ends=ends) == expected


def test_two_words_lean_to_the_side_of_the_median():
    assert sentence("{change@north:rises|falls} {change@north.probability}", ends=(-0.3, 0.1)).startswith("Falls in 7")


@pytest.mark.parametrize(("reached", "expected"), [(2, "in all draws"), (-1, "in no draw")])
def test_a_sure_chance_is_told_as_sure(reached, expected):
    assert sentence("It is reached {reached}.", reached=reached) == f"It is reached {expected}."


def test_a_chance_is_told_as_a_share_of_the_draws():
    assert sentence("{reached:is|is not|may be}: {reached.probability:.0%}", reached=0.5)[:6] == "May be"
    assert sentence("{reached:is|is not}", reached=0.99) == "Is"
    assert sentence("{reached:is|is not}", reached=0.2) == "Is not"
    assert sentence("{reached}", reached=0.43) in (
        "In 42 % of the draws",
        "In 43 % of the draws",
        "In 44 % of the draws",
    )


def test_numbers_take_formats_and_a_true_minus_sign():
    text = "{change@north:.1%} from {change@north.low:.0%} to {change@north.high:.0%}"
    assert sentence(text, ends=(-0.3, -0.3)) == "\N{MINUS SIGN}30.0 % from \N{MINUS SIGN}30 % to \N{MINUS SIGN}30 %"
    assert sentence("{peak:band}") == "2035 (95 %: 2030 to 2040)"


def test_undefined_draws_are_told_with_their_share():
    assert sentence("It peaks in {peak:value}.", undefined=0.5).endswith(" of the draws.")
    assert "Undefined in" in sentence("It peaks in {peak:value}.", undefined=0.5)
    assert sentence("It peaks in {peak:value}, undefined: {peak.undefined:.0%}.", undefined=0.5).count("ndefined") == 1


def test_what_is_defined_nowhere_is_told_in_the_words_given_for_it():
    assert sentence("In {peak:value}.", undefined=2.0) == "Year of the peak: undefined in all draws."
    assert sentence("In {peak:value}.", undefined=2.0, otherwise="It never peaks.") == "It never peaks."


def test_a_title_that_cannot_be_filled_is_the_study_s():
    assert answered("-", title="{change@south:more|less} mass")[1] == "More mass"
    assert answered("-", title="{change@south:more|less} mass", ends=(-1, -0.5))[1] == "Less mass"
    assert answered("-", title="Peak in {peak:value}", undefined=2.0)[1] == "Toy & title"


def test_who_stands_first_is_named_with_how_often():
    """North is drawn from 0 to 1, south is 0.25: north is first in three draws of four."""
    region = Output("part", "1", "part", (REGION,))

    def evaluate(inputs, context):
        return {"part": np.stack([inputs["a"], np.full_like(inputs["a"], 0.25)], axis=1)}

    study = report_study(outputs=(region,), run=evaluate, headline=("part",))
    texts = ["{first part:1} leads", "{first part:2}"]
    entry = {"answers": [{"text": text} for text in texts]}
    result = run(replace(study, brief=brief_of(entry, study.model, "toy: report")), 2000, design="lhs")
    assert list(map(plain_text, answers_of(result, None))) == ["North (75 %) leads", "North (all) and south (all)"]


def test_drivers_are_told_with_their_shares_and_only_where_they_were_ranked():
    text = "{drivers change@north} decide"
    assert answered(text)[0] == []
    ranking = report_ranking((CHANGE,))
    assert sentence(text, ranking=ranking) == "A (90 %) and b (5 %) decide"
    assert sentence("{driver2 change@north:name} at {driver change@north:share}", ranking=ranking) == "B at 90 %"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{chnage@north}", "no such output (got 'chnage'); one of change, reached, peak, stored; "
         "did you mean 'change'?"),
        ("{change@noth}", "change@noth: no dim has this label alone (dims region); "
         "write dim=label; did you mean 'north'?"),
        ("{change}", "several elements (got 'change'); a label of region too: one of north, south"),
        ("{change@north:bnad}", "no such format (got 'bnad'); one of value, band, change, chance, "
         "above|below|undecided; did you mean 'band'?, or of a number such as .0%"),
        ("{change@north.lwo}", "nothing is told of an element by this word (got 'lwo'); "
         "one of low, high, probability, undefined; did you mean 'low'?"),
        ("{drivr change@north}", "no such slot (got 'drivr'); one of driver, driver2, drivers, first; "
         "did you mean 'driver'?"),
        ("{first change@north}", "0 dims without a label (got 'change@north'); first names those of one"),
        ("{first change:0}", "not a count (got '0'); how many are named, such as 3"),
        ("{driver3 change@north}", "no such slot (got 'driver3'); one of driver, driver2, drivers, first; "
         "did you mean 'driver'?"),
        ("{drivers reached}", "reached: not ranked (got 'drivers'); an output declared with "
         "rank = true"),
        ("{stored.probability}", "stored: stored as bands, not by draw (got 'probability'); "
         "low and high"),
        ("{reached:band}", "band is of an element with a band (got reached); no band"),
        ("{change@north:a|b|c|d}", "4 words (got 'a|b|c|d'); above|below|undecided"),
        ("a { b", "a brace without its other (got '{ b'); {{ or }}"),
        ("{}", "an empty slot (got '{}'); OUTPUT@LABEL,... and a format"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_template_is_told_in_one_line(text, message):
    with pytest.raises(InputError) as caught:
        answered(text)
    assert str(caught.value).startswith(f"toy: report.answers[1].text: {message}")
    assert "\n" not in str(caught.value)


def test_doubled_braces_are_braces():
    assert sentence("{{a}}") == "{a}"


def test_labels_stand_in_the_place_of_codes():
    study = report_study(outputs=(CHANGE,))
    entry = {"names": {"change": "change of weight", "a": {"label": "the first"}}, "dims": {"region": {"north": "up"}}}
    study = replace(study, labels=labels_of(entry, study.model, ["a", "b"], "toy: labels"))
    brief = brief_of({"rows": [{"output": "change@north"}]}, study.model, "toy")
    assert cell_words(study, brief.rows[0].cell) == "Change of weight, up"
    assert input_words(study, "a + b") == "the first with b"
    assert Labels().name("knee_age") == "knee age"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"names": {"chang": "x"}}, "toy: labels.names.chang: nothing has this name; one of a, b, change, region; "
         "did you mean 'change'?"),
        ({"dims": {"regin": {}}}, "toy: labels.dims.regin: no such dim; one of region; did you mean 'region'?"),
        ({"dims": {"region": {"sout": "x"}}}, "toy: labels.dims.region.sout: no such label; one of north, south; "
         "did you mean 'south'?"),
    ],
)  # fmt: skip
def test_a_label_of_nothing_is_refused(entry, message):
    with pytest.raises(InputError) as caught:
        labels_of(entry, report_study(outputs=(CHANGE,)).model, ["a", "b"], "toy: labels")
    assert str(caught.value) == message


def test_what_is_a_row_of_its_own_is_not_told_beside_the_others_again():
    change = replace(CHANGE, beside="share")
    share = Output("share", "share", "vehicles that cross", (REGION,))

    def evaluate(inputs, context):
        a = inputs["a"]
        return {"change": np.stack([a, a], axis=1), "share": np.stack([a * 0 + 0.25, a * 0 + 0.25], axis=1)}

    study = report_study(outputs=(change, share), run=evaluate, headline=("change",))
    rows = [{"output": "change@north"}, {"output": "change@south"}]

    def told(rows):
        asked = replace(study, brief=brief_of({"rows": rows}, study.model, "toy: report"))
        return rows_of(run(asked, 50, jobs=1, quiet=True))[1]

    assert told(rows) == "share 25 % (25 to 25)"
    assert told([*rows, {"output": "share@north"}]) == ""


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (0.82, "from 32 of them the leading input's share would be 82 % in the place of 90 %."),
        (0.899, "32 of them give the leading input the same share, 90 %."),
    ],
)
def test_a_share_that_more_rows_leave_as_it_was_is_told_as_the_same(before, wanted):
    ranking = report_ranking()
    fewer = {name: {**found, "ST": found["ST"] * before / 0.9} for name, found in ranking.scores.items()}
    result = run(report_study(), 50, jobs=1, quiet=True)
    ranking = replace(ranking, convergence={32: fewer})
    told = page_one(result, ranking, (), Trail(result, ranking))["sure"]
    assert f"The ranking rests on 64 base rows; {wanted}" in told
