"""Where compiled kernels are kept, and how they are read again.

numba keys a cached kernel by the file that holds it and does not notice an edit in a helper imported from another file.
Therefore the cache of kernels lies in a folder whose name is a hash of all sources beside this file: any edit there
means a new folder (`_folder`); where none can be written, kernels compile in every process. Nothing is written beside
the sources, and numba functions other than these keep numba's own caching.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, UserWideCacheLocator
from numba.core.codegen import JITCodeLibrary, ll  # type: ignore[attr-defined]
from numba.core.compiler import compile_result
from numba.core.environment import Environment, lookup_environment
from numba.core.runtime import _nrt_python  # type: ignore[attr-defined]

from mcsim.kernels._folder import cache_folder


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


@cache
def _name_memory() -> None:
    """Tell LLVM where numba's functions of memory are, under the names that machine code has for them."""
    for name, address in _nrt_python.c_helpers.items():
        ll.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


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
        return compile_result(  # type: ignore[no-untyped-call]
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
    def _cache_file(self) -> CheckedFile:  # type: ignore[override]
        stamp = self._impl.locator.get_source_stamp()
        return CheckedFile(self._cache_path, self._impl.filename_base, stamp)  # type: ignore[no-untyped-call]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return a kept kernel, or None.

        numba fills its tables of everything that it can compile before it looks: a quarter of a second, and needless
        for machine code, which asks for the memory of arrays by name. What is missing is compiled, and whoever compiles
        fills the tables.
        """
        _name_memory()
        with self._guard_against_spurious_io_errors():  # type: ignore[no-untyped-call]
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]

    def kept(self) -> list[Any]:
        """Return what is kept: of each kernel its signature, the processor that it is for, and its bytecode's hash."""
        return list(self._cache_file._load_index())
