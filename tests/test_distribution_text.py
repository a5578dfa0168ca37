"""The text form and TOML values of distributions, and every refusal read as the user reads it."""

import ast
import subprocess
import sys
from math import inf, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcsim import distributions
from mcsim.distributions import (
    FAMILIES,
    SHARES,
    Beta,
    Constant,
    Dirichlet,
    Distribution,
    Lognormal,
    Normal,
    TruncatedNormal,
    Uniform,
    build,
    build_shares,
    categorical,
    discrete,
    empirical,
    parse,
    parse_shares,
    pedigree,
    triangular,
    uniform,
)
from mcsim.distributions.registry import discover


@settings(deadline=None)
@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6))
def test_text_form_keeps_every_digit(low, width):
    assert parse(str(uniform(low, low + width))) == uniform(low, low + width)


@settings(deadline=None)
@given(labels=st.lists(st.text(), min_size=1, max_size=4, unique=True))
def test_text_form_keeps_any_word_on_one_line(labels):
    line = str(categorical(labels))
    assert (parse(line), len(line.split("\n"))) == (categorical(labels), 1)


# Text and TOML --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("triangular(0.02, 0.025, 0.03)", triangular(0.02, 0.025, 0.03)),
        (" uniform(low=1, high=2.5) ", Uniform(1, 2.5)),
        ("normal(-1, sd=2e-3)", Normal(-1, 0.002)),
        ("truncated_normal(0, 1, -inf, +3)", TruncatedNormal(0, 1, -inf, 3)),
        ("8", Constant(8)),
        ("-0.5", Constant(-0.5)),
        ("discrete(5, 8)", discrete([5, 8])),
        ("categorical('x', 'y')", categorical(["x", "y"])),
        ("pedigree(2, 1.05, [1, 2, 3, 4, 5], 'empirical')", pedigree(2, 1.05, [1, 2, 3, 4, 5], "empirical")),
        ("lognormal_gsd2(1.2, 1.5)", Lognormal(1.2, 0.5 * log(1.5))),
    ],
)
def test_parse_reads(line, expected):
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("family", "arguments", "expected"),
    [
        ("uniform", [0.02, 0.03], Uniform(0.02, 0.03)),
        ("uniform", (0.02, 0.03), Uniform(0.02, 0.03)),
        ("uniform", {"low": 1, "high": 2}, Uniform(1, 2)),
        ("constant", 8, Constant(8)),
        ("beta", {"alpha": 2, "beta": 3, "high": 4}, Beta(2, 3, 0, 4)),
        ("discrete", [[5, 8], [0.5, 0.5]], discrete([5, 8])),
        ("empirical", [3, 1, 2], empirical([1, 2, 3])),
        ("empirical_table", [[5, 12], [8, 30]], empirical([5, 8], [12, 30])),
        ("categorical", ["x", "y"], categorical(["x", "y"])),
        ("categorical", {"x": 0.3, "y": 0.7}, categorical(["x", "y"], [0.3, 0.7])),
        ("categorical", {"labels": ["x", "y"]}, categorical(["x", "y"])),
    ],
)
def test_build_takes_what_toml_gives(family, arguments, expected):
    assert build(family, arguments) == expected


def test_numpy_numbers_are_numbers():
    assert str(uniform(np.float64(0.1), np.int64(2))) == "uniform(0.1, 2)"


def test_every_family_is_a_public_constructor():
    assert all(getattr(distributions, name) is family.build for name, family in (FAMILIES | SHARES).items())


def test_importing_the_distributions_leaves_scipy_alone():
    code = "import sys, mcsim.distributions; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("family", "arguments", "expected"),
    [
        ("dirichlet", [1, 2, 3], Dirichlet((1, 2, 3))),
        ("dirichlet_shares", [[0.25, 0.75], 40], Dirichlet((10, 30))),
        ("dirichlet_shares", {"shares": [0.25, 0.75], "concentration": 40}, Dirichlet((10, 30))),
    ],
)
def test_build_shares_takes_what_toml_gives(family, arguments, expected):
    assert build_shares(family, arguments) == expected


# The registry: what a family declares in its own file -----------------------------------------------------------------

CONVERTED = [family for family in FAMILIES.values() if family.unit_arguments]


@pytest.mark.parametrize("family", [*FAMILIES.values(), *SHARES.values()], ids=lambda family: family.name)
def test_a_family_declares_examples_of_itself_and_what_it_is(family):
    assert family.examples
    assert all(example.startswith(f"{family.name}(") for example in family.examples)
    assert family.meaning().startswith("Return ")


@pytest.mark.parametrize("family", CONVERTED, ids=lambda family: family.name)
@pytest.mark.parametrize("named", [False, True])
def test_arguments_in_the_unit_carry_the_whole_distribution_to_another_unit(family, named):
    units = np.linspace(0.01, 0.99, 33)
    for example in family.examples:
        call = ast.parse(example.replace("inf", "1e999"), mode="eval").body
        arguments = [ast.literal_eval(argument) for argument in call.args]
        if named:
            arguments = dict(zip(family.signature().parameters, arguments, strict=False))
        converted = build(family.name, family.converted(arguments, 1000.0))
        np.testing.assert_allclose(converted.ppf(units), 1000.0 * parse(example).ppf(units), rtol=1e-9)


def test_a_family_without_a_unit_is_not_converted():
    with pytest.raises(ValueError, match=r"^beta: is not converted between units .*; write it in the model's unit$"):
        FAMILIES["beta"].converted([2, 6], 1000.0)


@pytest.mark.parametrize("family", [f for f in FAMILIES.values() if f.from_row], ids=lambda family: family.name)
def test_a_word_of_a_table_keeps_its_row_in_range(family):
    made = family.from_row(1.0, 2.0, 5.0, (0.0, 10.0))
    low, high = made.support()
    assert isinstance(made, Distribution)
    assert 0.0 <= low < 1.0 < made.median() < 5.0 < high or (low, high) == (1.0, 5.0)


FAMILY_FILE = '''
from mcsim.distributions.registry import family
from mcsim.distributions.uniform import Uniform


@family("halved(3)", unit_arguments=("high",))
def halved(high):
    """Return the uniform distribution from half of a number to it."""
    return Uniform(0.5 * high, high)
'''


def test_a_family_is_one_file_that_nothing_else_names(tmp_path, monkeypatch):
    (tmp_path / "more_families").mkdir()
    (tmp_path / "more_families" / "halved.py").write_text(FAMILY_FILE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(FAMILIES, "halved", None)  # the registry is as before after this test
    discover("more_families", [str(tmp_path / "more_families")])
    assert parse("halved(3)") == Uniform(1.5, 3)
    assert build("halved", FAMILIES["halved"].converted([3], 10)) == Uniform(15, 30)


def test_help_on_the_families_tells_every_one(capsys):
    from mcsim.distributions.__main__ import main

    main()
    told = capsys.readouterr().out
    assert all(family.usage() in told and family.examples[0] in told for family in (FAMILIES | SHARES).values())


# Refusals: family, rule, value, remedy --------------------------------------------------------------------------------

REFUSALS = [
    ("triangluar(1, 2, 3)", r'unknown family \(got "triangluar"\); did you mean triangular\?$'),
    ("xyzzy(1)", r'unknown family \(got "xyzzy"\); write one of beta, categorical, '),
    ("triangular(1, 2)", r"^triangular: arguments .* \(got 1, 2\); write triangular\(low, mode, high\)$"),
    ("uniform(1, hihg=2)", r"\(got 1, hihg=2\); write uniform\(low, high\)$"),
    ("uniform()", r"\(got none\); write uniform\(low, high\)$"),
    ("uniform(1, high)", r"must be a number, a quoted word or a list \(got high\); write 0\.5"),
    ("uniform(1, 2 + 3)", r"must be a number, a quoted word or a list \(got 2 \+ 3\)"),
    ("uniform(1, abs(2))", r"must be a number, a quoted word or a list \(got abs\(2\)\)"),
    ("uniform(1,", r'does not read as family\(arguments\) \(got "uniform\(1,"\); write family'),
    ("'word'", r"does not read as family\(arguments\)"),
    ("os.system('x')", r"family must be a plain word"),
    ("uniform(**{})", r"arguments must be written out"),
    ("uniform(1, 'x')", r'^uniform: high must be a number \(got "x"\); write a plain number'),
    ("uniform(1, True)", r"^uniform: high must be a number \(got True\)"),
    ("uniform(1, inf)", r"^uniform: high must be finite \(got inf\); give the largest value"),
    ("uniform(2, 1)", r"^uniform: must rise strictly: low < high \(got low=2, high=1\); reorder"),
    ("uniform(1, 1)", r"^uniform: must rise strictly: low < high"),
    ("loguniform(0, 1)", r"^loguniform: low must be above 0 \(got low=0\)"),
    ("triangular(1, 5, 3)", r"^triangular: mode must lie between .* \(got low=1, mode=5, high=3\); give low <= mode"),
    ("triangular(1, 1, 1)", r"^triangular: mode must lie between low and high, and low below high"),
    ("pert(1, 0, 3)", r"^pert: mode must lie between .* \(got low=1, mode=0, high=3\)"),
    ("normal(0, 0)", r"^normal: sd must be above 0 \(got sd=0\); use constant\(\.\.\.\) for a sure value$"),
    ("truncated_normal(0, 1, 2, 1)", r"^truncated_normal: must rise strictly: low < high"),
    ("truncated_normal(0, 1, 50, 60)", r"must keep some of the bell \(got .*high=60\); bring the bounds within 37 sd"),
    ("lognormal(0, 1)", r"^lognormal: median must be above 0 \(got median=0\)"),
    ("lognormal(1, -1)", r"^lognormal: sigma must be above 0 \(got sigma=-1\)"),
    ("lognormal(70, 25)", r"^lognormal: sigma must be at most 20 \(got 25\); sigma is that of the logarithm"),
    ("weibull(0.01, 3)", r"^weibull: shape must be at least 0\.03 \(got 0\.01\); check that shape and scale"),
    ("lognormal_mean_cv(1, 0)", r"^lognormal_mean_cv: cv must be above 0 \(got cv=0\)"),
    ("lognormal_gsd(1, 1)", r"^lognormal_gsd: gsd must be above 1 \(got 1\); it is a factor"),
    ("lognormal_gsd2(1, 0.9)", r"^lognormal_gsd2: gsd2 must be above 1 \(got 0\.9\); it is a factor"),
    ("beta(0, 1)", r"^beta: alpha must be above 0 \(got alpha=0\)"),
    ("beta(1, 1, 2, 1)", r"^beta: must rise strictly: low < high"),
    ("gamma(1, 0)", r"^gamma: scale must be above 0 \(got scale=0\)"),
    ("weibull(-1, 1)", r"^weibull: shape must be above 0 \(got shape=-1\)"),
    ("logistic(1, 0)", r"^logistic: scale must be above 0 \(got scale=0\)"),
    ("discrete([1, 2], [0.5, 0.4])", r"probabilities must sum to 1 \(got 0\.9\); divide each by 0\.9, or add"),
    ("discrete([1, 2], [1])", r"^discrete: 2 values need 2 probabilities \(got 1\)"),
    ("discrete([1, 2], [1, 0])", r"each probability must be above 0 \(got 0\); leave out what cannot happen"),
    ("discrete([1, 1], [0.5, 0.5])", r"^discrete: values must differ \(got \[1, 1\]\)"),
    ("discrete([])", r"^discrete: values must be a list with at least one item \(got \[\]\)"),
    ("categorical([1, 2])", r"^categorical: each label must be a word \(got 1\); use discrete"),
    ("categorical('a', 'a')", r'^categorical: labels must differ \(got \["a", "a"\]\)'),
    ("empirical([1, 2], [1])", r"^empirical: 2 samples need as many weights \(got 1 weights\)"),
    ("empirical([1, 2], [1, 0])", r"^empirical: each weight must be above 0 \(got 0\)"),
    ("empirical([1, 'x'])", r'^empirical: each of samples must be a number \(got "x"\)'),
    ("empirical_table([1, 2], [3])", r"^empirical_table: each row must be \[value, weight\]"),
    (
        "elicited(8, 10, 9, 5, 20)",
        r"^elicited: must rise strictly: low < p5 < p50 < p95 < high \(got low=5, p5=8, p50=10",
    ),
    ("metalog(8, 10, 15, 8, 20)", r"^metalog: must rise strictly: low < p5 < p50 < p95 < high"),
    ("metalog(5.1, 18, 19, 5, 20)", r"^metalog: no smooth curve rises .* keep p50 between .* or use elicited"),
    ("pedigree(0, 1.05, [1, 1, 1, 1, 1])", r"^pedigree: median must be above 0"),
    ("pedigree(1, 0.9, [1, 1, 1, 1, 1])", r"^pedigree: basic must be at least 1 \(got 0\.9\)"),
    ("pedigree(1, 1, [1, 1, 1, 1, 1])", r"^pedigree: something must be uncertain"),
    ("pedigree(1, 1.1, [1, 1, 1, 1])", r"five whole numbers from 1 to 5 \(got \[1, 1, 1, 1\]\); score reliability, "),
    ("pedigree(1, 1.1, [1, 1, 1, 1, 6])", r"five whole numbers from 1 to 5"),
    ("pedigree(1, 1.1, [1, 1, 1, 1, 1.5])", r"five whole numbers from 1 to 5"),
    ("pedigree(1, 1.1, [1, 1, 1, 1, 1], 'v4')", r'matrix must be a known one \(got "v4"\); choose one of ecoinvent, '),
    ("uniform(0, 1" + "0" * 400 + ")", r"^uniform: high must be finite \(got inf\)"),
    ("uniform(" + "(" * 5000, r"does not read as family\(arguments\)"),
    ("constant(" + "-" * 500 + "1)", r"an argument must be a number"),
    ("constant('x')", r'^constant: value must be a number \(got "x"\)'),
]


@pytest.mark.parametrize(("line", "message"), REFUSALS, ids=[line for line, _ in REFUSALS])
def test_refusal_names_the_family_the_rule_the_value_and_the_remedy(line, message):
    with pytest.raises(ValueError, match=message):
        parse(line)


@pytest.mark.parametrize(("line", "message"), REFUSALS, ids=[line for line, _ in REFUSALS])
def test_refusal_is_one_line_in_the_house_form(line, message):
    with pytest.raises(ValueError, match=r"\A[a-z0-9_]+: [^\n]+ \(got [^\n]+\); [^\n!]+\Z"):
        parse(line)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("dirichlet(1)", r"^dirichlet: needs at least two shares \(got \[1\]\); write dirichlet\(2, 3, 5\)"),
        ("dirichlet(1, 0)", r"^dirichlet: concentration must be above 0"),
        ("dirichlet_shares([0.2, 0.7], 10)", r"^dirichlet_shares: probabilities must sum to 1 \(got 0\.9\)"),
        ("dirichlet(1, concentration=2)", r"^dirichlet: arguments .* write dirichlet\(\*concentration\)$"),
        ("dirihclet(1, 2)", r'unknown family \(got "dirihclet"\); did you mean dirichlet\?$'),
        (
            "beta(1, 2)",
            r"^beta: one number must not stand where shares are meant \(got beta\); write one of ",
        ),
    ],
)
def test_refused_shares_are_shown_with_the_remedy(line, message):
    with pytest.raises(ValueError, match=message):
        parse_shares(line)


def test_shares_where_one_number_is_meant_are_refused():
    with pytest.raises(ValueError, match=r"^dirichlet: several shares must not stand .* or beta\(\.\.\.\) for one"):
        parse("dirichlet(1, 2)")


def test_nan_is_no_parameter():
    with pytest.raises(ValueError, match=r"^uniform: low must be a number \(got nan\)"):
        uniform(float("nan"), 1.0)
