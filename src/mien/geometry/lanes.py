"""Three vector operations for kernels, told to the compiler in its own language.

Numba's compiler does not join a few neighbouring numbers into one vector by itself, only long loops; a pixel's channels
and a cubic kernel's sixteen neighbours are such few numbers. These work on any processor that LLVM knows, which cuts
the vectors into what the processor has. Indices are not checked.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

_INDEX = ir.IntType(32)
_FAST = ("fast",)


def _vector(length: int) -> ir.VectorType:
    return ir.VectorType(ir.FloatType(), length)


def _undefined(length: int) -> ir.Constant:
    return ir.Constant(_vector(length), ir.Undefined)


def _order(lanes: list[int]) -> ir.Constant:
    return ir.Constant(ir.VectorType(_INDEX, len(lanes)), lanes)


class _Lanes:
    """Writes vector instructions over flat float32 arrays."""

    def __init__(self, context: Any, builder: Any, signature: Any, arguments: Any) -> None:
        self.builder = builder
        self._context, self._types, self._values = context, signature.args, arguments

    def address(self, array: int, place: Any, length: int) -> Any:
        """Pointer to a vector in the array of that argument number, from a flat place on."""
        data = self._context.make_array(self._types[array])(self._context, self.builder, self._values[array]).data
        return self.builder.bitcast(self.builder.gep(data, [place]), _vector(length).as_pointer())

    def load(self, array: int, place: Any, length: int) -> Any:
        return self.builder.load(self.address(array, place, length), align=4)

    def shuffled(self, vector: Any, lanes: list[int]) -> Any:
        return self.builder.shuffle_vector(vector, _undefined(vector.type.count), _order(lanes))

    def repeated(self, number: Any, length: int) -> Any:
        single = self.builder.insert_element(_undefined(length), number, ir.Constant(_INDEX, 0))
        return self.shuffled(single, [0] * length)


@intrinsic
def mix_eight(typingctx, target, at, source, first, second, share):  # type: ignore[no-untyped-def] # noqa: ARG001
    """``target[at:at+8] = (1-share) * source[first:first+8] + share * source[second:second+8]``, all flat float32."""
    signature = types.void(target, types.intp, source, types.intp, types.intp, types.float32)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = _Lanes(context, builder, signature, arguments)
        _, at, _, first, second, share = arguments
        a, b = lanes.load(2, first, 8), lanes.load(2, second, 8)
        step = builder.fmul(lanes.repeated(share, 8), builder.fsub(b, a, flags=_FAST), flags=_FAST)
        builder.store(builder.fadd(a, step, flags=_FAST), lanes.address(0, at, 8), align=4)
        return context.get_dummy_value()

    return signature, code


@intrinsic
def weigh_eight(typingctx, target, at, source, first, second, third, weights):  # type: ignore[no-untyped-def] # noqa: ARG001
    """``target[at:at+8]`` becomes the weighted sum of the eights of ``source`` at three places.

    All flat float32; ``weights`` is a tuple of three.
    """
    place = types.intp
    signature = types.void(target, place, source, place, place, place, types.UniTuple(types.float32, 3))

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = _Lanes(context, builder, signature, arguments)
        _, at, _, *places, weights = arguments
        total = None
        for k, corner in enumerate(places):
            weight = lanes.repeated(builder.extract_value(weights, k), 8)
            part = builder.fmul(weight, lanes.load(2, corner, 8), flags=_FAST)
            total = part if total is None else builder.fadd(total, part, flags=_FAST)
        builder.store(total, lanes.address(0, at, 8), align=4)
        return context.get_dummy_value()

    return signature, code


@intrinsic
def cubic_pixel(typingctx, target, at, image, first, stride, weights, weights_at, weights_step):  # type: ignore[no-untyped-def] # noqa: ARG001
    """The weighted sum of 4x4 pixels of three channels.

    Args:
        typingctx: Numba's.
        target: Flat float32 array; ``target[at:at+3]`` becomes the sum, and what comes after it anything.
        at: Its place.
        image: Flat float32 array of rows of pixels of three channels.
        first: Where the upper left of the sixteen pixels starts in it. Sixteen numbers of each row are read, of which
            four pixels take twelve.
        stride: Numbers in a row.
        weights: Flat float32 array with four weights of the columns, then four of the rows,
        weights_at: from here on,
        weights_step: each so far after the one before it.
    """
    place = types.intp
    signature = types.void(target, place, image, place, place, weights, place, place)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = _Lanes(context, builder, signature, arguments)
        _, at, _, row, stride, _, weight, step = arguments
        numbers = []
        for _ in range(8):
            numbers.append(builder.extract_element(lanes.load(5, weight, 1), ir.Constant(_INDEX, 0)))
            weight = builder.add(weight, step)
        total = None
        for k in range(4):
            line = builder.fmul(lanes.load(2, row, 16), lanes.repeated(numbers[4 + k], 16), flags=_FAST)
            total = line if total is None else builder.fadd(total, line, flags=_FAST)
            row = builder.add(row, stride)
        across = _undefined(4)
        for k in range(4):
            across = builder.insert_element(across, numbers[k], ir.Constant(_INDEX, k))
        total = builder.fmul(total, lanes.shuffled(across, [min(k // 3, 3) for k in range(16)]), flags=_FAST)
        for half, length in ((6, 8), (3, 4)):  # pixels 0 and 2, 1 and 3; then what the two give
            low = lanes.shuffled(total, [min(k, half - 1) for k in range(length)])
            high = lanes.shuffled(total, [half + min(k, half - 1) for k in range(length)])
            total = builder.fadd(low, high, flags=_FAST)
        builder.store(total, lanes.address(0, at, 4), align=4)
        return context.get_dummy_value()

    return signature, code
