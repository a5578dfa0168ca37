"""Figures that sources print: read from [[published]], held against a run."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import mcsim
from mcsim.report.page import write_report
from mcsim.report.printed import lines
from mcsim.result.bands import exact_bands
from mcsim.result.printed import COLUMNS, JUDGES, out_of_reach
from mcsim.store.directory import PRINTED, check, read, read_printed
from mcsim.study import InputError
from mcsim.study.load import load
from mcsim.study.published import KINDS, Published
from mcsim.study.select import parse_cell

MODEL = """
import numpy as np

def plain(p, q):
    mass = p[:, None, None] * np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 9.0]])
    late = np.where(q > 0.75, 2030.0, np.nan)
    return {"mass": mass, "change": p[:, None] - np.array([0.5, 1.5, 2.5, 3.5]), "first": late, "rare": late,
            "met": (p > 1).astype(float), "bands": mass[:, 0]}
"""
HEAD = """
[study]
function = "model.py:plain"
[inputs]
p = { uniform = [0, 2], unit = "t", source = "s" }
q = { uniform = [0, 1], unit = "1", source = "s" }
[outputs]
mass = { unit = "t", dims = { year = [2030, 2040], part = ["iron", "copper", "steel"] } }
change = { unit = "1", dims = { category = ["a", "b", "c", "d"] } }
first = { unit = "yr", may_be_undefined = true }
rare = { unit = "yr", may_be_undefined = true }
met = { unit = "indicator" }
bands = { unit = "t", dims = { part = ["iron", "copper", "steel"] }, keep = false }
"""
FIGURE = {"name": "mass", "kind": "stated", "where": "p. 3", "source": "Smith 2020", "output": "mass@2030,iron"}


def entry(**keys):
    """Return a [[published]] of a mass in TOML; a key that is None is left out."""
    told = {**FIGURE, **keys}

    def text(value):
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{name} = {text(item)}" for name, item in value.items()) + " }"
        return repr(value).replace("'", '"') if isinstance(value, str | list) else str(value)

    return "[[published]]\n" + "".join(f"{key} = {text(value)}\n" for key, value in told.items() if value is not None)


@pytest.fixture
def study(tmp_path):
    """Return what loads a study with these figures."""
    (tmp_path / "model.py").write_text(MODEL)

    def of(*entries, head=HEAD):
        (tmp_path / "study.toml").write_text(head + "\n".join(entries))
        return load(tmp_path / "study.toml")

    return of


def judged(study, *entries, draws=400):
    return mcsim.printed(mcsim.run(study(*entries), draws=draws, seed=1, quiet=True))


def verdict(study, **keys):
    return judged(study, entry(**keys)).loc[0, "verdict"]


# 95 % of the draws of p lie between about 0.05 and 1.95, and mass@2030,iron is p itself.
@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"value": 1}, "inside"),
        ({"value": 1.999}, "outside"),
        ({"value": 3}, "outside"),
        ({"value": 3, "low": 1.9, "high": 4}, "overlaps"),
        ({"value": 3, "low": 2.5, "high": 4}, "outside"),
        ({"value": 3, "low": 1.9}, "overlaps"),
        ({"value": -1, "high": 0.2}, "overlaps"),
        ({"value": 1000, "unit": "kg"}, "inside"),
        ({"value": 3000, "unit": "kg", "low": 1900}, "overlaps"),
        ({"value": 4000, "unit": "kg"}, "outside"),
        ({"value": 8.5, "output": "mass@steel,year=2040"}, "inside"),
    ],
)
@pytest.mark.parametrize("kind", ["stated", "result", "projection", "input", "observed"])
def test_a_number_is_inside_the_band_or_its_rounding_reaches_it_or_it_is_outside(study, kind, keys, expected):
    assert verdict(study, kind=kind, **keys) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"low": 0.8, "high": 1.2}, "inside"),
        ({"low": 1.5, "high": 7}, "overlaps"),
        ({"low": 3, "high": 7}, "outside"),
        ({"high": 1.5}, "inside"),
        ({"high": 0.5}, "overlaps"),
        ({"low": 2.5}, "outside"),
        ({"low": 800, "high": 1200, "unit": "kg"}, "inside"),
    ],
)
@pytest.mark.parametrize("kind", ["range", "observed"])
def test_a_range_holds_the_median_or_a_part_of_the_band(study, kind, keys, expected):
    assert verdict(study, kind=kind, **keys) == expected


def test_a_sign_counts_the_elements_in_which_it_holds(study):
    # change is p - (0.5, 1.5, 2.5, 3.5): the last two lie below 0 in all draws, the second in 3 of 4, the first in 1.
    told = [
        entry(name="most", kind="sign", output="change", value="below", cells="most"),
        entry(name="every", kind="sign", output="change", value="below"),
        entry(name="one", kind="sign", output="change@c", value="above", why="p is small"),
    ]
    rows = judged(study, *told, draws=2000).set_index("figure")
    assert rows["verdict"].tolist() == ["holds", "fails", "fails"]
    assert rows["share"].tolist() == pytest.approx([0.75, 0.25, 0.0], abs=0.04)
    assert rows.loc["most", ["p2.5", "p50", "p97.5"]].tolist() == [2.0, 3.0, 4.0]
    assert rows.loc["one", "why"] == "p is small"
    assert rows.loc["most", "claim"] == "below 0 in most of 4 cases"


def test_a_sign_that_holds_in_half_of_the_elements_does_not_hold_in_most(study):
    rows = judged(study, entry(kind="sign", output="change", value="above", cells="most"))
    assert rows.loc[0, ["verdict", "share"]].tolist() == ["fails", 0.0]


@pytest.mark.parametrize(
    ("output", "value", "expected"),
    [
        ("mass@2030", "steel", "holds"),
        ("mass@2030", ["steel", "copper", "iron"], "holds"),
        ("mass@2030", ["steel", "iron"], "fails"),
        ("mass@2040", ["steel", "iron"], "holds"),
        ("mass", "steel", "holds"),
        ("mass", ["steel", "iron"], "fails"),
        ("mass@iron", "2040", "holds"),
    ],
)
def test_an_ordering_holds_where_the_labels_are_the_largest_in_that_order(study, output, value, expected):
    rows = judged(study, entry(kind="ordering", output=output, value=value))
    assert rows.loc[0, ["verdict", "share"]].tolist() == [expected, float(expected == "holds")]


def test_of_an_output_stored_as_bands_a_claim_is_of_the_medians(study):
    told = [
        entry(name="order", kind="ordering", output="bands", value=["steel", "copper"]),
        entry(name="sign", kind="sign", output="bands", value="above"),
    ]
    rows = judged(study, *told)
    assert rows["verdict"].tolist() == ["holds", "holds"]
    assert rows["share"].isna().all()
    assert [line["ours"] for line in lines(rows)] == ["true of the medians", "3 of them; true of the medians"]


def test_undefined_draws_are_told_and_more_than_half_of_them_leave_no_verdict(study):
    # q lies above 0.75 in a quarter of the draws: the others have no such year.
    rows = judged(study, entry(output="first", value=2030, unit="yr"), draws=1000)
    assert rows.loc[0, "verdict"] == "undefined"
    assert rows.loc[0, "undefined"] == pytest.approx(0.75, abs=0.05)
    assert rows.loc[0, "p50"] == 2030.0


def test_an_element_without_a_value_in_any_draw_is_told_in_words(study):
    result = mcsim.run(study(entry(output="first", value=2030)).set(q=0.1), draws=20, seed=1, quiet=True)
    (line,) = lines(mcsim.printed(result))
    assert (line["verdict"], line["ours"]) == ("undefined", "undefined in all of the draws")


def test_a_claim_is_of_the_elements_that_have_a_value(study):
    rows = judged(study, entry(kind="sign", output="rare", value="above"), draws=100)
    assert rows.loc[0, "verdict"] == "undefined"


@pytest.mark.parametrize(("value", "expected"), [(1, "inside"), (1500, "outside")])
def test_a_figure_may_be_of_an_input(study, value, expected):
    assert verdict(study, output=None, input="p", kind="input", value=value) == expected


def test_a_fixed_input_is_its_value(study):
    result = mcsim.run(study(entry(output=None, input="p", value=700, unit="kg")).set(p=0.7), draws=5, quiet=True)
    assert mcsim.printed(result).loc[0, ["verdict", "p2.5", "p50", "p97.5"]].tolist() == ["inside", 0.7, 0.7, 0.7]


def test_roundings_of_a_conversion_do_not_put_a_number_outside(study):
    result = mcsim.run(study(entry(value=0.3, unit="Mg")).set(p=0.1 + 0.2), draws=5, quiet=True)
    assert mcsim.printed(result).loc[0, "verdict"] == "inside"


def test_a_figure_that_nothing_reaches_is_listed_with_its_reason_as_it_is_printed(study):
    told = entry(output=None, unreached="no prices here", value=3, unit="billion USD")
    rows = judged(study, told)
    assert rows.loc[0, ["verdict", "printed", "unit", "why"]].tolist() == [
        "unreached",
        3.0,
        "billion USD",
        "no prices here",
    ]
    words = judged(study, entry(output=None, unreached="no prices here", kind="ordering", value="gold"))
    assert lines(words)[0]["printed"] == "gold"


def test_a_figure_of_an_option_is_compared_under_that_option_only():
    shipped = load("second-hand-ev")
    cell = parse_cell("crossover_age@ev-suv,stay-us,gwp", shipped.output)
    bound = Published("f", "stated", "p. 1", "s", "amount", cell, 1.0, options={"boundary": "without_vehicle"})
    assert out_of_reach(bound, shipped) == "the figure is of the study under boundary = without_vehicle"
    assert out_of_reach(bound, shipped.set(boundary="without_vehicle")) == ""
    uncertain = shipped.set(boundary="categorical(['full', 'without_vehicle'], [0.5, 0.5])")
    assert "under boundary" in out_of_reach(bound, uncertain)


def test_every_kind_has_a_meaning_and_its_form_is_judged():
    assert all(kind.meaning and kind.form in JUDGES for kind in KINDS.values())


BAD = [
    ({"output": "mas@2030,iron"}, r"published\[1\].output: mas: no such output; one of mass, .*did you mean 'mass'"),
    ({"output": "mass@2030,irn"}, r"output: mass@irn: no dim has this label alone .*did you mean 'iron'"),
    ({"output": "mass@2030"}, r"output: several elements \(got 'mass@2030'\); a label of part too"),
    ({"output": "met"}, r"output: 0 or 1 in a draw \(got 'met'\); an output with a band"),
    ({"unit": "km"}, r"published\[1\].unit: does not convert \(got 'km'\); 't'"),
    ({"kind": "statd"}, r"published\[1\].kind: no such word \(got 'statd'\); one of stated, .*did you mean 'stated'"),
    ({"kind": "range", "low": 1}, r"value: not of a range \(got 1\); low, high or both"),
    ({"kind": "sign"}, r"value: no sign \(got 1\); one of above, below"),
    ({"kind": "sign", "value": "blow"}, r"value: no sign \(got 'blow'\); .*did you mean 'below'"),
    ({"kind": "sign", "value": "below", "low": 1}, r"low: of a number only \(got kind 'sign'\); no low"),
    ({"kind": "sign", "value": "below", "cells": "all"}, r"cells: no such word \(got 'all'\); one of every, most"),
    ({"cells": "most"}, r"cells: of a sign only \(got kind 'stated'\); no cells"),
    (
        {"kind": "ordering", "output": "mass@2030", "value": "stel"},
        r"not labels of one open dim \(got 'stel'\); .*'steel'",
    ),
    ({"kind": "ordering", "output": "mass@2030"}, r"value: no label \(got 1\); the largest, or a list"),
    ({"value": "much"}, r"value: not a number \(got 'much'\); what the source prints"),
    ({"value": None}, r"value: missing; the printed number, or low and high"),
    ({"low": 2}, r"published\[1\].low: above value \(got 2 and 1\); low <= value <= high"),
    ({"value": None, "low": 2, "high": 1}, r"low: above high \(got 2 and 1\)"),
    ({"source": None}, r"published\[1\].source: missing; what prints it"),
    ({"source": ""}, r"published\[1\].source: empty"),
    ({"where": None}, r"published\[1\].where: missing; page, figure"),
    ({"name": None}, r"published\[1\].name: missing"),
    ({"output": None}, r"published\[1\]: one of output, input, unreached \(got nothing\)"),
    ({"input": "p"}, r"one of output, input, unreached \(got output and input\)"),
    ({"output": None, "input": "pp"}, r"input: no such input \(got 'pp'\); one of p, q"),
    ({"output": None, "input": "p", "kind": "sign", "value": "above"}, r"input: of a number only \(got kind 'sign'\)"),
    ({"options": {"trade": "x"}}, r"published\[1\].options.trade: no such option; it has none"),
    ({"values": 1}, r"published\[1\].values: unknown key; .*did you mean 'value'"),
]


@pytest.mark.parametrize(("keys", "message"), BAD, ids=[message[:40] for _, message in BAD])
def test_a_figure_that_is_wrong_is_refused_in_one_line_with_its_place(study, keys, message):
    with pytest.raises(InputError, match=message) as caught:
        study(entry(**{"value": 1, **keys}))
    assert "study.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_stands_once(study):
    with pytest.raises(InputError, match=r"published\[2\].name: twice there \(got 'mass'\)"):
        study(entry(value=1), entry(value=2))


def test_an_extending_study_keeps_the_figures_replaces_by_name_and_adds(study, tmp_path):
    study(entry(name="a", value=1), entry(name="b", value=2))
    own = entry(name="b", value=9) + entry(name="c", value=3)
    (tmp_path / "over.toml").write_text('[study]\nextends = "study.toml"\n' + own)
    assert [(figure.name, figure.value) for figure in load(tmp_path / "over.toml").published] == [
        ("a", 1.0),
        ("b", 9.0),
        ("c", 3.0),
    ]
    (tmp_path / "over.toml").write_text('[study]\nextends = "study.toml"\n' + entry(name="c", value=3, unit="km"))
    with pytest.raises(InputError, match=r"over.toml: published\[1\].unit: does not convert"):
        load(tmp_path / "over.toml")


def test_a_study_with_a_model_of_its_own_leaves_the_figures_of_the_other(study, tmp_path):
    study(entry(value=1))
    own = HEAD.replace("[study]", '[study]\nextends = "study.toml"')
    (tmp_path / "over.toml").write_text(own)
    assert load(tmp_path / "over.toml").published == ()


@pytest.fixture
def folder(study, tmp_path):
    """A run directory of a study with two figures."""
    told = [entry(name="=1+1", value=3, why="<b>"), entry(kind="sign", output="change", value="below", cells="most")]
    return mcsim.run(study(*told), draws=50, seed=1, out=tmp_path / "run", quiet=True).folder


def test_a_run_directory_holds_the_figures_hashed(folder):
    assert PRINTED in check(folder)["files"]
    table = read_printed(folder)
    assert list(table.columns) == list(COLUMNS)
    pd.testing.assert_frame_equal(table, mcsim.printed(read(folder)), check_dtype=False)
    (folder / PRINTED).write_text("figure\n")
    with pytest.raises(InputError, match=r"printed\.csv: changed since the run"):
        check(folder)


def test_a_run_of_a_study_without_figures_holds_no_list(study, tmp_path):
    run = mcsim.run(study(), draws=5, out=tmp_path / "run", quiet=True)
    assert not (run.folder / PRINTED).exists()
    assert read_printed(run.folder) is None


def test_the_report_tells_printed_against_ours(folder):
    result = read(folder)
    html = write_report(result, None, folder).read_text()
    assert "<summary>Printed against ours</summary>" in html
    assert "=1+1" in html
    assert "<b>" not in html.split("Printed against ours")[1].split("What went in")[0]
    brief = (folder / "report.md").read_text()
    assert "## Printed against ours" in brief
    assert "true in" in brief


def test_the_words_of_a_line():
    row = dict.fromkeys(COLUMNS, np.nan) | dict.fromkeys(("source", "where", "why", "claim"), "")
    row |= {
        "figure": "f",
        "unit": "share",
        "printed": 0.26,
        "printed_low": 0.24,
        "printed_high": 0.28,
        "undefined": 0.1,
    }
    row |= {"p50": 0.3, "p2.5": 0.1, "p97.5": 0.5, "verdict": "inside"}
    (line,) = lines(pd.DataFrame([row]))
    assert line["printed"] == "26 (24 to 28) %"
    assert line["ours"] == "30 (10 to 50) %; undefined in 10 % of the draws"


def test_a_large_kept_output_is_read_by_its_elements(study):
    class Streamed(dict):
        """Kept draws that come in slices, as those of a run directory do."""

        def stream(self, name, step):
            for start in range(0, len(self[name]), 7):
                yield start, self[name][start : start + 7]

    result = mcsim.run(study(entry(kind="sign", output="change", value="below", cells="most")), draws=50, quiet=True)
    whole, sliced = mcsim.printed(result), mcsim.printed(replace(result, kept=Streamed(result.kept)))
    pd.testing.assert_frame_equal(whole, sliced)


def test_no_draw_at_all_is_undefined(study):
    result = mcsim.run(study(entry(value=1)), draws=5, quiet=True)
    empty = replace(result, bands={**result.bands, "mass": exact_bands(np.empty((0, 2, 3)))})
    assert mcsim.printed(empty).loc[0, "verdict"] == "undefined"
