"""`mcsim merge`: shards of a run, of a ranking or of a comparison into one."""

from __future__ import annotations

from pathlib import Path

from mcsim.command.compared import RECORD, merge_compared
from mcsim.command.jobs import leading, written
from mcsim.study import InputError


def merge_and_report(folders: list[Path], out: Path) -> str:
    """Merge shards, write the ranking and the report of the whole, and return what to tell the user."""
    from mcsim.engine.folder import merge
    from mcsim.ranking.fromdraws import merge_draws, of_draws
    from mcsim.ranking.merge import has_part, merge_rankings
    from mcsim.ranking.plain import rank_merged, with_members
    from mcsim.store.directory import CHUNKS, DRAWS, MANIFEST, TABLE
    from mcsim.store.joining import joining

    if (folders[0] / RECORD).is_file():
        return merge_compared(folders, out)
    ranked = [has_part(folder) for folder in folders]
    drawn = any((folder / name).exists() for folder in folders for name in (MANIFEST, DRAWS, CHUNKS))
    alone = all(ranked) and not drawn
    if any(ranked) and not all(ranked):
        lacking = folders[ranked.index(False)]
        raise InputError(f"{lacking}: no part of a ranking; every shard with its ranking, or all with --no-sensitivity")
    if of_draws(folders[0]):
        study, ranking = merge_draws(folders, out)
        return f"{leading(ranking, study)}\nranking: {out / TABLE}"
    with joining(folders, out):
        if alone:
            study, ranking = merge_rankings(folders, out)
            return f"{leading(ranking, study)}\nranking: {out / TABLE}"
        result = merge(folders, out)
        if all(ranked):
            ranking = with_members(merge_rankings(folders, out, result.study)[1], result, out)
            return written(result, ranking, out)
        return written(result, rank_merged(result, folders, out), out)
