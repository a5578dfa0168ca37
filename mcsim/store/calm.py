"""A file for a library that cannot bear an error of the disk.

HDF5 keeps what it could not write, tries again while it closes, and ends the process with a segmentation fault when
that fails too (a full disk, a limit on the size of files). Here it is told that everything went well; the first error
is kept and raised once the library has let go.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class CalmFile:
    """A binary file whose writes never fail; what failed is said by `check`.

    Parameters
    ----------
    path : Path
        The file.
    mode : str
        ``w+b`` for a new file, ``r+b`` for one that is there.
    """

    def __init__(self, path: Path, mode: str) -> None:
        self._file: Any = path.open(mode, buffering=0)
        self.error: OSError | None = None

    def check(self) -> None:
        """Raise the first error that there was.

        Raises
        ------
        OSError
            As the disk gave it.
        """
        if self.error is not None:
            raise self.error

    def write(self, content: Any) -> int:
        """Write bytes, all of them unless the disk fails, and return how many were given."""
        rest = memoryview(content).cast("B")
        size = len(rest)
        while len(rest) > 0 and self.error is None:
            try:
                rest = rest[self._file.write(rest) :]
            except OSError as error:
                self.error = error
        return size

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, with zeros where the file ends before: after an error it may lack what was written."""
        view = memoryview(buffer).cast("B")
        place = 0
        while place < len(view):
            count = self._file.readinto(view[place:])
            if not count:
                view[place:] = bytes(len(view) - place)
                break
            place += count
        return len(view)

    def read(self, size: int = -1) -> bytes:
        """Return bytes from where the file stands."""
        return bytes(self._file.read(size))

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        """Return the place."""
        return int(self._file.tell())

    def truncate(self, size: int | None = None) -> int:
        """Set the size of the file."""
        try:
            return int(self._file.truncate(size))
        except OSError as error:
            self.error = self.error or error
            return self.tell() if size is None else size

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def calm(path: Path, mode: str) -> Iterator[CalmFile]:
    """Give a file to write to, and raise the first error of the disk when it is closed.

    Raises
    ------
    OSError
        As the disk gave it, whatever the library made of it.
    """
    file = CalmFile(path, mode)
    try:
        yield file
    except Exception:
        file.check()
        raise
    finally:
        file.close()
    file.check()
