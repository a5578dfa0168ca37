"""Factors of a ranking: which columns of a design move together, and which of them may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mcsim.study import InputError, Output, Study, nearest

Groups = bool | str | Mapping[str, Sequence[str]]


def factors_of(study: Study, groups: Groups = False) -> dict[str, tuple[str, ...]]:
    """Return the factors of a ranking: name -> the uncertain inputs that it moves.

    Parameters
    ----------
    study : Study
        What is ranked.
    groups : bool, str or mapping
        False: scalars by their own name, table cells and shares by their group. True: everything by its group.
        ``"members"``: every input by itself. A mapping: these groups, and the rest as with False.

    Raises
    ------
    InputError
        For an unknown group or input, an input in two groups, or fewer than two factors.
    """
    uncertain = {item.name: item for item in study.uncertain}
    if isinstance(groups, Mapping):
        factors = _own(study, groups)
    elif isinstance(groups, str):
        if groups != "members":
            raise InputError(f'{study.name}: groups: unknown (got {groups!r}); true, false, "members" or a mapping')
        factors = {name: (name,) for name in uncertain}
    elif groups:
        members: dict[str, list[str]] = {}
        for name, item in uncertain.items():
            members.setdefault(item.group or name, []).append(name)
        factors = {name: tuple(names) for name, names in members.items()}
    else:
        factors = dict(study.groups)
    if len(factors) < 2:
        named = ", ".join(factors) or "none"
        raise InputError(
            f"{study.name}: a ranking needs at least two uncertain inputs (got {len(factors)}: {named}); "
            "give another input a distribution"
        )
    return factors


def _own(study: Study, groups: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    uncertain = [item.name for item in study.uncertain]
    factors: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    for group, names in groups.items():
        for name in names:
            members = study.groups.get(name, (name,))
            if name not in uncertain and name not in study.groups:
                known = [*uncertain, *study.groups]
                raise InputError(
                    f"{study.name}: groups.{group}: {name}: no such uncertain input or group{nearest(name, known)}"
                )
            for member in members:
                if member in taken:
                    raise InputError(
                        f"{study.name}: groups.{group}: {member}: in {taken[member]} already; one group per input"
                    )
                taken[member] = group
                factors[group] = (*factors.get(group, ()), member)
    for name, members in study.groups.items():
        rest = tuple(member for member in members if member not in taken)
        if rest and name in factors:
            raise InputError(f"{study.name}: groups.{name}: the name of another factor (got {name}); another name")
        if rest:
            factors[name] = rest
    return factors


def drawn_together(study: Study) -> list[tuple[str, ...]]:
    """Return sets of uncertain inputs that are drawn together, row by row of a posterior.

    No design can move one of them and keep the rest. A posterior of one input is a distribution as any other.
    """
    uncertain = {item.name for item in study.uncertain}
    tables = [tuple(name for name in rows.columns if name in uncertain) for rows in study.posterior]
    return [names for names in tables if len(names) > 1]


def check_designed(study: Study, method: str) -> None:
    """Refuse a method with a design of its own for inputs that are drawn together.

    Raises
    ------
    InputError
        Naming them and the remedy.
    """
    for names in drawn_together(study):
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        raise InputError(
            f"{study.name}: {shown}: drawn together from a posterior, on which they depend on one another "
            f"(got method {method}, whose design moves one input at a time); method = shapley_data, Shapley effects "
            "from draws"
        )


def dependent_groups(study: Study) -> dict[str, tuple[str, ...]]:
    """Return groups that keep dependent inputs together, so that Sobol' indices of a dependent study have a meaning.

    Returns
    -------
    dict
        Name, the members joined by ``+`` -> members; empty for a study without dependence. Fit for `sensitivity`'s
        `groups`.
    """
    return {name: factors for name, factors in _joined(study, study.groups).items() if len(factors) > 1}


def kept_together(study: Study, factors: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return factors with those that depend on one another as one, unless one alone would be left.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> study = SimpleNamespace(tied=(("a", "b", "rank correlation 0.5"),))
    >>> kept_together(study, {"a": ("a",), "b": ("b",), "c": ("c",)})
    {'a + b': ('a', 'b'), 'c': ('c',)}
    """
    joined = _joined(study, factors)
    if len(joined) < 2:
        return dict(factors)
    return {name: tuple(member for own in parts for member in factors[own]) for name, parts in joined.items()}


def _joined(study: Study, factors: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the factors that depend on one another, by their names joined, each once; one by itself under its own."""
    home = {member: factor for factor, members in factors.items() for member in members}
    joined: dict[str, list[str]] = {factor: [factor] for factor in factors}
    for first, second, _ in study.tied:
        if first not in home or second not in home:
            continue
        one, other = joined[home[first]], joined[home[second]]
        if one is not other:
            one += other
            for factor in other:
                joined[factor] = one
    each = {id(parts): parts for parts in joined.values()}
    return {" + ".join(parts): tuple(parts) for parts in each.values()}


def check_independent(study: Study, factors: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse factors that depend on one another, for which Sobol' indices have no meaning.

    Raises
    ------
    InputError
        Naming the two inputs and the alternatives.
    """
    check_shares(study, factors)
    home = {member: factor for factor, members in factors.items() for member in members}
    remedy = "group them (groups = {{ name = [{0}, {1}] }}) or use Shapley effects (method = shapley, shapley_data)"
    for first, second, how in study.tied:
        if first in home and second in home and home[first] != home[second]:
            raise InputError(
                f"{study.name}: {first}, {second}: Sobol' indices need independent factors "
                f"(got {how}); {remedy.format(first, second)}"
            )


def check_shares(study: Study, factors: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse factors that tear the shares of one whole apart: their columns are steps of breaking a stick, not shares.

    Raises
    ------
    InputError
        Naming the vector of shares.
    """
    home = {member: factor for factor, members in factors.items() for member in members}
    shares: dict[str, str] = {}
    for item in study.uncertain:
        if item.vector is None or item.name not in home:
            continue
        vector = item.vector[0]
        if shares.setdefault(vector, home[item.name]) != home[item.name]:
            raise InputError(
                f"{study.name}: {vector}: its shares add up to one and depend on one another "
                f"(got {item.name} apart from {shares[vector]}); keep them in one group"
            )


def outputs_of(study: Study, names: Sequence[str] | None) -> tuple[Output, ...]:
    """Return the outputs to rank: the named ones, else those marked as ranked, else the headline, else all."""
    if names is not None and len(names) > 0:
        return tuple(study.output(name) for name in names)
    ranked = tuple(output for output in study.outputs if output.rank)
    headline = tuple(study.output(name) for name in study.headline)
    return ranked or headline or study.outputs
