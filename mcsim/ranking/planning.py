"""What a ranking evaluates and how it is judged, from what was asked; what a method does not have is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mcsim.engine.asked import DEFAULT_LIVES, Asked
from mcsim.engine.until import Settled, parse_rule
from mcsim.ranking.factors import Groups, check_designed, factors_of, kept_together, outputs_of
from mcsim.ranking.leaves import part_of
from mcsim.ranking.method import Designed, GivenData, Judgement
from mcsim.ranking.methods import METHODS
from mcsim.ranking.plan import Plan
from mcsim.ranking.repeat import Request
from mcsim.ranking.sobol import check_pair
from mcsim.study import InputError, Output, Study, nearest
from mcsim.study.values import real

MATTERS = 0.05  # share of the variance from which an input matters, where nothing is said
FEW_LEAVES = 4  # of a design with large sums


def planned(study: Study, asked: Asked, chosen: Designed, request: Request) -> tuple[Plan, Judgement, Settled | None]:
    """Return what is evaluated, in leaves, how it is judged, and when there is enough of it."""
    drawn, how, ranked, versus = asked.drawn, asked.computed, asked.ranked, request.versus
    for each in (study,) if versus is None else (study, versus):
        check_designed(each, chosen.name)
    confidence = ranked.settled_confidence if "confidence" in chosen.takes else "bootstrap"
    replicated, resampled = confidence == "replicates", confidence == "bootstrap"
    plan = plan_of(
        study,
        ranked.base,
        drawn.seed,
        groups=request.groups,
        outputs=request.outputs,
        versus=versus,
        second=ranked.second_order,
        resamples=ranked.resamples if resampled else 0,
        replicates=ranked.replicates if replicated else 0,
        lives=drawn.lives_of(study),
        debias=ranked.debias,
        candidates=ranked.candidates,
    )
    if chosen.unites and isinstance(request.groups, bool):
        factors = kept_together(study, plan.factors)
        plan = replace(plan, factors=factors if versus is None else kept_together(versus, factors))
    chosen.check(study, plan.factors)
    if versus is not None:
        chosen.check(versus, plan.factors)
    plan = chosen.planned(plan)
    part_of(plan, how.shard)
    inner = 1
    if how.backend == "threads":
        # Workers take a leaf each. Threads share one where there are fewer leaves than workers, and where the sums are
        # so large that there are few leaves: several sums at a time would cost more memory than they save time.
        inner = how.workers if few_leaves(plan) else how.workers * plan.leaf // plan.base
    matters = MATTERS if ranked.threshold is None else ranked.threshold
    judgement = Judgement(confidence, ranked.level, matters, how.max_failed)
    rule = None if drawn.until is None else _rule(drawn.until, plan, ranked.budget)
    return replace(plan, jobs=max(1, inner)), judgement, rule


def few_leaves(plan: Plan) -> bool:
    """Return whether leaves are too few, or their sums too many, for workers that take one each."""
    return plan.spooled or plan.base // plan.leaf <= FEW_LEAVES


def refuse(chosen: Designed | GivenData, asked: Asked, versus: Study | None) -> None:
    """Refuse what a method does not have.

    Raises
    ------
    InputError
        Naming it.
    """
    drawn, ranked = asked.drawn, asked.ranked
    said = {
        "second_order": ranked.second_order,
        "debias": ranked.debias,
        "confidence": ranked.confidence is not None,
        "versus": versus is not None,
        "until": drawn.until is not None,
        "threshold": ranked.threshold is not None,
        "candidates": ranked.candidates > 0,
        "choices": ranked.choices is not None,
    }
    for name, given in said.items():
        holders = [method.name for method in METHODS.values() if name in method.takes]
        if given and name not in chosen.takes:
            whose = (
                "only Sobol' indices have it"
                if holders == ["sobol"]
                else f"only {' and '.join(holders)} {'has' if len(holders) == 1 else 'have'} it"
            )
            raise InputError(f"{chosen.name}: {name}: {whose}; leave it out, or method = {' or '.join(holders)}")
    if ranked.threshold is not None and ranked.choices is not None:
        raise InputError(
            f"{chosen.name}: threshold and choices: two decisions (got {ranked.threshold:g} and {ranked.choices}); one"
        )
    if isinstance(chosen, Designed) and ranked.threshold is not None:
        real("threshold", ranked.threshold, 0.0, 1.0, "share", "between 0 and 1")
    if versus is not None and asked.computed.shard is not None:
        raise InputError("versus: shards of a difference of two studies do not merge; without --shard")
    if drawn.until is not None and ranked.confidence == "none":
        raise InputError(
            "until: verdicts need intervals (got confidence none); confidence = replicates, or without until"
        )
    if drawn.until is not None and asked.computed.shard is not None:
        raise InputError("until: a shard cannot know the whole ranking; without --shard or without --until")


def _rule(text: str, plan: Plan, budget: int | None) -> Settled:
    ranked = {output.name: output for output in plan.outputs}

    def lookup(name: str) -> Output:
        if name not in ranked:
            raise InputError(f"until: {name}: not ranked; one of {', '.join(ranked)}{nearest(name, ranked)}")
        return ranked[name]

    rule = parse_rule(text, lookup, "ranking")
    assert isinstance(rule, Settled)  # the only rule for rankings
    return replace(rule, budget=plan.base * 16 if budget is None else budget)


def plan_of(
    study: Study,
    base: int = 1024,
    seed: int = 1,
    *,
    groups: Groups = False,
    outputs: Sequence[str] | None = None,
    versus: Study | None = None,
    lives: int = 0,
    jobs: int | None = None,
    **settings: Any,
) -> Plan:
    """Return what an analysis evaluates, before a method has cut it into leaves; arguments as in `sensitivity`."""
    factors = factors_of(study, groups)
    chosen = outputs_of(study, outputs)
    if versus is not None:
        check_pair(study, versus, chosen)
        factors = _united(factors, factors_of(versus, groups))
    asked = Asked.of(base=base, seed=seed, lives=lives or None, jobs=jobs)
    settings |= {"lives": asked.drawn.lives or DEFAULT_LIVES, "jobs": asked.computed.workers}
    return Plan(study, factors, chosen, asked.ranked.base, asked.drawn.seed, versus, **settings)


def _united(own: dict[str, tuple[str, ...]], other: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the factors of two studies together, members of both where they share a name."""
    united = dict(own)
    for name, members in other.items():
        known = united.get(name, ())
        united[name] = (*known, *(member for member in members if member not in known))
    return united
