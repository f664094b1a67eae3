"""Eight float32 numbers as one value inside numba, and the pointers they move through.

Numba leaves vectorising to LLVM's loop vectoriser, which gives up on much of
what a recurrent network does. Here a kernel says it, and what is rounded when:
`fused(a, b, c)` is one instruction, `a * b + c` is two. LLVM fits eight lanes to
any machine: one register of AVX, two of NEON or SSE.

Kernels address memory as `floats(address)` plus an offset in elements. Nothing
checks either, so only this package uses them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import core, extending
from numba.core import types
from numba.extending import models

from imdb_core.processor import can_fuse

from .compiling import Builder, Context, Number, Pointer, Typed, Value, emitter, kernel

WIDTH = 8
LANES = ir.VectorType(ir.FloatType(), WIDTH)
_ALIGNMENT_BYTES = 4
_CAN_FUSE = can_fuse()

# These have no annotations.
_pointer_to: Any = types.CPointer
_extending: Any = extending
_cgutils: Any = core.cgutils


class VectorType(types.Type):
    """Numba's type of eight float32 lanes."""

    def __init__(self) -> None:
        super().__init__(f"Vector{WIDTH}")


VECTOR = VectorType()
FLOATS = _pointer_to(types.float32)
INTS = _pointer_to(types.int32)
LONGS = _pointer_to(types.int64)


@_extending.register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    """A vector lives in a register."""

    def __init__(self, manager: Context, numba_type: Typed) -> None:
        super().__init__(manager, numba_type, LANES)  # type: ignore[no-untyped-call]


def _arithmetic(operation: Callable[..., Any], instruction: str) -> None:
    def type_operation(context: Context) -> Callable[..., Any]:
        def typer(left: Typed, right: Typed) -> Typed:
            return VECTOR if left == VECTOR and right == VECTOR else None

        return typer

    def lower(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return getattr(builder, instruction)(*args)

    _extending.type_callable(operation)(type_operation)
    _extending.lower_builtin(operation, VECTOR, VECTOR)(lower)


_arithmetic(operator.add, "fadd")
_arithmetic(operator.sub, "fsub")
_arithmetic(operator.mul, "fmul")
_arithmetic(operator.truediv, "fdiv")


def multiply_add(builder: Builder, left: Value, right: Value, addend: Value) -> Value:
    """The LLVM value left * right + addend, rounded once.

    Twice on an x86 processor that cannot: emulated it would take a hundred times as long.
    """
    if not _CAN_FUSE:
        return builder.fadd(builder.fmul(left, right), addend)
    function = _cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(LANES, [LANES] * 3), f"llvm.fma.v{WIDTH}f32"
    )
    return builder.call(function, [left, right, addend])


@emitter
def fused(typing: Context, left: Typed, right: Typed, addend: Typed) -> Typed:
    """Lane by lane left * right + addend, rounded once."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return multiply_add(builder, *args)

    return VECTOR(VECTOR, VECTOR, VECTOR), emit


def broadcast(builder: Builder, scalar: Value) -> Value:
    """The LLVM value with `scalar` in every lane."""
    lane = ir.IntType(32)
    nothing = ir.Constant(LANES, ir.Undefined)
    first = builder.insert_element(nothing, scalar, ir.Constant(lane, 0))
    return builder.shuffle_vector(
        first, nothing, ir.Constant(ir.VectorType(lane, WIDTH), [0] * WIDTH)
    )


def load_lanes(builder: Builder, address: Value) -> Value:
    """The LLVM value of the eight floats at `address`."""
    lanes = builder.bitcast(address, LANES.as_pointer())
    return builder.load(lanes, align=_ALIGNMENT_BYTES)


def store_lanes(builder: Builder, vector: Value, address: Value) -> None:
    """Write eight floats to `address`."""
    lanes = builder.bitcast(address, LANES.as_pointer())
    builder.store(vector, lanes, align=_ALIGNMENT_BYTES)


def _address_of(dtype: Typed) -> Callable[[int], Pointer]:
    target = _pointer_to(dtype)

    def address(typing: Context, integer: Typed) -> Typed:
        def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
            return builder.inttoptr(args[0], context.get_value_type(target))

        return target(types.int64), emit

    return emitter(address)


# An array's address (`array.ctypes.data`) as a pointer to its elements.
floats = _address_of(types.float32)
doubles = _address_of(types.float64)
ints = _address_of(types.int32)
longs = _address_of(types.int64)
flags = _address_of(types.uint8)


@emitter
def at(typing: Context, pointer: Typed, offset: Typed) -> Typed:
    """`pointer` moved on by `offset` elements."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return builder.gep(args[0], [args[1]])

    return pointer(pointer, types.intp), emit


@emitter
def get(typing: Context, pointer: Typed, offset: Typed) -> Typed:
    """The one number at `pointer[offset]`; whole ones as int64."""
    wide = types.int64 if isinstance(pointer.dtype, types.Integer) else pointer.dtype

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        number = builder.load(builder.gep(args[0], [args[1]]))
        return context.cast(builder, number, pointer.dtype, wide)

    return wide(pointer, types.intp), emit


@emitter
def put(typing: Context, pointer: Typed, offset: Typed, number: Typed) -> Typed:
    """Write one number to `pointer[offset]`; whole ones are cut to its size."""
    wide = types.int64 if isinstance(pointer.dtype, types.Integer) else pointer.dtype

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        number = context.cast(builder, args[2], wide, pointer.dtype)
        builder.store(number, builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(pointer, types.intp, wide), emit


@emitter
def smaller(typing: Context, left: Typed, right: Typed) -> Typed:
    """The smaller of two whole numbers; numba would compile its own `min` for each caller."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return builder.select(builder.icmp_signed("<", *args), *args)

    return types.int64(types.int64, types.int64), emit


@emitter
def nth(typing: Context, records: Typed, index: Typed) -> Typed:
    """The record `index` places behind the first one."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return builder.gep(args[0], [args[1]])

    return records(records, types.intp), emit


@emitter
def load(typing: Context, pointer: Typed, offset: Typed) -> Typed:
    """The vector at `pointer[offset : offset + 8]`."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return load_lanes(builder, builder.gep(args[0], [args[1]]))

    return VECTOR(FLOATS, types.intp), emit


@emitter
def store(typing: Context, pointer: Typed, offset: Typed, vector: Typed) -> Typed:
    """Write a vector to `pointer[offset : offset + 8]`."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        store_lanes(builder, args[2], builder.gep(args[0], [args[1]]))
        return context.get_dummy_value()

    return types.void(FLOATS, types.intp, VECTOR), emit


@emitter
def splat(typing: Context, number: Typed) -> Typed:
    """`number`, as float32, in every lane."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return broadcast(builder, args[0])

    return VECTOR(types.float32), emit


@emitter
def lane_numbers(typing: Context) -> Typed:
    """0 to 7."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        return ir.Constant(LANES, [float(lane) for lane in range(WIDTH)])

    return VECTOR(), emit


def _choice(comparison: str) -> Callable[..., Any]:
    def choose(typing: Context, left: Typed, right: Typed, yes: Typed, no: Typed) -> Typed:
        def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
            return builder.select(builder.fcmp_ordered(comparison, args[0], args[1]), *args[2:])

        return VECTOR(VECTOR, VECTOR, VECTOR, VECTOR), emit

    return emitter(choose)


# Lane by lane `yes if left > right else no`; a NaN compares as false.
where_greater = _choice(">")
# Lane by lane `yes if left == right else no`.
where_equal = _choice("==")


@emitter
def square_root(typing: Context, vector: Typed) -> Typed:
    """Lane by lane square root, correctly rounded."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        function = _cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(LANES, [LANES]), f"llvm.sqrt.v{WIDTH}f32"
        )
        return builder.call(function, args)

    return VECTOR(VECTOR), emit


@emitter
def lane_sum(typing: Context, vector: Typed) -> Typed:
    """The sum over the lanes, always in the same pairs."""

    def emit(context: Context, builder: Builder, signature: Typed, args: Value) -> Value:
        lane = ir.IntType(32)
        parts = [builder.extract_element(args[0], ir.Constant(lane, i)) for i in range(WIDTH)]
        while len(parts) > 1:
            half = len(parts) // 2
            parts = [builder.fadd(parts[i], parts[i + half]) for i in range(half)]
        return parts[0]

    return types.float32(VECTOR), emit


@kernel
def fill(pointer: Pointer, count: int, number: Number) -> None:
    """Set `count` floats, a multiple of eight, to `number`."""
    lanes = splat(number)
    for i in range(0, count, WIDTH):
        store(pointer, i, lanes)
