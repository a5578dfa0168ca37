"""The folder in which compiled kernels are kept: found without numba, since other things lie there too.

It is under ``NUMBA_CACHE_DIR`` where that is set, else in the user's cache directory, else in a private folder of the
system's temporary directory; its name is a hash of all sources beside this file.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

NAMED = "NUMBA_CACHE_DIR"  # where the user names a place
_SECONDS_KEPT = 30 * 86_400.0


def user_folder() -> Path:
    """Return the folder of the user's caches of this program, as the system has it."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "mcsim" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mcsim"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mcsim"


def source_key(folder: Path) -> str:
    """Return a short hash of the names and contents of all Python files in a folder and below it.

    Parameters
    ----------
    folder : Path
        The folder whose sources are hashed.

    Returns
    -------
    str
        20 hexadecimal digits; a different text for any edit, addition, removal or renaming.

    Examples
    --------
    >>> from pathlib import Path
    >>> from mcsim.kernels import _folder
    >>> len(_folder.source_key(Path(_folder.__file__).parent))
    20
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:20]


def _candidate_roots() -> Iterator[Path]:
    """Yield the folders in which caches may lie, the preferred one first."""
    if os.environ.get(NAMED):
        # The user named a place: a second one that he did not name would surprise him.
        yield Path(os.environ[NAMED]) / "mcsim"
        return
    yield user_folder()
    # Several users share the temporary directory, hence the user's number in the name and the check of the owner.
    yield Path(tempfile.gettempdir()) / f"mcsim-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def _is_private(folder: Path) -> bool:
    """Tell whether nobody else can plant code in the folder: a cached kernel is loaded and executed."""
    if not hasattr(os, "getuid"):
        return True
    status = folder.lstat()
    return not folder.is_symlink() and status.st_uid == os.getuid() and not status.st_mode & 0o022


def _remove_unused(root: Path, kept: Path) -> None:
    """Remove caches of sources that nobody has used for a month; the one kept was touched just now."""
    now = kept.stat().st_mtime
    for folder in root.glob("kernels-*"):
        try:
            if now - folder.stat().st_mtime > _SECONDS_KEPT:
                for path in sorted(folder.rglob("*"), reverse=True):
                    path.rmdir() if path.is_dir() else path.unlink()
                folder.rmdir()
        except OSError:
            # Another process removes it too.
            continue


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Return the folder that holds the compiled kernels of these sources, created if need be.

    Returns
    -------
    Path or None
        None where no candidate can be written, or where the sources cannot be read (a zip archive).
    """
    here = Path(__file__).resolve().parent
    if not here.is_dir():
        return None
    name = f"kernels-{source_key(here)}"
    for root in _candidate_roots():
        folder = root / name
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            if not (_is_private(root) or os.environ.get(NAMED)):
                continue
            tempfile.TemporaryFile(dir=folder).close()
            os.utime(folder)
        except OSError:
            continue
        _remove_unused(root, folder)
        return folder
    return None
