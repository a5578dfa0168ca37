"""Random numbers that are functions of (seed, stream, draw, vehicle): Philox4x32-10, without any state.

A number depends on what it is for and not on what was drawn before it, so results do not change with chunks, threads,
shards or restarts, and a new input changes no other input's column.

Source: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC '11, section 3.3
(Philox4x32 with ten rounds). The known-answer vectors of their library Random123 are in the tests.

Layout of the bits, all of them one to one:

* key of a stream: the first two words of Philox with the seed as key and the stream as counter (`stream_key`);
* counter of a number: (vehicle low, vehicle high, draw low, draw high + block * 2**24).

Hence vehicle < 2**64, draw < 2**56 and block < 256. Draw 0 throughout gives numbers common to all draws.
"""

import hashlib

import numpy as np
import numpy.typing as npt

from mcsim.kernels._jit import FloatArray, inline_kernel, kernel

MAXIMUM_DRAW = 2**56 - 1

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW_32 = np.uint64(0xFFFFFFFF)
_HALF_WORD = np.uint64(32)
_BLOCK_SHIFT = np.uint64(56)
_DISCARDED = np.uint64(12)
_KEPT_ABOVE = np.uint64(20)
_UNIT_32 = 2.0**-32
_UNIT_52 = 2.0**-52


def stream_of(name: str) -> int:
    """Return the stream number of an input or a purpose: the first 8 bytes of the SHA-256 of its name, little-endian.

    Parameters
    ----------
    name : str
        Name of the input. Purposes inside a model contain a slash ("lives/pack"), which no input's name can.

    Returns
    -------
    int
        A number in [0, 2**64), the same on every machine and for ever.

    Examples
    --------
    >>> from mcsim.kernels.streams import stream_of
    >>> hex(stream_of("annual_degradation"))
    '0xb685197068197aff'
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


@inline_kernel
def _round(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64, np.uint64, np.uint64]:
    # Bits above the 32nd of c0 and c2 are never read: the mask before a product is free, since it is how the processor
    # multiplies two halves.
    # One round: two products of 64 bits, whose high halves are mixed with the other words and the key, and whose low
    # halves become words themselves; the key goes on by the golden ratio and sqrt(3) - 1 (Weyl sequences).
    product_0 = (c0 & _LOW_32) * _MULTIPLIER_0
    product_1 = (c2 & _LOW_32) * _MULTIPLIER_1
    c0 = (product_1 >> _HALF_WORD) ^ c1 ^ k0
    c2 = (product_0 >> _HALF_WORD) ^ c3 ^ k1
    return c0, product_1, c2, product_0, (k0 + _WEYL_0) & _LOW_32, (k1 + _WEYL_1) & _LOW_32


@inline_kernel
def philox4x32(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return four random 32-bit words of a 128-bit counter and a 64-bit key.

    Parameters
    ----------
    c0, c1, c2, c3, k0, k1 : uint64
        The words of the counter and of the key, each below 2**32.

    Returns
    -------
    tuple of four uint64
        Words below 2**32.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.streams import philox4x32
    >>> zero = np.uint64(0)
    >>> [hex(word) for word in philox4x32(zero, zero, zero, zero, zero, zero)]
    ['0x6627e8d5', '0xe169c58d', '0xbc57ac4c', '0x9b00dbd8']
    """
    # Written out: as a loop it would be the innermost one, and the loop over counters would not vectorise.
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    c0, c1, c2, c3, k0, k1 = _round(c0, c1, c2, c3, k0, k1)
    return c0 & _LOW_32, c1 & _LOW_32, c2 & _LOW_32, c3 & _LOW_32


@inline_kernel
def unit32(word: np.uint64) -> float:
    """Return a 32-bit word as a number strictly inside (0, 1), in steps of 2**-32 and symmetric about 1/2.

    Parameters
    ----------
    word : uint64
        A word below 2**32.

    Returns
    -------
    float
        (word + 1/2) / 2**32.

    Examples
    --------
    >>> from mcsim.kernels.streams import unit32
    >>> unit32(2**31) - 0.5 == 2.0**-33
    True
    """
    # The middle of each step of 2**-32: neither 0 nor 1, whose quantiles may be infinite.
    return (np.float64(word) + 0.5) * _UNIT_32


@inline_kernel
def unit52(high: np.uint64, low: np.uint64) -> float:
    """Return two words as a number strictly inside (0, 1), in steps of 2**-52 and symmetric about 1/2.

    One bit less than a float64 holds: the half step that keeps it off 0 and 1 stays exact.

    Parameters
    ----------
    high, low : uint64
        Words below 2**32; the 12 lowest bits of `low` are not used.

    Returns
    -------
    float
        (k + 1/2) / 2**52 with k the 52 leading bits.

    Examples
    --------
    >>> from numpy import uint64
    >>> from mcsim.kernels.streams import unit52
    >>> unit52(uint64(0), uint64(0)) == 2.0**-53
    True
    """
    return (np.float64((high << _KEPT_ABOVE) | (low >> _DISCARDED)) + 0.5) * _UNIT_52


@kernel
def _derive_key(seed: np.uint64, stream: np.uint64) -> np.uint64:
    # The seed is the key of the cipher and the stream its counter, so that neighbouring streams get unrelated keys.
    zero = np.uint64(0)
    w0, w1, _, _ = philox4x32(stream & _LOW_32, stream >> _HALF_WORD, zero, zero, seed & _LOW_32, seed >> _HALF_WORD)
    return w0 | (w1 << _HALF_WORD)


def stream_key(seed: int | np.uint64, stream: int | np.uint64) -> np.uint64:
    """Return the 64-bit key of a stream under a seed.

    Parameters
    ----------
    seed, stream : int
        The run's seed and a number from `stream_of`, both in [0, 2**64).

    Returns
    -------
    numpy.uint64
        What `vehicle_words` and the functions that fill arrays take. It stays a NumPy number: numba reads a Python
        integer as a signed one, and half of the keys do not fit.

    Raises
    ------
    ValueError
        Where one of them is out of range.

    Examples
    --------
    >>> from mcsim.kernels.streams import stream_key
    >>> hex(stream_key(0, 0))
    '0xe169c58d6627e8d5'
    """
    _check_word("seed", seed, 2**64 - 1)
    _check_word("stream", stream, 2**64 - 1)
    return np.uint64(_derive_key(np.uint64(seed), np.uint64(stream)))


@inline_kernel
def vehicle_words(
    key: np.uint64, draw: np.uint64, vehicle: np.uint64, block: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four 32-bit words of (stream, draw, vehicle, block).

    Parameters
    ----------
    key, draw, vehicle, block : uint64
        From `stream_key`, and below 2**56, 2**64 and 256.

    Returns
    -------
    tuple of four uint64
        Words below 2**32.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.streams import stream_key, vehicle_words
    >>> len(vehicle_words(stream_key(7, 1), np.uint64(3), np.uint64(5), np.uint64(0)))
    4
    """
    # The block takes the 8 bits above the 56 of the draw: no two (draw, block) share a counter.
    upper = draw | (block << _BLOCK_SHIFT)
    c0, c1, c2, c3 = vehicle & _LOW_32, vehicle >> _HALF_WORD, upper & _LOW_32, upper >> _HALF_WORD
    return philox4x32(c0, c1, c2, c3, key & _LOW_32, key >> _HALF_WORD)


@inline_kernel
def vehicle_uniforms(key: np.uint64, draw: np.uint64, vehicle: np.uint64, block: np.uint64) -> tuple[float, float]:
    """Return two uniform numbers of 52 bits for (stream, draw, vehicle, block), strictly inside (0, 1).

    Parameters
    ----------
    key, draw, vehicle, block : uint64
        From `stream_key`, and below 2**56, 2**64 and 256.

    Returns
    -------
    tuple of two floats
        Independent uniforms.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.streams import stream_key, vehicle_uniforms
    >>> len(vehicle_uniforms(stream_key(7, 1), np.uint64(3), np.uint64(5), np.uint64(0)))
    2
    """
    w0, w1, w2, w3 = vehicle_words(key, draw, vehicle, block)
    return unit52(w0, w1), unit52(w2, w3)


@kernel
def _fill_range(key: np.uint64, start: np.uint64, out: FloatArray) -> None:
    zero = np.uint64(0)
    for i in range(out.size):
        out[i] = vehicle_uniforms(key, start + np.uint64(i), zero, zero)[0]


@kernel
def _fill_at(key: np.uint64, draws: npt.NDArray[np.int64], out: FloatArray) -> None:
    zero = np.uint64(0)
    for i in range(out.size):
        out[i] = vehicle_uniforms(key, np.uint64(draws[i]), zero, zero)[0]


def _check_word(place: str, value: int | np.uint64, upper: int) -> None:
    if not 0 <= value <= upper:
        raise ValueError(f"{place}: outside the range of the random numbers (got {value}); give one in [0, {upper}]")


def uniforms(seed: int, stream: int, start: int, stop: int) -> FloatArray:
    """Return the uniform numbers of one input for the draws start..stop-1, strictly inside (0, 1).

    Parameters
    ----------
    seed, stream : int
        The run's seed and the input's stream (`stream_of`), both in [0, 2**64).
    start, stop : int
        First draw and the one after the last, below 2**56.

    Returns
    -------
    ndarray, shape (stop - start,)
        Element i is the first number of `vehicle_uniforms` for draw ``start + i``, vehicle 0 and block 0.

    Raises
    ------
    ValueError
        Where one of them is out of range.

    Examples
    --------
    >>> from mcsim.kernels.streams import stream_of, uniforms
    >>> whole = uniforms(1, stream_of("knee_age"), 0, 10)
    >>> bool((whole[4:] == uniforms(1, stream_of("knee_age"), 4, 10)).all())
    True
    """
    key = stream_key(seed, stream)
    _check_word("draw", start, MAXIMUM_DRAW)
    _check_word("draw", stop, MAXIMUM_DRAW)
    out = np.empty(max(0, stop - start))
    _fill_range(key, np.uint64(start), out)
    return out


def uniforms_at(seed: int, stream: int, draws: npt.NDArray[np.int64]) -> FloatArray:
    """Return the uniform numbers of one input for any draws, the same numbers as `uniforms` gives.

    Parameters
    ----------
    seed, stream : int
        The run's seed and the input's stream (`stream_of`), both in [0, 2**64).
    draws : ndarray of int64, shape (n,)
        Global numbers of the draws, in [0, 2**56).

    Returns
    -------
    ndarray, shape (n,)
        Numbers strictly inside (0, 1).

    Raises
    ------
    ValueError
        Where one of them is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels.streams import uniforms, uniforms_at
    >>> bool((uniforms_at(1, 2, np.array([5, 3])) == uniforms(1, 2, 3, 6)[[2, 0]]).all())
    True
    """
    key = stream_key(seed, stream)
    for draw in (draws.min(initial=0), draws.max(initial=0)):
        _check_word("draw", int(draw), MAXIMUM_DRAW)
    out = np.empty(draws.size)
    _fill_at(key, draws, out)
    return out
