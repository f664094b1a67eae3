"""What kernels ask of the processor beyond arithmetic: its mode, and other threads' numbers."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from llvmlite import binding, ir
from numba import core
from numba.core import types

from imdb_core.processor import IS_ARM, IS_X86

from .compiling import Builder, Context, Plan, Typed, Value, emitter, kernel
from .vectors import longs

_LONG, _INT = ir.IntType(64), ir.IntType(32)
# Results below 1.2e-38 and such operands count as zero: FTZ and DAZ of MXCSR, FZ of FPCR.
_X86_FLUSH, _ARM_FLUSH = 0x8040, 1 << 24
_PATIENCE = 4_000  # looks, some 0.1 ms, before the core is offered to somebody else
_YIELD = "imdb_core_yield"

_cgutils: Any = core.cgutils


if sys.platform == "win32":
    _yield: Any = ctypes.WinDLL("kernel32").SwitchToThread
else:
    _yield = ctypes.CDLL(None).sched_yield
binding.add_symbol(_YIELD, ctypes.cast(_yield, ctypes.c_void_p).value)


def _call(builder: Builder, name: str, returned: Value, args: list[Value]) -> Value:
    signature = ir.FunctionType(returned, [value.type for value in args])
    return builder.call(_cgutils.get_or_insert_function(builder.module, signature, name), args)


def _read(builder: Builder) -> Value:
    if IS_ARM:
        return _call(builder, "llvm.aarch64.get.fpcr", _LONG, [])
    mode = _cgutils.alloca_once(builder, _INT)
    pointer = builder.bitcast(mode, ir.IntType(8).as_pointer())
    _call(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), [pointer])
    return builder.zext(builder.load(mode), _LONG)


def _write(builder: Builder, mode: Value) -> None:
    if IS_ARM:
        _call(builder, "llvm.aarch64.set.fpcr", ir.VoidType(), [mode])
        return
    stored = _cgutils.alloca_once_value(builder, builder.trunc(mode, _INT))
    pointer = builder.bitcast(stored, ir.IntType(8).as_pointer())
    _call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), [pointer])


@emitter
def flush_subnormals(typing: Context) -> Typed:
    """Let this thread take numbers too small for a full mantissa for zero.

    Intel's processors need some hundred cycles for each; a gradient that fades on its way
    back is full of them. Returns the mode until now, for `put_back`.
    """

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        if not (IS_X86 or IS_ARM):
            return ir.Constant(_LONG, 0)
        before = _read(builder)
        _write(
            builder, builder.or_(before, ir.Constant(_LONG, _X86_FLUSH if IS_X86 else _ARM_FLUSH))
        )
        return before

    return types.int64(), emit


@emitter
def put_back(typing: Context, mode: Typed) -> Typed:
    """Give this thread the mode that `flush_subnormals` found."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        if IS_X86 or IS_ARM:
            _write(builder, args[0])
        return context.get_dummy_value()

    return types.void(types.int64), emit


@emitter
def _arrive(typing: Context, counter: Typed) -> Typed:
    """Add one to what all threads see; returns the sum."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        one = ir.Constant(_LONG, 1)
        return builder.add(builder.atomic_rmw("add", args[0], one, "seq_cst"), one)

    return types.int64(counter), emit


@emitter
def _look(typing: Context, counter: Typed) -> Typed:
    """What other threads have added by now, after a moment that a sibling of this core can use."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        if IS_X86:
            _call(builder, "llvm.x86.sse2.pause", ir.VoidType(), [])
        return builder.load_atomic(args[0], "acquire", 8)

    return types.int64(counter), emit


@emitter
def _give_way(typing: Context) -> Typed:
    """Offer this core to other threads."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        _call(builder, _YIELD, _INT, [])
        return context.get_dummy_value()

    return types.void(), emit


@kernel
def meet(plan: Plan, threads: int, meetings: int) -> int:
    """Wait until all threads of the call are here; returns how many such meetings there were.

    Asleep, they would wake up too late: meetings are some ten microseconds apart.
    """
    if threads > 1:
        counter, all_here = longs(plan.arrivals), threads * (meetings + 1)
        looks = 0
        here = _arrive(counter)
        while here < all_here:
            looks += 1
            if looks > _PATIENCE:
                _give_way()
            here = _look(counter)
    return meetings + 1
