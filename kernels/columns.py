"""Uniform numbers for many inputs at once: what `mcsim.kernels.streams.uniforms` gives for each, in one call."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels._jit import kernel
from mcsim.kernels.streams import unit52, vehicle_words


@kernel
def fill_columns(keys: NDArray[Any], start: int, out: NDArray[Any]) -> None:
    """Fill the uniform numbers of every input for a run of draws.

    Parameters
    ----------
    keys : ndarray of uint64, shape (inputs,)
        From `mcsim.kernels.streams.stream_key`.
    start : uint64
        First draw, below 2**56.
    out : ndarray, shape (inputs, n)
        Filled; strictly inside (0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.columns import fill_columns
    >>> from mcsim.kernels.streams import stream_key, uniforms
    >>> out = np.empty((1, 3))
    >>> fill_columns(np.array([stream_key(np.uint64(1), np.uint64(7))], np.uint64), np.uint64(5), out)
    >>> bool((out[0] == uniforms(1, 7, 5, 8)).all())
    True
    """
    zero = np.uint64(0)
    # Row by row: the key stays in registers, and the loop over draws vectorises.
    for row in range(keys.size):
        key = keys[row]
        for i in range(out.shape[1]):
            w0, w1, _, _ = vehicle_words(key, np.uint64(start) + np.uint64(i), zero, zero)
            out[row, i] = unit52(w0, w1)
