"""Where compiled kernels are kept, and how they are read again.

numba keys a cached kernel by the file that holds it and does not notice an edit in a helper imported from another file.
Therefore the cache of kernels lies in a folder whose name is a hash of all sources beside this file: any edit there
means a new folder. It is under ``NUMBA_CACHE_DIR`` where that is set, else in the user's cache directory, else in a
private folder of the system's temporary directory; where none can be written, kernels compile in every process. Nothing
is written beside the sources, and numba functions other than these keep numba's own caching.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from numba.core import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, UserWideCacheLocator
from numba.core.codegen import JITCodeLibrary, ll
from numba.core.compiler import compile_result
from numba.core.environment import Environment, lookup_environment
from numba.core.runtime import rtsys
from numba.misc.appdirs import AppDirs

# numba fills this module at run time, unseen by type checkers.
_settings: Any = config

_SECONDS_KEPT = 30 * 86_400.0


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
    >>> from mcsim.kernels import _cache
    >>> len(_cache.source_key(Path(_cache.__file__).parent))
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
    if _settings.CACHE_DIR:
        # The user named a place: a second one that he did not name would surprise him.
        yield Path(_settings.CACHE_DIR) / "mcsim"
        return
    yield Path(AppDirs(appname="mcsim", appauthor=False).user_cache_dir)  # type: ignore[no-untyped-call]
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
            if not (_is_private(root) or _settings.CACHE_DIR):
                continue
            tempfile.TemporaryFile(dir=folder).close()
            os.utime(folder)
        except OSError:
            continue
        _remove_unused(root, folder)
        return folder
    return None


class KernelCacheLocator(UserWideCacheLocator):
    """Tell numba to keep a kernel in `cache_folder`; the stamp of the kernel's own file stays numba's."""

    def __init__(self, py_func: Callable[..., Any], py_file: str) -> None:
        super().__init__(py_func, py_file)  # type: ignore[no-untyped-call]
        folder = cache_folder()
        if folder is None:
            raise OSError("kernel cache: no writable folder")
        subpath = self.get_suitable_cache_subpath(py_file)  # type: ignore[no-untyped-call]
        self._cache_path = str(folder / subpath)


def is_missing(compiled: Any) -> bool:
    """Return whether the cache could hold a kernel for this processor, of whatever signature, and does not.

    Parameters
    ----------
    compiled : callable
        The kernel.
    """
    cache = getattr(compiled, "_cache", None)
    if not isinstance(cache, CheckedCache):
        return False
    processor = compiled.targetctx.codegen().magic_tuple()
    return all(key[1] != processor for key in cache.kept())


class CheckedFile(IndexDataCacheFile):
    """Cached kernels with their SHA-256: numba would crash on a file cut short, or run what a damaged one holds."""

    def _load_index(self) -> Any:
        try:
            return super()._load_index()  # type: ignore[no-untyped-call]
        except Exception:  # whatever the reader makes of damaged bytes
            return {}

    def save(self, key: Any, data: Any) -> None:
        """Keep a kernel, named by its content.

        numba numbers the files of one function. Two processes that compile two signatures side by side would both take
        the next number, and one signature would be handed the other's code. A name that is the content's hash has one
        content; where both write the index, the later one wins and the other's kernel is compiled once more.
        """
        content: bytes = self._dump(data)  # type: ignore[no-untyped-call]
        digest = hashlib.sha256(content)
        name: str = self._data_name(int.from_bytes(digest.digest()[:6], "big"))  # type: ignore[no-untyped-call]
        with self._open_for_write(self._data_path(name)) as stream:  # type: ignore[no-untyped-call]
            stream.write(content + digest.digest())  # the reader stops before what is added
        self._save_index({**self._load_index(), key: name})  # type: ignore[no-untyped-call]

    def _load_data(self, name: str) -> Any:
        path = Path(self._data_path(name))  # type: ignore[no-untyped-call]
        content = path.read_bytes()
        if hashlib.sha256(content[:-32]).digest() != content[-32:]:
            # numba takes it for a file that is gone, compiles and writes it anew.
            raise OSError(f"kernel cache: {path}: damaged")
        return super()._load_data(name)  # type: ignore[no-untyped-call]


def _environment(module: str, constants: list[Any], name: str) -> Environment:
    """Return what machine code keeps of a function that was compiled into it: the constants of its errors.

    numba imports the module of every such function too, for names that only code outside of nopython mode looks up. Of
    numba's own functions that is half of numba, an eighth of a second.
    """
    found = lookup_environment(name)  # type: ignore[no-untyped-call]
    if found is None:
        own = module.startswith("numba.") and module not in sys.modules
        found = Environment({"__name__": module} if own else vars(import_module(module)))
        found.consts[:] = constants
        found.env_name = name
        Environment._memo[name] = found
    return found


class Kept(NamedTuple):
    """A compiled function as it is kept.

    Parameters
    ----------
    name : str
        Of its library.
    machine : bytes
        Machine code.
    bitcode : bytes
        What LLVM takes into another kernel that calls it.
    symbols : list of str
        What the bitcode defines.
    description, environment, signature : object
        numba's of the function.
    again : tuple of callable
        What numba does again in each process.
    environments : list of tuple
        Of functions compiled into it: module, constants, name.
    """

    name: str
    machine: bytes
    bitcode: bytes
    symbols: list[str]
    description: Any
    environment: Any
    signature: Any
    again: tuple[Callable[[], None], ...]
    environments: list[tuple[str, list[Any], str]]


class KeptLibrary(JITCodeLibrary):
    """Machine code that was kept. Its bitcode, half the reading, waits for a kernel that is compiled with it."""

    _bitcode: bytes | None = None

    @classmethod
    def of(cls, codegen: Any, kept: Kept) -> KeptLibrary:
        """Return the library, ready to be called."""
        library = cls(codegen, kept.name)  # type: ignore[no-untyped-call]
        library._bitcode = kept.bitcode
        library.enable_object_caching()  # type: ignore[no-untyped-call]
        library._set_compiled_object(kept.machine)  # type: ignore[no-untyped-call]
        library._finalize_final_module()  # type: ignore[no-untyped-call]
        codegen._engine._defined_symbols.update(kept.symbols)
        return library

    def _get_module_for_linking(self) -> Any:
        if self._bitcode is not None:
            self._shared_module, self._bitcode = ll.parse_bitcode(self._bitcode), None
        return super()._get_module_for_linking()  # type: ignore[no-untyped-call]


def _defines(item: Any) -> bool:
    return not item.is_declaration


class KernelCacheImplementation(CompileResultCacheImpl):
    """How numba packs a compiled function, in our place whatever places it knows for other people's functions."""

    def __init__(self, py_func: Callable[..., Any]) -> None:
        code = py_func.__code__
        self._lineno = code.co_firstlineno
        self._locator = KernelCacheLocator(py_func, code.co_filename)
        name = f"{Path(code.co_filename).stem}.{py_func.__qualname__}"
        self._filename_base = self.get_filename_base(name, getattr(sys, "abiflags", ""))  # type: ignore[no-untyped-call]

    def reduce(self, cres: Any) -> Kept:
        """Return a compiled function in parts that can be pickled."""
        bare = cres._replace(type_annotation="")  # its text lists every type of every line
        (name, _, (machine, bitcode)), *parts = super().reduce(bare)  # type: ignore[no-untyped-call]
        linked = cres.library._get_module_for_linking()
        symbols = [item.name for kind in (linked.functions, linked.global_variables) for item in kind if _defines(item)]
        description, environment, signature, _, _, _, again, environments = parts
        told = [item.__reduce__()[1] for item in environments]
        return Kept(name, machine, bitcode, symbols, description, environment, signature, again, told)

    def rebuild(self, target_context: Any, payload: Kept) -> Any:
        """Return the compiled function of such parts."""
        for function in payload.again:
            function()
        library = KeptLibrary.of(target_context.codegen(), payload)
        environments = tuple(_environment(*told) for told in payload.environments)
        for environment in environments:
            library.codegen.set_env(environment.env_name, environment)
        return compile_result(
            target_context=target_context,
            typing_context=target_context.typing_context,
            library=library,
            environment=payload.environment,
            entry_point=target_context.get_executable(library, payload.description, payload.environment),
            fndesc=payload.description,
            type_annotation="",
            signature=payload.signature,
            objectmode=False,
            lifted=(),
            reload_init=payload.again,
            referenced_envs=environments,
        )

    def check_cachable(self, cres: Any) -> bool:
        """Return whether a compiled function can be kept: what falls back on Python's objects is not."""
        return not cres.objectmode and not cres.lifted and bool(super().check_cachable(cres))  # type: ignore[no-untyped-call]


class CheckedCache(FunctionCache):
    """numba's cache of a function over files that are checked; nothing is looked up before the kernel is called."""

    _impl_class = KernelCacheImplementation

    def __init__(self, py_func: Callable[..., Any]) -> None:
        self._py_func = py_func
        self._name = repr(py_func)
        self.enable()  # type: ignore[no-untyped-call]

    @cached_property
    def _impl(self) -> Any:
        return self._impl_class(self._py_func)

    @cached_property
    def _cache_path(self) -> str:
        return str(self._impl.locator.get_cache_path())

    @cached_property
    def _cache_file(self) -> CheckedFile:
        stamp = self._impl.locator.get_source_stamp()
        return CheckedFile(self._cache_path, self._impl.filename_base, stamp)  # type: ignore[no-untyped-call]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return a kept kernel, or None.

        numba fills its tables of everything that it can compile before it looks: a quarter of a second, and needless
        for machine code, which asks for the memory of arrays alone. What is missing is compiled, and whoever compiles
        fills the tables.
        """
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():  # type: ignore[no-untyped-call]
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]

    def kept(self) -> list[Any]:
        """Return what is kept: of each kernel its signature, the processor that it is for, and its bytecode's hash."""
        return list(self._cache_file._load_index())
