"""The one label selection, and the one text form for a cell."""

import numpy as np
import pytest
from engine_studies import OUTPUTS, small

from mcsim.study import Dim, InputError, Output
from mcsim.study.select import dropped, packed_cells, parse_cell, position, selection

STEPS = OUTPUTS[1]
PLAIN = Output("flow", "t", "flow", (Dim("year", (2030, 2040)), Dim("share", (0.25, 0.5)), Dim("kind", ("a", "b=c"))))


@pytest.mark.parametrize("label", [2, "2", 2.0, np.int64(2), np.float32(2), np.array(2), "2.0"])
def test_a_label_is_meant_by_its_value_or_its_text(label):
    expected = np.zeros((3, 4), bool)
    expected[:, 2] = True
    assert np.array_equal(selection(STEPS, {"age": label}), expected)


@pytest.mark.parametrize("labels", [[1, "3"], (3, 1), np.array([1, 3]), range(1, 4, 2), {1, 3}, {1: None, 3: None}])
def test_several_labels_in_any_iterable(labels):
    assert selection(STEPS, {"age": labels, "kind": "b"}).nonzero()[1].tolist() == [1, 3]


def test_nothing_named_selects_everything():
    assert selection(STEPS, {}).all()
    assert selection(OUTPUTS[0], {}).shape == ()


def test_text_that_is_equal_comes_before_a_number_that_is_equal():
    codes = Dim("code", ("01", "1", "1.0"))
    assert [position(codes, label) for label in ("1", "01", "1.0", 1, "1.00")] == [1, 0, 2, 1, None]


def test_cells_are_those_of_the_layout():
    assert packed_cells(STEPS) is STEPS.layout.index
    assert packed_cells(PLAIN).tolist() == np.arange(8).reshape(2, 2, 2).tolist()


def test_one_label_drops_its_dim():
    full = np.arange(2 * 12.0).reshape(2, 3, 4)
    assert np.array_equal(dropped(STEPS, full, {"age": 3}), full[:, :, 3])
    assert np.array_equal(dropped(STEPS, full, {"age": "1", "kind": ["b"]}), full[:, 1, 1])
    with pytest.raises(InputError, match=r"steps: age: one label drops a dim \(got \[0, 1\]\)"):
        dropped(STEPS, full, {"age": [0, 1]})


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"knd": "a"}, r"^steps: knd: no such dim; one of kind, age; did you mean 'kind'\?$"),
        ({"age": 9}, r"^steps: age: no such label \(got 9\); one of 0, 1, 2, 3$"),
        ({"age": [1, "x"]}, r"^steps: age: no such label \(got 'x'\); one of 0, 1, 2, 3$"),
        ({"age": None}, r"^steps: age: no such label \(got None\); one of 0, 1, 2, 3$"),
    ],
)
def test_what_is_not_there_is_refused(labels, message):
    with pytest.raises(InputError, match=message):
        selection(STEPS, labels)


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("flow", {}),
        ("flow@", {}),
        ("flow@2040", {"year": 2040}),
        ("flow@a,0.5,2030", {"year": 2030, "share": 0.5, "kind": "a"}),
        (" flow @ kind=a , 2030 ", {"year": 2030, "kind": "a"}),
        ("flow@year=2030.0", {"year": 2030}),
        ("flow@b=c", {"kind": "b=c"}),
        ("flow@kind=b=c", {"kind": "b=c"}),
    ],
)
def test_a_cell_has_one_text_form(text, labels):
    cell = parse_cell(text, {"flow": PLAIN}.__getitem__)
    assert cell.output is PLAIN
    assert cell.labels == labels
    assert list(cell.labels) == [dim.name for dim in PLAIN.dims if dim.name in labels]


def test_a_cell_leaves_out_what_has_no_meaning():
    cell = parse_cell("steps@2", small().output)
    assert cell.mask.nonzero()[0].tolist() == [0, 1]
    assert cell.packed.tolist() == [2, 5]
    assert parse_cell("steps@age=0", small().output).packed.tolist() == [0, 7]


def test_a_cell_is_told_in_its_text_form():
    assert str(parse_cell("flow@a,2030", {"flow": PLAIN}.__getitem__)) == "flow@2030,a"
    assert str(parse_cell("z", small().output)) == "z"


def test_a_label_of_two_dims_wants_its_dim():
    pair = Output("pair", "1", "pair", (Dim("home", ("us", "mx")), Dim("host", ("us", "mx"))))
    with pytest.raises(InputError, match=r"pair@us: no dim has this label alone \(a label of home and host\)"):
        parse_cell("pair@us", {"pair": pair}.__getitem__)
    assert parse_cell("pair@us,host=mx", {"pair": pair}.__getitem__).labels == {"home": "us", "host": "mx"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stpes@1", "small: stpes: no such output.*did you mean 'steps'"),
        ("z@1", r"until: z@1: no dim has this label alone \(dims none\)"),
        ("steps@7", r"until: steps@7: no dim has this label alone \(dims kind, age\); write dim=label"),
        ("steps@knd=a", "until: steps@knd=a: knd: no such dim; one of kind, age; did you mean 'kind'"),
        ("steps@age=7", r"until: steps: age: no such label \(got '7'\); one of 0, 1, 2, 3"),
        ("steps@age=1,age=2", "until: steps@age=2: age is there twice; one label for each dim"),
        ("steps@1,2", "until: steps@2: no dim has this label alone"),
    ],
)
def test_a_text_that_names_no_cell_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_cell(text, small().output, "until")
