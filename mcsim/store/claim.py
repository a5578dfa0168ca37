"""A folder belongs to one process at a time: claimed by making it, held by a lock on a file in it.

The lock is the kernel's (`flock` on ``FOLDER/.lock``), so that it ends with its process, whatever ends that. The file
says who holds it. It is taken away at the end, while it is locked: whoever opened it before and locks it after holds a
file that nobody else will find, which is why a lock counts only while the file of that name is the one locked.
"""

from __future__ import annotations

import errno
import os
import platform
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mcsim.study import InputError
from mcsim.study.errors import printable

try:
    import fcntl
except ImportError:  # a system without flock
    fcntl = None  # type: ignore[assignment]

LOCK = ".lock"
HALF_REMOVED = (".chunks-done", ".ranking-done")  # folders lose their names before they are removed
TRIES = 1000  # against others that take the lock away at this moment
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)  # what file systems without say


class Claim:
    """A folder while this process works in it.

    Parameters
    ----------
    folder : Path
        The folder, which exists.
    descriptor : int
        Of the locked file.
    empty : bool
        Whether nothing was in the folder when it was claimed.
    made : list of Path
        Folders that were made for it, the outermost first; they go again where nothing comes to lie in them.
    """

    def __init__(self, folder: Path, descriptor: int, empty: bool, made: list[Path]) -> None:
        self.folder, self.empty = folder, empty
        self._descriptor, self._made, self._forked = descriptor, made, False
        self.thread, self.depth = threading.get_ident(), 1

    def check(self) -> None:
        """Refuse to write into a folder that is not the one claimed.

        Raises
        ------
        FileNotFoundError
            When it was removed, or another stands in its place.
        """
        if not self._forked and not _is_named(self._descriptor, self.folder / LOCK):
            raise FileNotFoundError(errno.ENOENT, "removed or replaced while it was worked in", str(self.folder))

    def close(self, forked: bool = False) -> None:
        """Give the folder up; of a forked process only the file is closed: it works for its parent, who holds it."""
        if not forked:
            with suppress(OSError):
                self.check()
                _sweep(self.folder)  # of a second process that was ended with its work
                (self.folder / LOCK).unlink()
            if fcntl is not None:
                with suppress(OSError):  # now, and not when the last process that inherited the file ends
                    fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        with suppress(OSError):
            os.close(self._descriptor)
        if forked:
            self._forked = True
        else:
            with suppress(OSError):
                for folder in reversed(self._made):
                    folder.rmdir()


_claims: dict[Path, Claim] = {}
_door = threading.Lock()


def _after_fork() -> None:
    """Hold nothing in a forked process: it would keep the folders of a parent that has died."""
    global _door
    _door = threading.Lock()
    for claim in _claims.values():
        claim.close(forked=True)
    _claims.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@contextmanager
def claimed(folder: Path | None, name: str = "", root: Path = Path("runs")) -> Iterator[Claim]:
    """Hold a folder, made if need be, against all other processes and threads; one that holds it may ask again.

    Parameters
    ----------
    folder : Path or None
        The folder, or None for the first of ``root/NAME-1``, ``-2``, ... that does not exist.
    name, root : str and Path
        For a folder that is not named.

    Raises
    ------
    InputError
        When another process or thread works in it, or it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place, claimed(None, "fleet", Path(place)) as claim:
    ...     claim.folder.name, claim.empty
    ('fleet-1', True)
    """
    made: list[Path] = []
    if folder is None:
        made = _missing(root)
        folder = new_folder(name, root)
        made.append(folder)
    place = Path(os.path.abspath(folder))
    with _door:
        claim = _claims.get(place)
        if claim is None:
            claim = _claims[place] = _taken(place, made, folder)
        elif claim.thread == threading.get_ident():
            claim.depth += 1
        else:
            raise InputError(f"{folder}: another thread of this process works in it; another --out, or wait for it")
    try:
        yield claim
    except KeyboardInterrupt as error:
        if claim.depth == 1 and any(name != LOCK for name in os.listdir(place)):
            error.add_note(str(folder))  # for whoever tells the user where what is complete lies
        raise
    finally:
        with _door:
            claim.depth -= 1
            if claim.depth == 0 and _claims.get(place) is claim:
                del _claims[place]
                claim.close()


def new_folder(name: str, root: Path = Path("runs")) -> Path:
    """Make the first of ``root/NAME-1``, ``-2``, ... that does not exist; of two processes only one makes it.

    Raises
    ------
    InputError
        For a name that would lead out of `root`, or where nothing can be written.
    """
    if any(mark in name for mark in "/\\:") or name.startswith(".") or not name.isprintable():
        raise InputError(f"{name!r}: not a name (got {name!r}); a study's name without / \\ : and no dot first")
    number = 1
    while True:
        folder = root / f"{name}-{number}"
        try:
            root.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
        except FileExistsError:
            if not root.is_dir():
                raise InputError(f"{root}: not a folder; remove it, or --out elsewhere") from None
            number += 1
        except OSError as error:
            raise InputError(f"{folder}: cannot be made ({error.strerror}); --out where you may write") from None
        else:
            return folder


def _taken(place: Path, made: list[Path], told: Path) -> Claim:
    """Return a folder locked, after making it where it is not there."""
    for _ in range(TRIES):
        try:
            made += _missing(place)
            place.mkdir(parents=True, exist_ok=True)
            empty = all(name == LOCK for name in os.listdir(place))
            descriptor = os.open(place / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except FileNotFoundError:  # its last owner took it away between two steps
            continue
        except OSError as error:
            raise InputError(
                f"{told}: cannot be written ({error.strerror}); another --out, or make it writable"
            ) from None
        locked = _locked(descriptor, told)
        if locked is False:
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "a process that just began"
            os.close(descriptor)
            who = printable(holder)
            raise InputError(f"{told}: another process works in it ({who}); wait until it ends, or another --out")
        if _is_named(descriptor, place / LOCK):
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"pid {os.getpid()} on {platform.node()}\n".encode())
            if locked:
                _sweep(place)
            return Claim(place, descriptor, empty, made)
        os.close(descriptor)
    raise InputError(f"{told}: cannot be locked (got another {LOCK} {TRIES} times); remove {LOCK}, or another --out")


def _sweep(place: Path) -> None:
    """Remove what a process that was killed left half-written or half-removed in a folder that is ours now."""
    with suppress(OSError):
        for path in (*place.glob(".*.part"), *place.glob("*/.*.part")):
            if path.parent == place or not (path.parent / LOCK).exists():
                path.unlink(missing_ok=True)
        for name in HALF_REMOVED:
            shutil.rmtree(place / name, ignore_errors=True)


def _missing(place: Path) -> list[Path]:
    """Return the folders on the way to one that are not there, the outermost first."""
    return [folder for folder in (*reversed(place.parents), place) if not folder.exists()]


def _locked(descriptor: int, told: Path) -> bool | None:
    """Lock a file and return whether nobody else has; where there are no locks, say so and return None."""
    reason = "no flock on this system"
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except OSError as error:
        if error.errno not in NO_LOCKS:
            return False
        reason = error.strerror or str(error)
    line = f"{told}: its file system has no locks ({reason}); see to it that no two processes work in it at a time"
    print(printable(line), file=sys.stderr, flush=True)
    return None


def _is_named(descriptor: int, path: Path) -> bool:
    """Return whether an open file is the one that has this name now."""
    try:
        own, named = os.fstat(descriptor), os.stat(path)
    except OSError:
        return False
    return (own.st_ino, own.st_dev) == (named.st_ino, named.st_dev)


def go_on(folder: Path) -> str:
    """Return how what works in a folder goes on: by the outermost folder that is held, such as that of a comparison.

    Examples
    --------
    >>> go_on(Path("runs/fleet-1"))
    '; what is complete is kept, go on with the same command and --resume --out runs/fleet-1'
    """
    place = Path(os.path.abspath(folder))
    steps = max((len(place.parts) - len(held.parts) for held in list(_claims) if held in place.parents), default=0)
    whole = folder.parents[steps - 1] if steps else folder
    return f"; what is complete is kept, go on with the same command and --resume --out {whole}"


def remedy(error: OSError, advice: str = "") -> str:
    """Return what happened to a folder that is written into, and what to do, on one line.

    Parameters
    ----------
    error : OSError
        What the system said.
    advice : str
        How to go on, where the folder is still there.
    """
    where = f" ({error.filename})" if error.filename else ""
    text = f"{error.strerror or error}{where}"
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
        return f"{text}; its folder was taken away while it was written: begin again, with another --out"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{text}; make the folder writable{advice}"
    return f"{text}; free space{advice}"
