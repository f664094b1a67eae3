"""How kernels are compiled, and names for what only the compiler knows the type of."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from llvmlite import binding, ir
from numba import from_dtype, njit
from numba.core import sigutils, types
from numba.core.ccallback import CFunc
from numba.extending import intrinsic

from .cache import KernelCache
from .compiler import KernelCompiler, PartCompiler

# Their annotations know neither all their options nor that a kernel is called like
# the function that it is made from.
_njit: Any = njit
_CFunc: Any = CFunc
_normalized: Any = sigutils.normalize_signature
_intrinsic: Any = intrinsic
_from_dtype: Any = from_dtype

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

# Inside a kernel: a record of sizes and addresses (see `plan`), a typed pointer,
# eight floats, a float32 or float64. Numba works their types out itself.
Plan = Any
Pointer = Any
Vector = Any
Number = Any
# What numba and llvmlite hand to code that emits LLVM; neither has types of its own.
Context = Any
Builder = Any
Value = Any
Typed = Any

# Of a unit's arguments.
RECORD = None
SIZE = types.int64
# Numba compiles a kernel anew for each literal that it is called with.
ZERO: Any = np.int64(0)


def kernel(function: Kernel) -> Kernel:
    """Compile a function as part of those that call it.

    Division by zero follows IEEE 754 instead of raising. `fastmath` stays off:
    what it would gain is written out with vectors, and NaN must stay visible.
    """
    compiled: Kernel = _njit(
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        pipeline_class=PartCompiler,
    )(function)
    return compiled


def entry(function: Kernel) -> Kernel:
    """Compile a function that Python calls: without the GIL, and kept on disk."""
    dispatcher = _njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = KernelCache(function)
    compiled: Kernel = dispatcher
    return compiled


def emitter(function: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's `intrinsic`: `function` types a call and returns what emits its LLVM code."""
    called: Any = _intrinsic(function)
    return called  # type: ignore[no-any-return]


def unit(*arguments: Typed) -> Callable[[Kernel], Any]:
    """Compile a function by itself, once, whatever calls it; cached on disk.

    Numba optimises each compiled function together with all that it calls, so that every
    level of calls costs compile time again. A call of a unit is one to an outside symbol,
    which `compile_unit` must have defined before a caller is compiled or loaded. It returns
    an integer.

    Args:
        arguments: the types of all arguments, `RECORD` for a record.
    """

    def made(function: Kernel) -> Any:  # noqa: ANN401
        symbol = f"{function.__module__}.{function.__qualname__}"
        names = [*inspect.signature(function).parameters]

        def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
            returned = context.get_value_type(signature.return_type)
            kind = ir.FunctionType(returned, [value.type for value in args])
            found = builder.module.globals.get(symbol) or ir.Function(builder.module, kind, symbol)
            return builder.call(found, args)

        def call(typing: Context, *given: Typed) -> Typed:
            pairs = zip(arguments, given, strict=True)
            return types.int64(*(kind or record for kind, record in pairs)), emit

        kinds = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kinds) for name in ("typing", *names)]
        call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called = emitter(call)
        called.__dict__.update(symbol=symbol, function=function, arguments=arguments)
        return called

    return made


_addresses: dict[str, int] = {}


def compile_unit(unit: Any, dtype: np.dtype[Any]) -> int:  # noqa: ANN401
    """Compile a unit for records of `dtype`, or load it, once; returns its address."""
    if unit.symbol not in _addresses:
        signature = types.int64(*(kind or _from_dtype(dtype) for kind in unit.arguments))
        kinds = _normalized(signature)
        compiled = _CFunc(
            unit.function,
            kinds,
            locals={},
            options={"error_model": "numpy"},
            pipeline_class=KernelCompiler,
        )
        compiled._cache = KernelCache(unit.function)
        compiled.compile()
        binding.add_symbol(unit.symbol, compiled.address)
        _addresses[unit.symbol] = compiled.address
    return _addresses[unit.symbol]
