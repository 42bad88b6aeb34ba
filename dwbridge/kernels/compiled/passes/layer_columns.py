"""Layer normalization down columns, in blocks: vectors hold numbers of different columns.

Every column is a vector to be normalized, and from one of its numbers to the next it is one stride. Sums are kept in
float64, those of a column's gradients in the computing type. What is added to which sum, in which order, follows from
the shape alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dwbridge.kernels.compiled.passes.layer_parts import (
    Places,
    Total,
    add_to,
    gradient_of,
    inverse_deviation,
    mean_of,
    streams,
)
from dwbridge.kernels.compiled.vectors.lanes import Lanes, fma
from dwbridge.kernels.compiled.vectors.runs import store, widen
from dwbridge.kernels.compiled.vectors.stream import INDEX, index

#: Vectors side by side in a block of columns.
WIDTH = 2


def _down(builder: ir.IRBuilder, n: ir.Value, step: ir.Value, body: Callable[[ir.Value, ir.Value], None]) -> None:
    """Emits body(number, offset) for the n numbers of a column, `step` apart."""
    with cgutils.for_range(builder, n, intp=INDEX) as loop:
        body(loop.index, builder.mul(loop.index, step))


class Block:
    """Vectors side by side over a block of columns: all whole, or the last one masked where fewer columns are left."""

    def __init__(self, builder: ir.IRBuilder, first: ir.Value, lanes: int, width: int, left: ir.Value | None) -> None:
        self.builder, self.width = builder, width
        self.vectors = [(builder.add(first, index(k * lanes)), None) for k in range(width)]
        if left is not None:
            self.vectors[-1] = (self.vectors[-1][0], builder.sub(left, index((width - 1) * lanes)))

    def each(self, offset: ir.Value) -> list[tuple[int, ir.Value, ir.Value | None]]:
        """(number, place, how many lanes exist) of the vectors at an offset."""
        return [(k, self.builder.add(place, offset), count) for k, (place, count) in enumerate(self.vectors)]


def _over_block(
    builder: ir.IRBuilder, first: ir.Value, lanes: int, left: ir.Value, body: Callable[[Block], None]
) -> None:
    """Emits `body` for a block of which `left` columns exist: for a whole one, and for each number of vectors."""
    with builder.if_else(builder.icmp_signed(">=", left, index(WIDTH * lanes))) as (whole, part):
        with whole:
            body(Block(builder, first, lanes, WIDTH, None))
        with part:
            for width in range(1, WIDTH + 1):
                more = builder.icmp_signed(">", left, index((width - 1) * lanes))
                enough = builder.icmp_signed("<=", left, index(width * lanes))
                with builder.if_then(builder.and_(more, enough)):
                    body(Block(builder, first, lanes, width, left))


@intrinsic
def normalize_columns(typingctx, x, y, first, left, step, n, gamma, beta, eps, mean, inv_std, column):
    """y of a block of columns that begins at `first`, and their statistics from [column] on.

    `left` columns exist, from one number of a column to the next it is `step` elements.
    """

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source, target, scale, shift, means, deviations = streams(context, builder, sig, args, (0, 1, 6, 7, 9, 10))
        first, left, step, n, eps, column = (*args[2:6], args[8], args[11])
        lanes = source.lanes
        read = Places(builder, source)

        def compute(block: Block) -> None:
            totals, squares = ([Total(builder, lanes) for _ in block.vectors] for _ in range(2))

            def add(number: ir.Value, offset: ir.Value) -> None:
                for k, place, count in block.each(offset):
                    totals[k].add(read(place, count)[0])

            _down(builder, n, step, add)
            centres = [mean_of(builder, total.value, n, source) for total in totals]

            def add_square(number: ir.Value, offset: ir.Value) -> None:
                for k, place, count in block.each(offset):
                    deviation = read(place, count)[0] - centres[k]
                    squares[k].add_product(deviation, deviation)

            _down(builder, n, step, add_square)
            inverses = [inverse_deviation(builder, total.value, n, eps, source) for total in squares]

            def write(number: ir.Value, offset: ir.Value) -> None:
                factor, add = (Lanes(builder, stream.element(number)) for stream in (scale, shift))
                for k, place, count in block.each(offset):
                    normal = (read(place, count)[0] - centres[k]) * inverses[k]
                    store(target, fma(normal, factor, add).value, place, count)

            _down(builder, n, step, write)
            for k, place, count in block.each(builder.sub(column, first)):
                store(means, centres[k].value, place, count)
                store(deviations, inverses[k].value, place, count)

        _over_block(builder, first, lanes, left, compute)
        return context.get_dummy_value()

    given = (x, y, *[types.intp] * 4, gamma, beta, types.float64, mean, inv_std, types.intp)
    return types.void(*given), generate


@intrinsic
def columns_gradient(typingctx, x, gy, gx, first, left, step, n, gamma, mean, inv_std, column, sums):
    """gx of a block of columns; gy x_hat is added to sums[:n lanes], a vector for each number, gy to what follows."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source, given, target, scale, means, deviations, kept = streams(
            context, builder, sig, args, (0, 1, 2, 7, 8, 9, 11)
        )
        first, left, step, n, column = (*args[3:7], args[10])
        lanes = source.lanes
        read = Places(builder, source, given)

        def compute(block: Block) -> None:
            at_column = block.each(builder.sub(column, first))
            statistics = [Places(builder, means, deviations)(place, count) for _, place, count in at_column]
            element = source.compute
            totals, products = ([Total(builder, lanes, 1, element) for _ in block.vectors] for _ in range(2))

            def add(number: ir.Value, offset: ir.Value) -> None:
                factor = Lanes(builder, scale.element(number))
                sums = [factor.like(0.0), factor.like(0.0)]
                for k, place, count in block.each(offset):
                    value, gradient = read(place, count)
                    mean, inverse = statistics[k]
                    normal = (value - mean) * inverse
                    totals[k].add(gradient * factor)
                    products[k].add_product(gradient * factor, normal)
                    sums = [sums[0] + gradient * normal, sums[1] + gradient]
                place = builder.mul(number, index(lanes))
                add_to(kept, place, sums[0], None)
                add_to(kept, builder.add(builder.mul(n, index(lanes)), place), sums[1], None)

            _down(builder, n, step, add)
            offsets, slopes = (
                [mean_of(builder, widen(builder, total.value), n, source) for total in sums]
                for sums in (totals, products)
            )

            def write(number: ir.Value, offset: ir.Value) -> None:
                factor = Lanes(builder, scale.element(number))
                for k, place, count in block.each(offset):
                    value, gradient = read(place, count)
                    mean, inverse = statistics[k]
                    result = gradient_of(gradient * factor, offsets[k], slopes[k], (value - mean) * inverse, inverse)
                    store(target, result.value, place, count)

            _down(builder, n, step, write)

        _over_block(builder, first, lanes, left, compute)
        return context.get_dummy_value()

    signature = types.void(x, gy, gx, *[types.intp] * 4, gamma, mean, inv_std, types.intp, sums)
    return signature, generate
