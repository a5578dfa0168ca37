"""Direction numbers of the Sobol' sequence that scipy has, from its table, without `scipy.stats`: half a second of CPU.

Source of the numbers: Joe and Kuo (2008), "Constructing Sobol sequences with better two-dimensional projections", SIAM
J. Sci. Comput. 30(5), 2635-2654, the table new-joe-kuo-6.21201, which lies beside scipy's engine.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mcsim.study import IntArray

MOST_DIMS = 21201
_TABLE = "stats/_sobol_direction_numbers.npz"


@lru_cache(maxsize=16)
def direction_numbers(dims: int, columns: int, bits: int) -> NDArray[np.uint64]:
    """Return the first direction numbers of the first dimensions.

    Parameters
    ----------
    dims, columns : int
        Dimensions, at most 21,201, and numbers of each.
    bits : int
        Of a number; at least `columns`.

    Returns
    -------
    ndarray of uint64, shape (dims, columns)
        Number c of a dimension, a fraction of 1 times 2**bits, is point 2**(c + 1) - 1 in the order of Gray codes.

    Examples
    --------
    >>> direction_numbers(2, 3, 3).tolist()
    [[4, 2, 1], [4, 6, 5]]
    """
    polynomials, beginnings = _table(dims)
    numbers = np.ones((dims, columns), np.int64)  # those of the first dimension
    degrees = np.frexp(polynomials)[1] - 1
    for degree in range(1, int(degrees.max(initial=0)) + 1):
        own = np.flatnonzero(degrees == degree)
        own = own[own > 0]
        numbers[own, :degree] = beginnings[own, :columns][:, :degree]
        for c in range(degree, columns):
            # Number c is number c - m of a polynomial of degree m, and 2**k times number c - k for each coefficient k.
            found = numbers[own, c - degree]
            for k in range(1, degree + 1):
                found = found ^ ((polynomials[own] >> degree - k & 1) * (numbers[own, c - k] << k))
            numbers[own, c] = found
    return (numbers << bits - 1 - np.arange(columns)).astype(np.uint64)


def _table(dims: int) -> tuple[IntArray, IntArray]:
    """Return the polynomial of each dimension, as a number, and its first numbers."""
    scipy = find_spec("scipy")
    assert scipy is not None  # the product asks for it
    assert scipy.origin is not None
    with np.load(Path(scipy.origin).parent / _TABLE) as table:
        return table["poly"][:dims].astype(np.int64), table["vinit"][:dims].astype(np.int64)
