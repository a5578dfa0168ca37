"""What `mcsim compare` is asked: its studies, overlays over the first of them, and how much is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mcsim.command.compared import Extent, Side, compare_and_write, record_of, recorded, sides_of
from mcsim.command.jobs import asked_of
from mcsim.command.loading import conditioned, loaded, pairs_of, settled
from mcsim.command.told import Told
from mcsim.engine.asked import Asked
from mcsim.engine.ladder import weakened
from mcsim.ranking.deltas import BASE
from mcsim.result.matrix import SEVERAL, SINGLE, TODAY
from mcsim.study import InputError
from mcsim.study.overlay import Overlay, each_once, laid_over, overlays_for, read_overlay

# Options of a comparison whose runs are not kept that could not do what they say.
OF_FOLDERS = ("shard", "resume", "samples")


def compare(studies: Sequence[str], words: dict[str, Any]) -> Told:
    """Compare what the user named, and return what to tell.

    Raises
    ------
    InputError
        For a study, lever or setting that is none.
    """
    levers = words.pop("levers", False)
    samples = words.pop("samples", None)
    if levers:
        said = [name for name in OF_FOLDERS if name in words] + (["samples"] if samples is not None else [])
        if said:
            raise InputError(f"--levers: with --{said[0]} (got both); name the levers, then their runs are kept")
    sides = _sides(studies, words, levers)
    extent = _extent(words, levers, bool(words.get("shard")))
    for side in sides if extent.ladder else ():
        weakened(side.study, side.strengths, 1.0)  # a strength without steps is told before the hours of a run
    return compare_and_write(sides, asked_of(words, [side.study for side in sides], samples), extent)


def _extent(words: dict[str, Any], alone: bool, shard: bool) -> Extent:
    """Return how much is made, and take the words that say so away."""
    ranked, base, ladder = not words.pop("no_sensitivity", False), words.pop("base", None), words.pop("ladder", False)
    language = words.pop("language", None) or "en"
    if base is not None and not ranked:
        raise InputError(f"--base: with --no-sensitivity (got {base}); one of them")
    of_ranking = ("seed", "lives", "jobs", "backend", "scheduler", "timeout", "max_failed", "quiet", "resume")
    how = {name: words[name] for name in of_ranking if name in words}
    drivers = Asked.of(base=BASE if base is None else base, **how) if ranked and not shard else None
    return Extent(alone, drivers, ladder and not shard, language)


def _sides(studies: Sequence[str], words: dict[str, Any], levers: bool) -> list[Side]:
    settings, data, posterior = words.pop("settings", ()), words.pop("data", None), words.pop("posterior", None)
    laid_on = [read_overlay(name) for name in studies[1:]]
    each_once([overlay for overlay in laid_on if overlay is not None], "compare")
    overlays = dict(zip(studies[1:], laid_on, strict=True))
    plain = loaded(studies[0], (), data)
    found = overlays_for(plain) if levers else []
    # What a lever says of an input, the user may say otherwise: of the lever, not of today's world.
    own = {name for overlay in (*overlays.values(), *found) if overlay is not None for name in overlay.inputs}
    pairs_of(settings)
    common = [setting for setting in settings if setting.partition("=")[0].strip() not in own]
    first = settled(plain, common)

    def laid(overlay: Overlay) -> Side:
        mine = [setting for setting in settings if setting.partition("=")[0].strip() in overlay.inputs]
        study = settled(laid_over(plain, overlay), [*common, *mine])
        return Side(conditioned(study, posterior), SEVERAL if overlay.members else SINGLE, overlay.strengths)

    sides = [Side(conditioned(first, posterior), TODAY)]
    for name in studies[1:]:
        overlay = overlays[name]
        sides.append(Side(loaded(name, common, data, posterior), SINGLE) if overlay is None else laid(overlay))
    named = {side.study.name for side in sides}
    sides += [laid(overlay) for overlay in found if overlay.name not in named]
    if len(sides) < 2:
        raise InputError(f"--levers: {first.name} has the inputs of none (got no lever); name what to compare it with")
    return sides


def compare_again(folder: Path, words: dict[str, Any]) -> tuple[list[str], Callable[[], Told]]:
    """Return what the user has to know, and what compares once more what a folder holds.

    Raises
    ------
    InputError
        When what it was made from changed since.
    """
    about = record_of(folder)
    extent = about.get("extent", {})
    words = {**_said_then(extent), **words}
    alone = bool(extent.get("alone"))
    if not alone:
        from mcsim.command.again import compared_again

        made = _extent(words, alone, bool(words.get("shard")))
        found, asked = compared_again(folder, words)
        lines = list(dict.fromkeys(line for again in found for line in again.lines))
        sides = sides_of([again.study for again in found], about)
        return lines, lambda: compare_and_write(sides, asked, made)
    for name in OF_FOLDERS:
        if name in words:
            raise InputError(f"--from: with --{name} (got both); {folder} keeps no runs")
    from mcsim.command.again import unchanged

    studies = [unchanged(folder, record) for record in about["studies"]]
    drawn: Mapping[str, Any] = about["asked"]
    made = _extent(words, alone, False)
    one = Asked.of(**{**drawn, "keep": tuple(drawn["keep"]), **words})
    made = made if made.drivers is None else replace(made, drivers=_reseeded(made.drivers, one))
    sides = sides_of(studies, about)
    return [], lambda: compare_and_write(sides, [one for _ in sides], made)


def _said_then(extent: Mapping[str, Any]) -> dict[str, Any]:
    """Return how much was made of a comparison, as its options say it."""
    base, ladder = extent.get("base"), extent.get("ladder", False)
    ranked: dict[str, Any] = {"no_sensitivity": True} if base is None else {"base": base}
    return ranked | ({"ladder": True} if ladder else {})


def _reseeded(drivers: Asked, drawn: Asked) -> Asked:
    return replace(drivers, drawn=replace(drivers.drawn, seed=drawn.drawn.seed, lives=drawn.drawn.lives))


__all__ = ["compare", "compare_again", "recorded"]
