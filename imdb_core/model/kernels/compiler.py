"""Numba's compiler without what kernels have no use for, which saves a third of its time.

A kernel may not raise, assert, print, define functions or index a tuple by a constant: numba's
passes for these are left out.
"""

from __future__ import annotations

from typing import Any

from numba.core import typed_passes, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase
from numba.core.compiler_machinery import PassManager

_PASSES = (
    untyped_passes.TranslateByteCode,
    untyped_passes.FixupArgs,
    untyped_passes.IRProcessing,
    untyped_passes.ReconstructSSA,
    typed_passes.NopythonTypeInference,
    typed_passes.PreLowerStripPhis,
    typed_passes.IRLegalization,
    typed_passes.AnnotateTypes,
    typed_passes.NativeLowering,
    typed_passes.NoPythonBackend,
)
# Numba's classes have no annotations.
_CompilerBase: Any = CompilerBase
_JITCodeLibrary: Any = JITCodeLibrary
_PassManager: Any = PassManager


class KernelCompiler(_CompilerBase):  # type: ignore[misc]
    """Runs the passes that every function needs."""

    def define_pipelines(self) -> list[Any]:
        """The passes in their order."""
        manager = _PassManager("kernels")
        for each in _PASSES:
            manager.add_pass(each, each.__name__)
        manager.finalize()
        return [manager]


class PartCompiler(KernelCompiler):
    """For a function that is only ever linked into others."""

    def __init__(self, typing_context: Any, target: Any, *others: Any) -> None:  # noqa: ANN401
        super().__init__(typing_context, target, *others)
        self._codegen = target.codegen()

    def compile_extra(self, function: Any) -> Any:  # noqa: ANN401
        """Compile `function`; numba's name for it."""
        self.state.library = _Part(self._codegen, function.__qualname__)
        return super().compile_extra(function)


class _Part(_JITCodeLibrary):  # type: ignore[misc]
    """Code that is neither optimised nor turned into machine code here; the library that it is
    linked into does both.
    """

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalized = True

    def _optimize_functions(self, module: Any) -> None:  # noqa: ANN401
        module.data_layout = self._codegen._data_layout

    @property
    def codegen(self) -> _Part:
        return self

    def set_env(self, name: str, environment: object) -> None:
        """Nowhere: the function has no address, and no Python object to look up."""
