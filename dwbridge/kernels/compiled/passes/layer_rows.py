"""Layer normalization along rows: a row is one vector to be normalized, its elements are adjacent.

Sums are kept in float64, for each lane of a pair of vectors. What is added to which sum follows from the length alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types
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
from dwbridge.kernels.compiled.vectors.runs import existing, store, walk
from dwbridge.kernels.compiled.vectors.stream import Stream, index


def _existing(stream: Stream, value: Lanes, count: ir.Value | None) -> Lanes:
    return Lanes(value.builder, existing(stream, value.value, count))


def _store_scalar(stream: Stream, value: Lanes, place: ir.Value) -> None:
    stream.store_first(value.value, index(1), place)


@intrinsic
def normalize_row(typingctx, x, y, first, n, gamma, beta, eps, mean, inv_std, row):
    """y of the row that begins at `first`, and its statistics at [row]."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source, target, scale, shift, means, deviations = streams(context, builder, sig, args, (0, 1, 4, 5, 7, 8))
        first, n, eps, row = args[2], args[3], args[6], args[9]
        total, squares = (Total(builder, source.lanes, 2) for _ in range(2))
        read = Places(builder, source)

        def add(at: ir.Value, number: int, count: ir.Value | None) -> None:
            (value,) = read(builder.add(first, at), count)
            total.add(value, number)

        walk(builder, n, source.lanes, add)
        mean = mean_of(builder, total.over_lanes(), n, source)

        def add_square(at: ir.Value, number: int, count: ir.Value | None) -> None:
            (value,) = read(builder.add(first, at), count)
            deviation = _existing(source, value - mean, count)
            squares.add_product(deviation, deviation, number)

        walk(builder, n, source.lanes, add_square)
        inverse = inverse_deviation(builder, squares.over_lanes(), n, eps, source)

        def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
            place = builder.add(first, at)
            (value,) = read(place, count)
            factor, offset = Places(builder, scale, shift)(at, count)
            store(target, fma((value - mean) * inverse, factor, offset).value, place, count)

        walk(builder, n, source.lanes, write)
        _store_scalar(means, mean, row)
        _store_scalar(deviations, inverse, row)
        return context.get_dummy_value()

    return types.void(x, y, types.intp, types.intp, gamma, beta, types.float64, mean, inv_std, types.intp), generate


@intrinsic
def row_gradient(typingctx, x, gy, gx, first, n, gamma, mean, inv_std, row, sums):
    """gx of the row that begins at `first`; gy x_hat is added to sums[:n], gy to sums[n:]."""

    def generate(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value]) -> Any:
        source, given, target, scale, means, deviations, kept = streams(
            context, builder, sig, args, (0, 1, 2, 5, 6, 7, 9)
        )
        first, n, row = args[3], args[4], args[8]
        mean, inverse = (Lanes(builder, stream.element(row)) for stream in (means, deviations))
        total, product = (Total(builder, source.lanes, 2) for _ in range(2))

        def add(at: ir.Value, number: int, count: ir.Value | None) -> None:
            value, gradient = Places(builder, source, given)(builder.add(first, at), count)
            (factor,) = Places(builder, scale)(at, count)
            scaled = gradient * factor
            total.add(scaled, number)
            product.add_product(scaled, _existing(source, (value - mean) * inverse, count), number)

        walk(builder, n, source.lanes, add)
        offset = mean_of(builder, total.over_lanes(), n, source)
        slope = mean_of(builder, product.over_lanes(), n, source)

        def write(at: ir.Value, number: int, count: ir.Value | None) -> None:
            place = builder.add(first, at)
            value, gradient = Places(builder, source, given)(place, count)
            (factor,) = Places(builder, scale)(at, count)
            normal = (value - mean) * inverse
            store(target, gradient_of(gradient * factor, offset, slope, normal, inverse).value, place, count)
            add_to(kept, at, gradient * normal, count)
            add_to(kept, builder.add(n, at), gradient, count)

        walk(builder, n, source.lanes, write)
        return context.get_dummy_value()

    signature = types.void(x, gy, gx, types.intp, types.intp, gamma, mean, inv_std, types.intp, sums)
    return signature, generate
