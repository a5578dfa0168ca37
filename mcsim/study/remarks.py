"""What a reader has to know of a run, a ranking or an answer: texts with named values, each stated once.

A remark is said in English where it is made, and stands so in run.json, in ranking.npz and on the console. A page tells
it in the reader's language: `read` finds the text that was said and its values again, and the catalogue of a language
(``mcsim/report/languages``, part ``remarks``) has every text by its English. A value may be one of these texts itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from string import Formatter


@dataclass(frozen=True, slots=True)
class Remark:
    """A text with named values.

    Parameters
    ----------
    text : str
        English, with slots in braces; the slot ``output`` holds what is spoken of.
    part : bool
        Whether it is only ever a value of another one, never a remark by itself.

    Examples
    --------
    >>> Remark("{output}: {count} elements")(output="mass", count=3)
    'mass: 3 elements'
    """

    text: str
    part: bool = False

    def __call__(self, **values: object) -> str:
        """Return the remark in English."""
        return self.text.format(**values)

    @property
    def pattern(self) -> re.Pattern[str]:
        """What finds the values again."""
        pieces = [
            re.escape(words) + ("" if slot is None else f"(?P<{slot}>.+?)")
            for words, slot, _, _ in Formatter().parse(self.text)
        ]
        return re.compile("".join(pieces), re.DOTALL)


REMARKS: list[Remark] = []
NAMED = ("output", "outputs", "input", "other", "factor", "option")  # slots that hold codes of the study


def _said(text: str) -> Remark:
    REMARKS.append(Remark(text))
    return REMARKS[-1]


def _part(text: str) -> Remark:
    REMARKS.append(Remark(text, part=True))
    return REMARKS[-1]


def read(text: str, part: bool = False) -> tuple[Remark, dict[str, str]] | None:
    """Return the remark that a text is and its values; None of a text that is none.

    Parameters
    ----------
    text : str
        As it was said.
    part : bool
        Whether it is a value of another remark.

    Examples
    --------
    >>> read("base 8: of no remark's words") is None
    True
    >>> remark, values = read("12 of 64 base rows failed and were left out with all their evaluations; the indices "
    ...                       "rest on 52")
    >>> remark is FAILED, values
    (True, {'failed': '12', 'rows': '64', 'left': '52'})
    """
    for remark, pattern in _patterns():
        found = pattern.fullmatch(text) if part or not remark.part else None
        if found is not None:
            return remark, found.groupdict()
    return None


@cache
def _patterns() -> tuple[tuple[Remark, re.Pattern[str]], ...]:
    """Return all remarks with what finds them, those with most words of their own first."""
    own = {remark: sum(len(words) for words, *_ in Formatter().parse(remark.text)) for remark in REMARKS}
    return tuple((remark, remark.pattern) for remark in sorted(REMARKS, key=lambda one: -own[one]))


# Values of the remarks below.
INDICES, MEASURES = _part("indices"), _part("measures")
ENDS = _part("{low} to {high}")
MORE_ROWS = _part("a heavy tail, for which intervals are too narrow; rank its logarithm, or more base rows")
MORE_DRAWS = _part("a heavy tail, on which the measures rest; rank its logarithm, or more draws")
MORE_TRAJECTORIES = _part("a heavy tail, on which the mean effects rest; rank its logarithm, or more trajectories")
NOISE_RANKED = _part("its noise counts as an effect of every input")
NOISE_BANDED = _part("the run cannot be repeated and its bands hold the model's own noise too")
CHAOS, GAUSSIAN = _part("indices of a polynomial chaos"), _part("indices of a Gaussian process")
SHARES_OF_FIT = _part("shares of a fit")
LEAST, MOST = _part("least"), _part("most")
BELOW, ABOVE = _part("below"), _part("above")
WHETHER, HOW_FAR = _part("whether it is true"), _part("how far it goes where it is true")

# Of rows and draws.
FAILED = _said(
    "{failed} of {rows} base rows failed and were left out with all their evaluations; the indices rest on {left}"
)
STILL = _said("{output}: does not vary, so the {what} are undefined there")
STILL_ELEMENTS = _said("{output}: {count} of its {total} elements do not vary, so the {what} are undefined there")
ROUNDING = _said("{output}: varies by rounding alone (1e-13 of its size), so the {what} are undefined there")
ROUNDING_ELEMENTS = _said(
    "{output}: {count} of its {total} elements vary by rounding alone (1e-13 of their size), so the {what} are "
    "undefined there"
)
BY_DEFINEDNESS = _said("{output}: it is undefined in some draws; ranked there is whether there is a value")
BY_DEFINEDNESS_ELEMENTS = _said(
    "{output}: {count} of its {total} elements are undefined in some draws; ranked there is whether there is a value"
)
GAPS = _said("{output}: undefined in {gaps} of {rows} base rows, which are left out")
GAPS_ELEMENTS = _said(
    "{output}: {count} of its {total} elements are undefined in up to {gaps} of {rows} base rows, which are left out "
    "there"
)
TOO_MANY_GAPS = _said(
    "{output}: undefined in {gaps} of {rows} base rows, more than {share} % (max_failed), so it is not ranked; fewer "
    "factors, or draws alone (method = shapley_data)"
)
TOO_MANY_GAPS_ELEMENTS = _said(
    "{output}: {count} of its {total} elements are undefined in up to {gaps} of {rows} base rows, more than {share} % "
    "(max_failed), so they are not ranked; fewer factors, or draws alone (method = shapley_data)"
)
HAS_VALUE = _said("{output}: has a value in {known} of {draws} draws, which their measures rest on")
HAS_VALUE_ELEMENTS = _said(
    "{output}: {count} of its {total} elements have a value in {known} of {draws} draws, which their measures rest on"
)
HAS_VALUE_SELDOM = _said("{output}: has a value in {known} of {draws} draws, so the measures are undefined there")
HAS_VALUE_SELDOM_ELEMENTS = _said(
    "{output}: {count} of its {total} elements have a value in {known} of {draws} draws, so the measures are undefined "
    "there"
)
LOOKS_AT = _said("{output}: {method} looks at {most} of the {draws} draws, chosen at random")

# Of what few evaluations carry.
FEW_EVENTS = _said(
    "{output}: the event happens in {events} of {evaluations} evaluations: too few to rank by; more base rows, or an "
    "output that says how near the event is"
)
FEW_EVENTS_ELEMENTS = _said(
    "{output}: in {count} of its {total} elements the event happens in {events} of {evaluations} evaluations: too few"
    " to rank by; more base rows, or an output that says how near the event is"
)
FEW_EVENTS_OPEN = _said(
    "{output}: the event happens in {events} of {evaluations} evaluations: too few to rank by, so that verdicts are "
    "unresolved; more base rows, or an output that says how near the event is"
)
FEW_EVENTS_OPEN_ELEMENTS = _said(
    "{output}: in {count} of its {total} elements the event happens in {events} of {evaluations} evaluations: too few"
    " to rank by, so that verdicts are unresolved; more base rows, or an output that says how near the event is"
)
HEAVY = _said("{output}: one evaluation carries up to {most} % of the variance: {remedy}")
HEAVY_ELEMENTS = _said(
    "{output}: in {count} of its {total} elements one evaluation carries up to {most} % of the variance: {remedy}"
)

# Of methods of ranking.
RESAMPLED = _said(
    "base {base}: intervals from resampled rows, which hold the truth more often or less than they say; {enough} "
    "base rows or more give those of independent scrambles"
)
STILL_OPEN = _said("{rule}: {count} verdicts still open after {rows} base rows; raise the budget")
CHOSEN = _said(
    "the {base} of {candidates} trajectories that lie farthest apart; intervals take them as drawn by chance"
)
NO_DENSITY = _said("{output}: too few different values for a density, so delta is undefined there")
NO_DENSITY_ELEMENTS = _said(
    "{output}: {count} of its {total} elements too few different values for a density, so delta is undefined there"
)
BY_CHANCE = _said(
    "{output}: up to {count} inputs move its distribution no farther than one without effect does by chance "
    "(transport_noise)"
)
NO_DEPENDENCE = _said("{output}: no dependence shown (p of {level} or more) on {count} or more of {total} inputs")
MISSES = _said("{output}: {what} that misses {missed} of the variance in draws left out")
MISSES_MORE = _said("{output}: {count} of {total} elements miss more than {most}: undefined there")
SILENT = _said(
    "{output}: a fit to the draws explains less than {least} % of the variance, so the Shapley effects are undefined "
    "there; more draws"
)
SILENT_ELEMENTS = _said(
    "{output}: a fit to the draws explains less than {least} % of the variance in {count} of its {total} elements, so "
    "the Shapley effects are undefined there; more draws"
)
SHARED_OUT = _said(
    "{output}: the Shapley effects share out what a fit to the draws explains, {explained} % of the variance, below "
    "{good} %; the intervals are wider by the rest"
)
SHARED_OUT_ELEMENTS = _said(
    "{output}: the Shapley effects share out what a fit to the draws explains, {explained} % at the least of the "
    "variance, below {good} % in {count} of its {total} elements; the intervals are wider by the rest"
)
BELOW_ZERO = _said(
    "{output}: some Shapley effects lie below zero with their whole interval, which no effect does: read them as zero, "
    "and the intervals as too narrow; more draws"
)
BELOW_ZERO_ELEMENTS = _said(
    "{output}: some Shapley effects lie below zero with their whole interval in {count} of its {total} elements, which "
    "no effect does: read them as zero, and the intervals as too narrow; more draws"
)

# Of decisions.
WORTH_BELOW = _said("{output}: worth to someone who acts where it is below 0, since no threshold was given")
NEVER_TURNS = _said(
    "{output}: {count} of its {total} elements are never on both sides of 0, so the measures are undefined there"
)
CURVE_MISSES = _said(
    "{output}: the curve by which learning an input is judged misses up to {most} % of the variance that the input "
    "explains: read its worth as too low"
)
CURVE_MISSES_ELEMENTS = _said(
    "{output}: the curve by which learning an input is judged misses up to {most} % of the variance that the input "
    "explains in {count} of its {total} elements: read its worth as too low"
)
WORTH_CHOICE = _said("{output}: worth to someone who chooses the {over} with the {side}, in the unit of the output")
ONE_CHOICE = _said("{output}: {count} of its {total} decisions have one choice alone, so that nothing is decided")
FEW_CHOICES = _said("{output}: {count} of its {total} decisions have too few draws in which all choices have a value")
IDLE_SURVEY = _said("{survey}: {input} is not uncertain here, so that it tells nothing")
ONE_SIDE = _said(
    "no draw is on the other side of the threshold: all {draws} lie {side} {threshold}, so that nothing that is "
    "measured decides anything"
)
GUESS = _said("{survey}: leaves {left} of {draws} draws, below {few}: its worth is a guess; more draws")

# Of questions.
REPEATED_DRAWS = _said("draws repeat one another: the interval is that of {draws} draws")
OF_RANDOM_DRAWS = _said("the interval is that of random draws; result.errors tells that of this design ({design})")
OF_RANDOM_DRAWS_WIDE = _said("the interval is that of random draws; of this design ({design}) it is mostly too wide")
NEVER = _said("never true in {draws} draws, so there is nothing to explain; a bound within what the output takes")
ALWAYS = _said("always true in {draws} draws, so there is nothing to explain; a bound within what the output takes")
NEVER_OR_RARE = _said(f"{NEVER.text}, or --rare for what so few draws do not meet")
ALWAYS_OR_RARE = _said(f"{ALWAYS.text}, or --rare for what so few draws do not meet")
SELDOM_TRUE = _said(
    "true in {fewer} of {draws} draws: too few (below {few}) to say under which inputs; some {wanted} draws would do"
)
SELDOM_FALSE = _said(
    "not true in {fewer} of {draws} draws: too few (below {few}) to say under which inputs; some {wanted} draws would "
    "do"
)
FEW_INPUTS = _said("{output}: no ranking of {count} uncertain inputs")
FEW_DRAWS = _said("{output}: {draws} draws are too few to rank {count} inputs by; {fewest} or more")
UNTOLD_DRIVERS = _said("{study}: what decides it is not told: {error}")
SAME_VALUE = _said("{output}: the same value in all {draws} draws; nothing to rank")

# Of how a run was computed.
NOISY = _said(
    "the model does not repeat itself: {output} differs between two calls with the same inputs, so that {consequence}; "
    "key its random numbers by Context.seed and Context.draws"
)
NOISY_OUTPUTS = _said(
    "the model does not repeat itself: {outputs} differ between two calls with the same inputs, so that {consequence}; "
    "key its random numbers by Context.seed and Context.draws"
)
PROCESSORS = _said(
    "parts were computed on unlike processors ({shown}), which round exponentials, logarithms and powers unlike: draws "
    "agree with those of one processor to about 2e-14 of their value, not to the bit"
)
VERSIONS = _said("parts were computed with unlike versions of {name} ({shown}), which need not give the same last bits")
POSTERIOR = _said(
    "posterior {name}: {count} inputs by {method}, k-hat {khat}, {ess} effective draws: bands know no more"
)

# Of what options leave without effect.
INACTIVE = _said("{option} = {word}: {input} and {other} are inactive")
JUMPS = _said("{option} = {word}: state of health jumps at the knee wherever {input} is not 1")

# Why a run is ranked as it is.
NO_OUTPUT_RANKED = _part("no output is ranked")
NO_INPUT = _part("no uncertain input")
ONE_FACTOR = _part("one factor ({factor}), nothing beside it")
GIVEN_SAMPLES = _part("the draws are samples that were given, and show any dependence that these have")
FROM_POSTERIOR = _part("{count} inputs come from a posterior and depend on one another")
JOINED_OR_ORDERED = _part("rank correlations or orders join all inputs")
JOINED = _part("rank correlations join all inputs")
FEW_FOR_SHAPLEY = _part("{why}, and Shapley effects of so few draws say nothing (got {count}); {fewest} or more")
