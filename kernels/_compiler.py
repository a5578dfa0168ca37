"""How numba compiles kernels here: what most of its compiling went to, and none of the kernels needs, is left out.

A kernel takes records of up to hundreds of arrays, and numba makes of each a value of as many parts. It loads all of
them wherever one is read, and writes zeros over all where a name ends, for the counting of references; LLVM takes
that apart again. It optimises each function with all that it calls, once more at every level, and makes machine code
and a wrapper for Python of each.
"""

from typing import Any

from numba.core import types
from numba.core.cgutils import gep_inbounds
from numba.core.codegen import JITCodeLibrary, ll  # type: ignore[attr-defined]
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import register_pass
from numba.core.lowering import Lower
from numba.core.registry import cpu_target
from numba.core.typed_passes import BaseNativeLowering, NativeLowering


class KernelLibrary(JITCodeLibrary):  # type: ignore[misc]
    """A kernel as Python calls it. What takes its arguments apart runs once a call, and is not optimised."""

    def add_ir_module(self, module: Any) -> None:
        """Add what numba made: a function, or its wrapper."""
        if module.name == "wrapper":
            for function in module.functions:
                if not function.is_declaration:
                    function.attributes.add("noinline")
                    function.attributes.add("optnone")
        super().add_ir_module(module)  # type: ignore[no-untyped-call]


class TakenIn(JITCodeLibrary):  # type: ignore[misc]
    """A kernel as other kernels take it in: optimised with them, and without machine code, since nobody calls it."""

    def _optimize_final_module(self) -> None:
        """Leave it to whoever takes it in; each function by itself is optimised as it is added."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._verify_declare_only_symbols()  # type: ignore[no-untyped-call]
        self._make_room_for_environments()
        self._finalized = True

    def _make_room_for_environments(self) -> None:
        # Where a function finds the constants of its errors: numba writes that in the module of the function, and
        # those that take it in share the first place of this name.
        engine = self._codegen._engine
        module = self._codegen._create_empty_module(self.name)  # type: ignore[no-untyped-call]
        names = [variable.name for variable in self._final_module.global_variables]
        for name in names:
            known = engine.is_symbol_defined(name)  # type: ignore[no-untyped-call]
            if name.startswith("_ZN08NumbaEnv") and not known:
                cpu_target.target_context.declare_env_global(module, name)
        if module.globals:
            self._codegen._add_module(ll.parse_assembly(str(module)))  # type: ignore[no-untyped-call]
            engine.finalize_object()


class RecordLower(Lower):
    """numba's translation to LLVM, which reads of a record what is asked for and leaves names that end as they are."""

    def lower_expr(self, resty: Any, expr: Any) -> Any:
        """Translate an expression."""
        if expr.op == "getattr" and expr.value.name in self.varmap:
            record: Any = self.typeof(expr.value.name)  # type: ignore[no-untyped-call]
            fields = record.fields if isinstance(record, types.NamedTuple | types.NamedUniTuple) else ()
            if expr.attr in fields:
                place = fields.index(expr.attr)
                slot = self.varmap[expr.value.name]
                found = self.builder.load(gep_inbounds(self.builder, slot, 0, place))  # type: ignore[no-untyped-call]
                self.incref(record[place], found)  # type: ignore[no-untyped-call]
                return self.context.cast(self.builder, found, record[place], resty)
        return super().lower_expr(resty, expr)  # type: ignore[no-untyped-call]

    def storevar(self, value: Any, name: str, argidx: int | None = None) -> None:
        """Give a name its value."""
        if self.context.enable_nrt or argidx is not None or name in self._singly_assigned_vars:
            super().storevar(value, name, argidx)  # type: ignore[no-untyped-call]
        else:
            self.builder.store(value, self.getvar(name))  # type: ignore[no-untyped-call]

    def delvar(self, name: str) -> None:
        """End a name."""
        if self.context.enable_nrt:
            super().delvar(name)  # type: ignore[no-untyped-call]


@register_pass(mutates_CFG=True, analysis_only=False)  # type: ignore[no-untyped-call]
class KernelLowering(BaseNativeLowering):
    """numba's pass to LLVM, by `RecordLower`."""

    _name = "kernel_lowering"
    lowering_class = RecordLower


class KernelCompiler(Compiler):  # type: ignore[misc]
    """numba's compiler of a kernel that Python calls."""

    library_class: type = KernelLibrary

    def compile_extra(self, func: Any) -> Any:
        """Compile a function, and what it calls of numba's own to be taken in."""
        codegen = self.state.targetctx.codegen()
        self.state.library = self.library_class(codegen, func.__qualname__)
        self.state.library.enable_object_caching()
        others, codegen._library_class = codegen._library_class, TakenIn
        try:
            return super().compile_extra(func)  # type: ignore[no-untyped-call]
        finally:
            codegen._library_class = others

    def define_pipelines(self) -> Any:
        """Return numba's passes, the last to LLVM by `RecordLower`."""
        pipelines = super().define_pipelines()  # type: ignore[no-untyped-call]
        for pipeline in pipelines:
            passes = [(KernelLowering if each is NativeLowering else each, what) for each, what in pipeline.passes]
            pipeline.passes = passes
            pipeline.finalize()
        return pipelines


class TakenInCompiler(KernelCompiler):
    """numba's compiler of a kernel that others take in."""

    library_class = TakenIn
