"""Names that inputs, outputs and dims may have: those that the files of a run use themselves are taken."""

from __future__ import annotations

from mcsim.study.errors import InputError

_ROWS = ("chain", "draw")  # dims of draws.nc
_TABLES = (
    *("output", "unit", "input", "study", "mean", "sd", "p2.5", "p5", "p25", "p50", "p75", "p95", "p97.5"),
    *("mcse_mean", "n", "undefined", "p_lower", "method", "S1", "S1_low", "S1_high", "ST", "ST_low", "ST_high"),
    *("S2", "S2_low", "S2_high", "S1_floor", "rank", "rank_share", "verdict"),
    *("rank_mean", "rank_p2.5", "rank_p25", "rank_p50", "rank_p75", "rank_p97.5", "p_first", "p_top"),
    *("p_lower_low", "p_lower_high", "statistic", "estimate", "mcse", "mcse_low", "mcse_high", "confidence"),
)
TAKEN = {
    "input": dict.fromkeys((*_ROWS, "reason"), "draws.nc and failed.csv"),
    "option": dict.fromkeys((*_ROWS, "reason"), "draws.nc and failed.csv"),  # an uncertain option is an input
    "output": dict.fromkeys(_ROWS, "draws.nc"),
    "dim": {
        **dict.fromkeys(_ROWS, "draws.nc"),
        **dict.fromkeys(_TABLES, "the tables of a run"),
        **dict.fromkeys(("code", "dim", "label", "label_es"), "labels.csv"),
    },
}


def check_name(name: str, kind: str) -> None:
    """Refuse a name that the files of a run cannot hold.

    Parameters
    ----------
    name : str
        As the model declares it.
    kind : str
        ``input``, ``option``, ``output`` or ``dim``.

    Raises
    ------
    InputError
        Naming what is in the way.

    Examples
    --------
    >>> check_name("draw", "output")
    Traceback (most recent call last):
    mcsim.study.errors.InputError: draw: taken by draws.nc (got output 'draw'); another name
    """
    if name in TAKEN[kind]:
        raise InputError(f"{name}: taken by {TAKEN[kind][name]} (got {kind} {name!r}); another name")
    if name.startswith(("=", "+", "-", "@")):
        raise InputError(f"{name}: begins as a formula (got {kind} {name!r}); a letter first")
    if not name.strip() or not name.isprintable() or "/" in name:
        raise InputError(f"{name!r}: not a name (got {kind} {name!r}); letters, digits and signs, no /, no line break")
