"""The one place where a lower floor asks for what stands above it: by name, of the top floor, when it is called."""

import sys
from collections.abc import Callable
from typing import Any


def above(name: str) -> Callable[..., Any]:
    """Return the function behind a method such as ``Result.plot``, which the package's own names list.

    Examples
    --------
    >>> above("Result.plot").__name__
    'plot_result'
    """
    function: Callable[..., Any] = sys.modules["mcsim"]._above(name)
    return function
