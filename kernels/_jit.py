"""Compiler flags of every kernel; `_compiler` compiles with them, and `_cache` keeps what they make.

Flags, and why:

``nogil``
    Threads run kernels side by side on chunks of draws (joblib); a kernel touches arrays only and needs no interpreter.
``error_model="numpy"``
    A division by zero gives inf or nan as in NumPy. Python's model adds a branch to every division, and such loops do
    not vectorise.
no ``fastmath``
    Reassociated sums depend on the processor and once gave wrong Weibull fits; a run repeated elsewhere keeps its bits.
no ``parallel``
    It doubles the compile time and gains nothing, since the threads are outside; loops stay in a fixed order.
``noalias``
    Said by loops whose arrays do not overlap (`apart_kernel`); numba has the flag and does not offer it to users.
``_nrt``
    Said by every kernel, since numba lets those that say nothing inherit it from whichever caller is compiled first.
``cache``
    A cold compile costs seconds, a cached one milliseconds.

While numba compiles, Python collects no garbage: a compiler makes millions of small objects that stay, and looking
through them again and again is a tenth of the time (`Compiling`).
"""

import gc
import os
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numba.core import config, errors, event
from numba.core.cpu import CPUTargetOptions
from numba.core.options import TargetOptions
from numba.core.registry import CPUDispatcher
from numba.core.typing.typeof import typeof_impl

from mcsim.kernels._cache import CheckedCache, is_missing
from mcsim.kernels._compiler import KernelCompiler, TakenInCompiler
from mcsim.kernels._folder import cache_folder

FloatArray = npt.NDArray[np.float64]

# numba fills this module at run time, unseen by type checkers.
_settings: Any = config
# numba sets this flag of its compiler for loops of its own; here it becomes a word that `numba.njit` takes.
_options: Any = CPUTargetOptions
_options.noalias = TargetOptions.Mapping("noalias")  # type: ignore[no-untyped-call]


class Compiling(event.Listener):  # type: ignore[misc]
    """What happens around numba's compiling: no garbage is collected, and whoever asked is told once that it begins.

    numba compiles under one lock, so that these calls come from one thread at a time, the inner ones in between.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._collected = False
        self._tell: Callable[[], None] | None = None

    def tell(self, told: Callable[[], None] | None) -> None:
        """Call a function when something is compiled next, once."""
        self._tell = told

    def on_start(self, event: Any) -> None:
        """Begin."""
        if self._depth == 0:
            self._collected = gc.isenabled()
            gc.disable()
        self._depth += 1
        if self._tell is not None:
            told, self._tell = self._tell, None
            told()

    def on_end(self, event: Any) -> None:
        """End."""
        self._depth -= 1
        if self._depth == 0 and self._collected:
            gc.enable()


COMPILING = Compiling()
event.register("numba:compile", COMPILING)  # type: ignore[no-untyped-call]


class Leaving:
    """Within it, the first kernel that is not kept yet is left to another process, which compiles it at this moment.

    For who goes through a model for its kernels' sake alone: a kernel that is left fills nothing.
    """

    def __init__(self) -> None:
        self._active = False
        self._left: Any = None

    def __enter__(self) -> None:
        self._active, self._left = True, None

    def __exit__(self, *_: object) -> None:
        self._active = False

    def takes(self, compiled: Any) -> bool:
        """Return whether a kernel that is to be compiled is left."""
        if not self._active or not is_missing(compiled):
            return False
        if self._left is None:
            self._left = compiled
        return compiled is self._left


LEAVING = Leaving()


def _fill_nothing(*_: Any) -> None:
    """Do nothing in the place of a kernel that is left."""


def _know(value: Any) -> None:
    """Tell numba that records are tuples: it asks each new class whether it is one of all things that it knows."""
    if isinstance(value, tuple):
        if hasattr(value, "_fields") and type(value) not in typeof_impl.registry:
            typeof_impl.register(type(value), typeof_impl.dispatch(tuple))
        for part in value:
            _know(part)


class Kernel(CPUDispatcher):  # type: ignore[misc]
    """A compiled function of two forms, each compiled where it is asked for: called by Python, and taken in by kernels.

    Most kernels are only taken in. What Python would call of them, machine code and a wrapper that takes a record of a
    hundred arrays apart, was a third of all compiling.
    """

    unrolls = False

    @cached_property
    def taken_in(self) -> Any:
        """The form that other kernels take in."""
        options = {**self.targetoptions, "no_cpython_wrapper": True}
        return CPUDispatcher(self.py_func, targetoptions=options, pipeline_class=TakenInCompiler)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        """Return how another kernel calls this one."""
        return self.taken_in.get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        """Return what another kernel calls."""
        return self.taken_in.get_overload(sig)

    def typeof_pyval(self, val: Any) -> Any:
        """Return numba's type of an argument."""
        _know(val)
        return super().typeof_pyval(val)

    def get_compile_result(self, sig: Any) -> Any:
        """Refuse to be a value of numba's type of functions, for which it would want a third form."""
        raise errors.TypingError(f"{self.py_func.__name__}: a kernel is called by its name, not handed on")

    def _compile_for_args(self, *args: Any, **kws: Any) -> Any:
        # What is returned is called.
        return _fill_nothing if LEAVING.takes(self) else super()._compile_for_args(*args, **kws)  # type: ignore[misc]

    def compile(self, sig: Any) -> Any:
        """Compile, with short loops put together again in vector registers if `unrolls`."""
        before = _settings.SLP_VECTORIZE
        _settings.SLP_VECTORIZE = int(self.unrolls or before)
        try:
            return super().compile(sig)
        finally:
            _settings.SLP_VECTORIZE = before

    @property
    def is_compiling(self) -> Any:
        """Whether one that calls itself is being compiled."""
        return super().is_compiling or self.taken_in.is_compiling


def _compile(function: Callable[..., Any], **flags: Any) -> Any:
    if _settings.DISABLE_JIT:
        return function
    options = {"nopython": True, "nogil": True, "error_model": "numpy", "boundscheck": None, "no_cfunc_wrapper": True}
    compiled: Any = Kernel(function, targetoptions=options | flags, pipeline_class=KernelCompiler)
    # A function typed at a prompt has no file to key.
    if os.path.exists(function.__code__.co_filename) and cache_folder() is not None:
        compiled._cache = CheckedCache(function)
    return compiled


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a pure function of arrays and scalars with the flags that all kernels share.

    Parameters
    ----------
    function : callable
        The Python function; its calls to other kernels are compiled in.

    Returns
    -------
    callable
        The compiled function; the Python one stays reachable as ``py_func``.

    Examples
    --------
    >>> from mcsim.kernels._jit import kernel
    >>> @kernel
    ... def halve(x):
    ...     return x / 2.0
    >>> halve(3.0)
    1.5
    """
    return _compile(function, _nrt=True)


def borrowing_kernel(function: Callable[..., Any]) -> Any:
    """Compile a kernel that works in memory given to it and counts no references.

    numba counts the references to every array of a record, and of all records in it, wherever one is passed on or taken
    from another: a third of the time of the exact expectation. Such a kernel allocates nothing (numba refuses it), and
    returns no array: what it would return is lent, and a caller that counts would give it back once too often. Records
    are put together by `part_of_kernel`.

    Parameters
    ----------
    function : callable
        The Python function.

    Returns
    -------
    callable
        The compiled function.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels._jit import borrowing_kernel
    >>> @borrowing_kernel
    ... def first(values):
    ...     return values[0]
    >>> first(np.array([3.0, 4.0]))
    3.0
    """
    return _compile(function, _nrt=False)


def inline_borrowing_kernel(function: Callable[..., Any]) -> Any:
    """Compile a short function of records so that it dissolves into its caller; as `borrowing_kernel` otherwise."""
    return _compile(function, forceinline=True, _nrt=False)


def unrolling_kernel(function: Callable[..., Any]) -> Any:
    """Compile the outermost kernel of loops over a few dozen numbers, a known number; as `borrowing_kernel` otherwise.

    LLVM unrolls such a loop into single numbers, and nested ones at once. Another pass puts them together in vector
    registers again, which numba leaves off; it takes the longer the more a kernel holds beside such loops.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels._jit import unrolling_kernel
    >>> @unrolling_kernel
    ... def outer(left, right, out):
    ...     for row in range(4):
    ...         for lane in range(8):
    ...             out[row, lane] = left[row] * right[lane]
    >>> out = np.empty((4, 8))
    >>> outer(np.arange(4.0), np.ones(8), out)
    >>> out[:, 7]
    array([0., 1., 2., 3.])
    """
    compiled = _compile(function, _nrt=False)
    if isinstance(compiled, Kernel):
        compiled.unrolls = True
    return compiled


def apart_kernel(function: Callable[..., Any]) -> Any:
    """Compile loops over arrays of which none overlaps another that is written, so that they dissolve into the caller.

    Where two arrays might overlap, a loop over them is not vectorised, or looks at their places first each time: for
    the few dozen numbers of a life that costs more than the sums. As `borrowing_kernel` otherwise. Rows of one array
    that are told apart by a number are apart too.

    Examples
    --------
    >>> import numpy as np
    >>> from mcsim.kernels._jit import apart_kernel
    >>> @apart_kernel
    ... def scale(factor, source, target):
    ...     for k in range(target.size):
    ...         target[k] = factor * source[k]
    >>> target = np.empty(2)
    >>> scale(2.0, np.array([1.0, 2.0]), target)
    >>> target
    array([2., 4.])
    """
    return _compile(function, forceinline=True, _nrt=False, noalias=True)


def part_of_kernel(function: Callable[..., Any]) -> Any:
    """Make a function a part of the kernels that call it: compiled with them, never alone.

    numba optimises a kernel together with all that it calls, so every level of large kernels that call one another is
    optimised again with each level above. A long kernel of few callers is cut into such parts instead.
    """
    return _compile(function, inline="always", _nrt=True)


def inline_kernel(function: Callable[..., Any]) -> Any:
    """Compile a scalar formula so that it always dissolves into the loop that calls it.

    A call that stays a call keeps its loop from using vector instructions.

    Parameters
    ----------
    function : callable
        A short scalar formula without loops.

    Returns
    -------
    callable
        The compiled function.

    Examples
    --------
    >>> from mcsim.kernels._jit import inline_kernel
    >>> @inline_kernel
    ... def square(x):
    ...     return x * x
    >>> square(3.0)
    9.0
    """
    return _compile(function, forceinline=True, _nrt=True)
