"""Stages remembered from one study to the next: what two scenarios of a model have in common is computed once.

Scenarios of one study are a few inputs apart, and a model in stages (`mcsim.study.stages`) says which stage reads
which. A memory keeps what the stages of the first study gave, under a key of all that each of them read, to the bit:
values of its inputs, options, seed, numbers of the draws, and the keys of the stages before it. Another study's stage
that reads the same is handed the same. Nothing is guessed: a stage that reads anything else is computed, and gives the
same bits as without a memory.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.study import Context, IntArray, Study
from mcsim.study.stages import Options, Results, Stage, Stages

MOST_BYTES = 512 * 2**20  # of what is remembered: the draws that come first
_KEY = "key of "  # and the name of a stage: a result beside its own, for the stages after it


class Memory:
    """What stages gave, kept while the first study runs and handed out from then on.

    Parameters
    ----------
    study : Study
        The first one.
    most : int
        Bytes that are kept.

    Examples
    --------
    >>> from mcsim.study.load import load
    >>> study = load("fleet")
    >>> memory = Memory(study)
    >>> memory.lent(study).model is study.model, memory.kept
    (False, 0)
    """

    def __init__(self, study: Study, most: int = MOST_BYTES) -> None:
        self._stages = study.model.evaluate if isinstance(study.model.evaluate, Stages) else None
        self._left = most
        self._known: dict[bytes, Results] = {}
        self._lock = threading.Lock()
        self._keeps = True
        self.found = 0

    @property
    def kept(self) -> int:
        """How many results of stages are kept."""
        return len(self._known)

    def lent(self, study: Study) -> Study:
        """Return a study of the same model whose stages remember; any other as it is."""
        if self._stages is None or study.model.evaluate is not self._stages:
            return study
        return replace(study, model=replace(study.model, evaluate=Stages(self._recalling)))

    def keep_no_more(self) -> None:
        """Hand out what is kept from now on; nothing is before, so that a model that draws twice is found out."""
        self._keeps = False

    def forget(self) -> None:
        """Let go of everything."""
        self._known.clear()

    def _recalling(self, options: Options) -> tuple[Stage, ...]:
        assert self._stages is not None  # no study is lent else
        return tuple(replace(stage, compute=partial(self._recall, stage)) for stage in self._stages.of(options))

    def _recall(self, stage: Stage, inputs: Any, found: Any, context: Context) -> Results:
        n_rows = len(context.draws)
        if stage.compared:
            # Cheap, and its results decide whether what follows is the same: they are its key.
            results = dict(stage.compute(inputs, found, context))
            return results | {f"{_KEY}{stage.name}": _keys_of_rows(results, n_rows)}
        key = _key_of(stage, inputs, found, context)
        known = None if self._keeps else self._known.get(key)
        if known is not None:
            self.found += 1
            return known
        rows = np.empty((n_rows, 3), np.uint64)
        rows[:, :2], rows[:, 2] = np.frombuffer(key, np.uint64), np.arange(n_rows)
        told = {**stage.compute(inputs, found, context), f"{_KEY}{stage.name}": rows}
        if self._keeps:
            self._keep(key, told)
        return told

    def _keep(self, key: bytes, results: Results) -> None:
        size = sum(_room(values) for values in results.values())
        with self._lock:
            if size <= self._left and key not in self._known:
                self._left -= size
                self._known[key] = results


def _room(values: NDArray[Any]) -> int:
    """Return the bytes that are held with an array: a view holds the whole of what it shows."""
    base = values.base
    return values.nbytes if base is None else max(values.nbytes, int(getattr(base, "nbytes", 0)))


def _key_of(stage: Stage, inputs: Mapping[str, Any], found: Mapping[str, Any], context: Context) -> bytes:
    """Return a digest of all that a stage may read."""
    wanted = None if context.wanted is None else sorted(context.wanted)
    said = (stage.name, sorted(context.options.items()), context.seed, context.lives, wanted, len(context.draws))
    digest = hashlib.blake2b(repr(said).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(context.draws).data)
    for name in stage.reads:
        values = np.ascontiguousarray(inputs[name])
        digest.update(f"{name}{values.dtype.str}{values.shape}".encode())
        digest.update(values.data)
    for name in stage.after:
        digest.update(np.ascontiguousarray(found[f"{_KEY}{name}"]).data)
    return digest.digest()


def _keys_of_rows(results: Results, n_rows: int) -> IntArray:
    columns = [np.ascontiguousarray(values).reshape(n_rows, -1) for values in results.values()]
    digests = [
        hashlib.blake2b(b"".join(column[row].tobytes() for column in columns), digest_size=16).digest()
        for row in range(n_rows)
    ]
    return np.frombuffer(b"".join(digests), np.int64).reshape(n_rows, 2)
