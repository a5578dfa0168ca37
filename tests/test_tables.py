"""Tables: what they hold, and how a bad one is refused."""

from pathlib import Path

import numpy as np
import pytest

from mcsim.study import InputError, TableSpec
from mcsim.study.replaced import replace_table
from mcsim.study.tables import read_rows, table_from_rows
from mcsim.study.units import conversion

HEADER = "region,year,value,low,high,unit,distribution,source"
SPEC = TableSpec("losses", ("region", "year"), valid=(0, 1), group="grid")


def written(tmp_path: Path, *lines: str, header: str = HEADER, name: str = "losses.csv") -> Path:
    path = tmp_path / name
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def read(path: Path, spec: TableSpec | None = SPEC):
    return table_from_rows("losses", read_rows(path), spec=spec, origin=str(path))


def test_positions_follow_the_labels_not_the_order_of_rows(tmp_path):
    table = read(
        written(
            tmp_path,
            "mx,2020,0.14,,,share,,a report",
            "us,2021,0.06,,,share,,a report",
            "us,2020,0.05,,,share,,a report",
            "mx,2021,0.13,,,share,,a report",
        )
    )
    found = table.value[table.positions(["us", "mx"], [2020, 2021])]
    assert np.array_equal(found, [[0.05, 0.06], [0.14, 0.13]])


def test_one_label_gives_no_axis(tmp_path):
    table = read(written(tmp_path, "us,2020,0.05,,,share,,a report", "us,2021,0.06,,,share,,a report"))
    assert table.positions("us", [2020, 2021]).shape == (2,)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("fixed", "constant(0.1)"),
        ("triangular", "triangular(0.05, 0.1, 0.2)"),
        ("pert", "pert(0.05, 0.1, 0.2)"),
        ("uniform", "uniform(0.05, 0.2)"),
        ('"loguniform(0.05, 0.2)"', "loguniform(0.05, 0.2)"),
    ],
)
def test_a_word_uses_the_numbers_of_its_row(tmp_path, word, expected):
    table = read(written(tmp_path, f"us,2020,0.1,0.05,0.2,share,{word},a report"))
    assert str(table.distributions[0]) == expected


def test_a_lognormal_has_low_and_high_as_its_95_per_cent_interval(tmp_path):
    spec = TableSpec("losses", ("region", "year"))
    table = read(written(tmp_path, "us,2020,0.1,0.05,0.2,share,lognormal,a report"), spec)
    assert table.distributions[0].ppf(np.array([0.025, 0.5, 0.975])) == pytest.approx([0.05, 0.1, 0.2], rel=2e-4)


def test_a_normal_stays_inside_the_valid_range(tmp_path):
    table = read(written(tmp_path, "us,2020,0.1,0.0,0.2,share,normal,a report"))
    assert table.distributions[0].support() == (0.0, 1.0)


def test_every_row_becomes_an_input_of_its_group(tmp_path):
    table = read(written(tmp_path, "us,2020,0.1,0.05,0.2,share,uniform,a report"))
    item = table.inputs()[0]
    assert (item.name, item.group, item.table) == ("losses[us,2020]", "grid", ("losses", 0))


REFUSALS = [
    (["us,2020,x,,,share,,a report"], r"losses\[us,2020\]: value: not a number \(got 'x'\)"),
    (["us,2020,nan,,,share,,a report"], r"value: not finite \(got 'nan'\)"),
    (["us,2020,0.1,0.2,0.05,share,uniform,a report"], r"low <= value <= high does not hold \(got 0.2, 0.1, 0.05\)"),
    (["us,2020,0.1,0.05,0.2,share,,a report"], r"distribution: empty beside a range \(got 0.05 to 0.2\); a word"),
    (["us,2020,0.1,0.2,,share,fixed,a report"], r"low <= value <= high does not hold \(got 0.2, 0.1, 0.1\)"),
    (["us,2020,0.1,x,,share,fixed,a report"], r"losses\[us,2020\]: low: not a number \(got 'x'\)"),
    (['us,2020,"0,1",,,share,,a report'], r"value: not a number \(got '0,1'\); 0.1"),
    (['us,2020,0,,,share,"categorical([""a"", ""b""])",a report'], r"distribution: words, not numbers"),
    (["us,2020,0.1,,,share,,"], r"losses\[us,2020\]: source: empty"),
    (
        ["us,2020,1.4,,,share,,a report"],
        r"outside the valid range \(got constant\(1.4\), from 1.4 to 1.4\); between 0 and 1",
    ),
    (["us,2020,0.1,0.05,0.2,share,triangle,a report"], r"unknown word \(got 'triangle'\).*did you mean 'triangular'"),
    (["us,2020,0.1,,,share,,a", "us,2020,0.2,,,share,,a"], r"losses\[us,2020\]: stands twice; one row per key"),
    (["us,2020,0.1,,,share,,a,b"], r"row 2: 9 cells under a header of 8"),
    ([], r"no rows; one row per figure"),
]


@pytest.mark.parametrize(("lines", "message"), REFUSALS)
def test_a_bad_row_is_refused_with_its_place(tmp_path, lines, message):
    path = written(tmp_path, *lines)
    with pytest.raises(InputError, match=message):
        read(path)


def test_an_unknown_column_is_refused_with_the_nearest_name(tmp_path):
    path = written(tmp_path, "us,2020,0.1,share,a", header="region,yeer,value,unit,source")
    with pytest.raises(InputError, match=r"yeer: unknown column .*did you mean 'year'"):
        read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none.csv: no such file; a CSV table"):
        read_rows(tmp_path / "none.csv")


def test_a_missing_cell_is_named_when_looked_up(tmp_path):
    table = read(written(tmp_path, "us,2020,0.1,,,share,,a report"))
    with pytest.raises(InputError, match=r"losses\[us,2030\]: no such row; a row with region = us, year = 2030"):
        table.positions("us", [2020, 2030])


class TestReplacing:
    """A user's own table in the place of a shipped one."""

    @pytest.fixture
    def shipped(self, tmp_path):
        return read(
            written(tmp_path, "us,2020,0.5,0.4,0.6,kg/kWh,uniform,a", "mx,2020,0.6,,,kg/kWh,,a", name="shipped.csv"),
            TableSpec("losses", ("region", "year"), group="grid"),
        )

    def test_units_are_converted(self, shipped, tmp_path):
        path = written(tmp_path, "us,2020,500,400,600,g/kWh,uniform,mine", "mx,2020,600,,,g/kWh,,mine")
        table = replace_table(shipped, path, None)
        assert table.value == pytest.approx([0.5, 0.6])
        assert table.distributions[0].support() == pytest.approx((0.4, 0.6))

    def test_rows_may_be_added(self, shipped, tmp_path):
        path = written(tmp_path, *(f"{r},2020,0.5,,,kg/kWh,,mine" for r in ("us", "mx", "ca")))
        assert replace_table(shipped, path, None).position("ca", 2020) == 2

    def test_a_missing_cell_is_refused(self, shipped, tmp_path):
        path = written(tmp_path, "us,2020,0.5,,,kg/kWh,,mine")
        with pytest.raises(InputError, match=r"losses.csv: losses\[mx,2020\]: missing cell; a row with this key"):
            replace_table(shipped, path, None)

    def test_a_unit_that_does_not_convert_is_refused(self, shipped, tmp_path):
        path = written(tmp_path, "us,2020,0.5,,,km,,mine", "mx,2020,0.6,,,kg/kWh,,mine")
        with pytest.raises(InputError, match=r"losses\[us,2020\]: unit: does not convert \(got 'km'\); 'kg/kWh'"):
            replace_table(shipped, path, None)

    def test_another_substance_is_refused(self, tmp_path):
        spec = TableSpec("losses", ("region", "year"))
        shipped = read(written(tmp_path, "us,2020,0.5,,,kg CO2e/kWh,,a", name="shipped.csv"), spec)
        path = written(tmp_path, "us,2020,0.5,,,kg SO2e/kWh,,mine")
        with pytest.raises(InputError, match=r"does not convert \(got 'kg SO2e/kWh'\); 'kg CO2e/kWh'"):
            replace_table(shipped, path, None)


def test_a_share_above_one_is_refused_without_a_range_of_the_model(tmp_path):
    path = written(tmp_path, "us,2020,40,,,share,,a report")
    with pytest.raises(InputError, match=r"losses\[us,2020\]: a share outside 0 and 1 \(got 40\); 0.4, or in % with"):
        read(path, TableSpec("losses", ("region", "year")))


@pytest.mark.parametrize("mark", [";", "\t"])
def test_another_separator_is_named(tmp_path, mark):
    path = tmp_path / "t.csv"
    path.write_text("key,value\na,1\n".replace(",", mark))
    with pytest.raises(InputError, match=r"t\.csv: columns separated by '.*'; by commas, with points"):
        read_rows(path)


def test_only_ends_of_lines_end_a_row(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('key,note\r\na,one\u2028two\r\nb,"three\nfour"\r\n', encoding="utf-8", newline="")
    assert [row["note"] for row in read_rows(path)] == ["one\u2028two", "three\nfour"]


@pytest.mark.parametrize(
    ("given", "wanted", "factor"),
    [
        ("kgCO2e/kWh", "kg CO2e/kWh", 1.0),
        ("g CO2-eq/kWh", "kg CO2e/kWh", 0.001),
        ("gCO2 eq/kWh", "kg CO2e/kWh", 0.001),
        ("g CO\u2082e/kWh", "kg CO2e/kWh", 0.001),
        ("g 1,4-DCB-eq/kWh", "kg 1,4-DCBe/kWh", 0.001),
        ("%", "share", 0.01),
        ("%/yr", "1/yr", 0.01),
        ("kWh/100km", "kWh/km", 0.01),
        ("L/100 km", "L/km", 0.01),
        ("USD/t", "USD/kg", 0.001),
        ("US$/kg", "USD/kg", 1.0),
        ("vehicle/yr", "vehicle/day", 1 / 365.25),
        ("metric ton", "kg", 1000.0),
    ],
)
def test_spellings_of_the_field_convert(given, wanted, factor):
    assert conversion(given, wanted, "x") == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "wanted", "message"),
    [
        ("ton", "kg", r"a ton may be 1000, 907 or 1016 kg \(got 'ton' for 'kg'\); t, short_ton or long_ton"),
        ("kton/yr", "t/yr", "a ton may be"),
        ("kg CO2/kg", "kg/kg CO2", "does not convert"),
        ("USD 2020/kg", "USD/kg", "does not convert"),
        ("kg CO2", "kg CO2e", "does not convert"),
        ("degC", "K", "does not convert"),
    ],
)
def test_units_that_may_mean_another_thing_are_refused(given, wanted, message):
    with pytest.raises(InputError, match=message):
        conversion(given, wanted, "x")
