"""Studies, results and rankings in Python: what they print, how they travel, how they are drawn and opened again."""

import copy
import importlib
import inspect
import pickle
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest

import mcsim
from mcsim.store import inputs
from mcsim.study import InputError
from mcsim.study.travel import Travels


def times(scale):
    def area(a, b):
        return a * b * scale

    return area


@pytest.fixture(scope="module")
def study():
    model = mcsim.Model.from_function(
        times(2.0), {"a": mcsim.uniform(0, 1), "b": mcsim.normal(3, 1)}, {"area": "km2"}, name="fields"
    )
    return mcsim.study_of(model)


@pytest.fixture(scope="module")
def result(study):
    return mcsim.run(study, draws=300)


@pytest.fixture(scope="module")
def fleet():
    return mcsim.run(mcsim.load("fleet"), draws=40)


def test_names_above_are_methods_and_functions():
    for name, (module, function) in mcsim._ABOVE.items():
        kind, method = name.split(".")
        if kind == "StoredInputs":  # no public name: it calls what is above it, and has no method of that name
            assert f'above("{name}")' in inspect.getsource(inputs.StoredInputs)
        else:
            found = getattr(getattr(mcsim, kind), method)
            assert callable(found) or isinstance(found, property), name
        assert callable(getattr(importlib.import_module(module), function)), name


def test_a_study_says_what_is_uncertain(study, fleet):
    assert "Study fields" in repr(study)
    assert "2 inputs" in repr(study)
    assert "area" in repr(study)
    assert len(repr(fleet.study).splitlines()) <= 8
    assert len(repr(fleet.study)) < 1000


def test_a_result_says_its_numbers(fleet):
    text = repr(fleet)
    assert len(text.splitlines()) <= 8
    assert "40 draws" in text
    median = fleet.summary("ev_share", year=2050)["p50"].item()
    assert f"{100 * median:.3g} %" in text


def test_a_ranking_says_its_leaders(study):
    ranking = mcsim.sensitivity(study, base=64)
    first = ranking.table("area").iloc[0]
    assert f"area: {first['input']} {first['ST']:.2f}" in repr(ranking)


@pytest.mark.parametrize("which", ["study", "result"])
def test_a_line_is_quick(fleet, which):
    thing = fleet if which == "result" else fleet.study
    repr(thing)
    start = time.perf_counter()
    for _ in range(10):
        repr(thing)
    assert (time.perf_counter() - start) / 10 < 0.02  # 2 ms are wanted; a busy machine gets ten times that


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_objects_travel(study, result, copied):
    again = copied(result)
    np.testing.assert_array_equal(again.values("area"), result.values("area"))
    assert repr(copied(study)) == repr(study)
    np.testing.assert_array_equal(mcsim.run(copied(study), draws=50).values("area"), result.values("area")[:50])
    assert isinstance(study.model, Travels)


def test_a_shipped_study_travels_with_its_options(fleet):
    study = fleet.study.set(trade="demand")
    again = pickle.loads(pickle.dumps(study))
    assert again.options["trade"] == "demand"
    mine, theirs = mcsim.run(study, draws=20), mcsim.run(again, draws=20)
    np.testing.assert_array_equal(mine.values("stock"), theirs.values("stock"))


def test_a_ranking_travels(study):
    ranking = mcsim.sensitivity(study, base=64)
    again = pickle.loads(pickle.dumps(ranking))
    assert again.table("area").equals(ranking.table("area"))


def test_html_is_escaped_and_holds_the_inputs(study, result):
    model = mcsim.Model.from_function(lambda a: a, {"a": mcsim.uniform(0, 1)}, {"y": ""}, name="one")
    html = mcsim.study_of(model, title="<script>alert(1)</script>")._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<svg" in study._repr_html_()
    assert "Headline" in result._repr_html_()
    assert "<td" in mcsim.sensitivity(study, base=64)._repr_html_()


def test_inputs_by_name_and_place(study):
    assert study.inputs["b"] is study.inputs[1]
    assert "a" in study.inputs
    assert study.set(a=0.5).inputs["a"].uncertain is False
    with pytest.raises(InputError, match=r"areas?: no such input"):
        study.inputs["area"]


def test_arrays_and_frames(fleet):
    share = fleet["ev_share"]
    assert share.dims == ("draw", "year")
    np.testing.assert_array_equal(share.sel(year=2050), fleet.values("ev_share", year=2050))
    frame = fleet.to_dataframe("ev_share")
    np.testing.assert_array_equal(frame["ev_share@2050"], fleet.values("ev_share", year=2050))
    np.testing.assert_array_equal(frame["us_ev_ceiling"], fleet.values("us_ev_ceiling"))
    assert list(frame.index) == list(fleet.draw)
    with pytest.raises(InputError, match="stored as bands only"):
        fleet["cumulative_deregistrations"]


def test_plots_show_what_was_asked(fleet, result):
    axes = fleet.plot("ev_share")
    year, median = axes.lines[0].get_xdata(), axes.lines[0].get_ydata()
    summary = fleet.summary("ev_share")
    np.testing.assert_allclose(year, summary["year"].astype(float))
    np.testing.assert_allclose(median, 100 * summary["p50"])
    several = fleet.plot("stock", origin="new", line="powertrain")
    assert len(several.lines) >= 3
    assert result.plot("area") is not None
    plt.close("all")


@pytest.mark.parametrize(
    ("output", "keys", "words"),
    [
        ("ev_shore", {}, "ev_share"),
        ("ev_share", {"kind": "bandz"}, "no such kind"),
        ("ev_share", {"year": 1900}, "no such label"),
        ("ev_share", {"colour": "red"}, "unknown key"),
        ("ev_share", {"kind": "ranking"}, "ranking"),
    ],
)
def test_plots_refuse_in_a_line(fleet, output, keys, words):
    with pytest.raises(InputError, match=words) as told:
        fleet.plot(output, **keys)
    assert "\n" not in str(told.value)


def test_every_output_of_the_fleet_can_be_drawn(fleet):
    for output in fleet.study.outputs:
        if output.dims:
            assert fleet.plot(output.name) is not None
        plt.close("all")


def test_rankings_are_drawn(study):
    ranking = mcsim.sensitivity(study, base=64)
    axes = ranking.plot("area")
    assert [text.get_text() for text in axes.get_yticklabels()] == list(ranking.table("area")["input"])[::-1]
    assert mcsim.sensitivity(study, base=64, method="prcc").plot("area").get_xlabel() == "partial rank correlation"
    plt.close("all")


def test_a_report_of_a_model_built_in_python(study, result, tmp_path):
    page = result.report(tmp_path / "brief", mcsim.sensitivity(study, base=64))
    assert "area" in page.read_text()
    with pytest.raises(InputError, match="lies in memory"):
        result.report()


def test_folders_are_opened_again(study, tmp_path):
    mcsim.run(study, draws=30, out=tmp_path / "run")
    again = mcsim.open(tmp_path / "run", study)
    np.testing.assert_array_equal(again.values("area"), mcsim.run(study, draws=30).values("area"))
    assert again.report().is_file()
    with pytest.raises(InputError, match="no such folder"):
        mcsim.open(tmp_path / "nowhere")
    with pytest.raises(InputError, match="not a run directory"):
        mcsim.open(tmp_path)


def test_a_comparison_of_some_outputs_of_a_shipped_study_shows_itself():
    one = mcsim.load("fleet")
    delta = mcsim.compare(one, one.set(battery_law="weibull"), ["stock"], draws=8, quiet=True)
    assert one.figures
    assert {figure["output"] for figure in delta.study.figures} <= {"stock"}
    assert "minus" in delta._repr_html_()


def test_studies_and_results_pair(study):
    other = study.set(b=2.0)
    by_study = mcsim.compare(study, other, draws=60)
    by_result = mcsim.compare(mcsim.run(study, draws=60), mcsim.run(other, draws=60))
    np.testing.assert_array_equal(by_study.values("area"), by_result.values("area"))
    with pytest.raises(InputError, match="do not pair"):
        mcsim.compare(study, mcsim.run(study, draws=60))
    with pytest.raises(InputError, match="neither a study nor a result"):
        mcsim.compare(study, "fleet")


@pytest.mark.parametrize("value", [3, (0, 1), None, [1.0, 2.0]])
def test_what_is_no_distribution_is_refused_at_once(value):
    with pytest.raises(InputError, match=r"inputs: a: neither a unit nor a distribution .*mcsim\.uniform"):
        mcsim.Model.from_function(lambda a: a, {"a": value}, {"y": ""})


def test_dependence_of_a_model_built_in_python(study):
    tied = mcsim.study_of(study.model, dependence=[("a", "b", 0.8)])
    drawn = mcsim.run(tied, draws=2000)
    ranks = np.argsort(np.argsort([drawn.values("a"), drawn.values("b")], axis=1), axis=1)
    assert abs(np.corrcoef(ranks)[0, 1] - 0.8) < 0.05
    with pytest.raises(InputError, match="number between -1 and 1"):
        mcsim.study_of(study.model, dependence=[("a", "b", 5)])


def test_a_misspelt_name_is_told():
    with pytest.raises(AttributeError, match="did you mean 'compare'"):
        mcsim.comparee  # noqa: B018
