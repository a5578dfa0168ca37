"""How a record that holds functions travels: to another process, or into a pickle."""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from mcsim.study.errors import InputError


def _view(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


def _proxy_parts(view: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _view, (dict(view),)


# A read-only view does not pickle or copy by itself; the options of a study are one.
copyreg.pickle(MappingProxyType, _proxy_parts)


class Travels:
    """A record that plain `pickle` takes although it holds functions made inside functions."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return pickle.loads, (packed(self, type(self).__name__.lower()),)


def packed(thing: Any, name: str) -> bytes:
    """Return anything as bytes for another process, a study's functions included.

    Parameters
    ----------
    thing : object
        What travels.
    name : str
        What an error calls it.

    Raises
    ------
    InputError
        When it holds something that cannot travel, such as an open file.

    Examples
    --------
    >>> pickle.loads(packed(lambda x: x + 1, "next"))(1)
    2
    """
    import cloudpickle  # type: ignore[import-untyped]

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, item: Any) -> Any:
            if isinstance(item, MappingProxyType):
                return _proxy_parts(item)
            if isinstance(item, Travels):  # its fields, here and now, not packed once more
                return object.__reduce_ex__(item, pickle.HIGHEST_PROTOCOL)
            return super().reducer_override(item)

    stream = io.BytesIO()
    with _by_value():
        try:
            Pickler(stream).dump(thing)
        except Exception as error:
            raise InputError(
                f"{name}: model cannot be sent to other processes (got {error}); use the backend threads"
            ) from None
    return stream.getvalue()


@contextmanager
def _by_value() -> Iterator[None]:
    """Send the user's own file with its content: a worker elsewhere cannot import it by the name it has here."""
    import cloudpickle

    from mcsim.study.imports import own_modules

    modules = own_modules()
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
