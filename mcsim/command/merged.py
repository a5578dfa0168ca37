"""`mcsim merge`: shards of a run, of a ranking or of a comparison into one."""

from __future__ import annotations

from pathlib import Path

from mcsim.command.compared import RECORD, merge_compared
from mcsim.command.jobs import leading, written
from mcsim.study import InputError


def merge_and_report(folders: list[Path], out: Path, part: bool = False) -> str:
    """Merge shards, write the ranking and the report of the whole, and return what to tell the user.

    Parameters
    ----------
    folders : list of Path
        The shards, or parts merged of them.
    out : Path
        Where the whole goes.
    part : bool
        Whether neighbouring shards without the others will do.
    """
    from mcsim.engine.folder import merge
    from mcsim.ranking.fromdraws import merge_draws, of_draws
    from mcsim.ranking.merge import checked_parts, has_part, merge_rankings
    from mcsim.ranking.plain import rank_merged, with_members
    from mcsim.store.directory import CHUNKS, DRAWS, MANIFEST, TABLE
    from mcsim.store.joining import joining
    from mcsim.store.unrounded import drop_unrounded

    if (folders[0] / RECORD).is_file():
        return merge_compared(folders, out, part)
    ranked = [has_part(folder) for folder in folders]
    drawn = any((folder / name).exists() for folder in folders for name in (MANIFEST, DRAWS, CHUNKS))
    alone = all(ranked) and not drawn
    if any(ranked) and not all(ranked):
        lacking = folders[ranked.index(False)]
        raise InputError(f"{lacking}: no part of a ranking; every shard with its ranking, or all with --no-sensitivity")
    told = f"part: {out}; `mcsim merge` joins it to the others"
    if of_draws(folders[0]):
        study, ranking = merge_draws(folders, out, part)
        return told if ranking is None else f"{leading(ranking, study)}\nranking: {out / TABLE}"
    with joining(folders, out):
        if alone:
            study, ranking = merge_rankings(folders, out, part=part)
            return told if ranking is None else f"{leading(ranking, study)}\nranking: {out / TABLE}"
        if all(ranked):
            checked_parts(folders, part)  # before any work on the draws
        result = merge(folders, out, part=part, for_ranking=True)
        if not all(ranked):
            ranking = rank_merged(result, folders, out)
        else:
            ranking = merge_rankings(folders, out, result.study, part)[1]
            ranking = ranking and with_members(ranking, result, out)
        drop_unrounded(out)
        return told if result.shard is not None else written(result, ranking, out)
