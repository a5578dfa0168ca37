"""Common factors and observed correlations of a study file: what the draws then show, and refusals."""

import numpy as np
import pytest
from scipy.stats import spearmanr

import mcsim
from mcsim.distributions.dependence import common_factor_copula
from mcsim.study import InputError

FILE = """
[study]
function = "model.py:total"
headline = ["y"]
[outputs]
y = {{ unit = "1", meaning = "y" }}
[inputs]
a = {{ uniform = [0, 1], source = "s" }}
b = {{ normal = [5, 2], source = "s" }}
c = {{ lognormal = [1, 0.5], source = "s" }}
[dependence]
{said}
"""


@pytest.fixture
def load(tmp_path):
    (tmp_path / "model.py").write_text("def total(a, b, c):\n    return {'y': a + b + c}\n")

    def loaded(said, data=None):
        path = tmp_path / "own.toml"
        path.write_text(FILE.format(said=said))
        if data is not None:
            (tmp_path / "seen.csv").write_text(data)
        return mcsim.load(str(path))

    return loaded


def test_common_factors_correlate_the_draws_as_their_copula_says(load):
    study = load("factors = { use = { a = 0.8, b = 0.5, c = -0.6 }, make = { b = 0.5, c = 0.5 } }")
    copula = common_factor_copula({"a": [0.8, 0.0], "b": [0.5, 0.5], "c": [-0.6, 0.5]})
    result = mcsim.run(study, 8000)
    found = spearmanr(np.column_stack([result.inputs[name] for name in "abc"]))[0]
    np.testing.assert_allclose(found, copula.spearman(), atol=0.035)
    exact = {(one, other): number for one, other, number in study.dependence}
    assert exact["a", "b"] == pytest.approx(copula.spearman()[0, 1], abs=1e-12)


def test_observed_rows_give_their_rank_correlation(load):
    generator = np.random.default_rng(0)
    first = generator.normal(size=200)
    second = np.exp(0.8 * first + 0.6 * generator.normal(size=200))
    rows = "\n".join(f"{x},{y}" for x, y in zip(first, second, strict=True))
    study = load('observed = "seen.csv"', f"a,c\n{rows}\n")
    seen = spearmanr(first, second)[0]
    assert study.dependence == (("a", "c", pytest.approx(seen, abs=1e-12)),)
    result = mcsim.run(study, 8000)
    assert spearmanr(result.inputs["a"], result.inputs["c"])[0] == pytest.approx(seen, abs=0.03)


@pytest.mark.parametrize(
    ("said", "data", "message"),
    [
        ("factors = { f = { a = 0.9, d = 0.5 } }", None, r"factors\.f: d: no such input; one of a, b, c"),
        ("factors = { f = { a = 0.9 } }", None, r"factors\.f: no two inputs have it in common \(got 1\); two or more"),
        ("factors = { f = { a = 0.9, b = 1.5 } }", None, r"factors\.f\.b: .*\(got 1\.5\)"),
        (
            "factors = { f = { a = 0.9, b = 0.1 }, g = { a = 0.9, b = 0.1 } }",
            None,
            r"factors: a: nothing is left to itself \(got squared loadings that sum to 1\.62\); below 1",
        ),
        (
            'spearman = [["a", "b", 0.5]]\nfactors = { f = { a = 0.9, b = 0.1 } }',
            None,
            r"dependence: a, b: said twice, by spearman, factors or observed; one of them",
        ),
        ('observed = "none.csv"', None, r"dependence\.observed: .*none\.csv"),
        ('observed = "seen.csv"', "a,x\n1,2\n", r"observed: seen\.csv: x: no such input"),
        ('observed = "seen.csv"', "a,b\n1,2\n3,4\n", r"too little to correlate \(got 2 columns, 2 whole rows\)"),
        ('observed = "seen.csv"', "a,b\n1,x\n3,y\n", r"observed: seen\.csv: b: not numbers \(got 'x'\); numbers"),
    ],
)
def test_what_makes_no_dependence_is_refused(load, said, data, message):
    with pytest.raises(InputError, match=message):
        load(said, data)
