"""What the passes of layer normalization are made of: sums in float64, statistics, and the formula of the gradient."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from dwbridge.kernels.compiled.vectors.lanes import Lanes, fma
from dwbridge.kernels.compiled.vectors.runs import load, store, widen
from dwbridge.kernels.compiled.vectors.stream import Stream, splat, sum_of_lanes

DOUBLE = ir.DoubleType()


class Total:
    """A sum for each lane, in float64 or another type, in registers.

    There are `parts` of it, so that one addition need not wait for another.
    """

    def __init__(self, builder: ir.IRBuilder, lanes: int, parts: int = 1, element: ir.Type = DOUBLE) -> None:
        self.builder, self.kind = builder, ir.VectorType(element, lanes)
        self.slots = [cgutils.alloca_once(builder, self.kind) for _ in range(parts)]
        for slot in self.slots:
            builder.store(ir.Constant(self.kind, None), slot)

    def add(self, value: Lanes, part: int = 0) -> None:
        self._set(part, self.builder.fadd(self._get(part), self._widened(value).value))

    def add_product(self, a: Lanes, b: Lanes, part: int = 0) -> None:
        self._set(part, fma(self._widened(a), self._widened(b), Lanes(self.builder, self._get(part))).value)

    def _widened(self, value: Lanes) -> Lanes:
        return Lanes(self.builder, value.value if value.value.type == self.kind else widen(self.builder, value.value))

    def _get(self, part: int) -> ir.Value:
        return self.builder.load(self.slots[part], typ=self.kind)

    def _set(self, part: int, value: ir.Value) -> None:
        self.builder.store(value, self.slots[part])

    @property
    def value(self) -> ir.Value:
        first, *others = (self._get(part) for part in range(len(self.slots)))
        return functools.reduce(self.builder.fadd, others, first)

    def over_lanes(self) -> ir.Value:
        """The lanes' sum in every lane."""
        return splat(self.builder, sum_of_lanes(self.builder, self.value), self.kind.count)


class Places:
    """Streams read and written at the same places, with 0 in lanes that do not exist."""

    def __init__(self, builder: ir.IRBuilder, *streams: Stream) -> None:
        self.builder, self.streams = builder, streams

    def __call__(self, place: ir.Value, count: ir.Value | None) -> list[Lanes]:
        return [Lanes(self.builder, load(stream, place, count)) for stream in self.streams]


def mean_of(builder: ir.IRBuilder, total: ir.Value, n: ir.Value, model: Stream) -> Lanes:
    """A total divided by n, rounded to the computing type."""
    return _narrowed(builder, builder.fdiv(total, splat(builder, builder.sitofp(n, DOUBLE), model.lanes)), model)


def _narrowed(builder: ir.IRBuilder, value: ir.Value, model: Stream) -> Lanes:
    return Lanes(builder, value if value.type == model.vector else builder.fptrunc(value, model.vector))


def inverse_deviation(builder: ir.IRBuilder, squares: ir.Value, n: ir.Value, eps: ir.Value, model: Stream) -> Lanes:
    """1 / sqrt(squares / n + eps), computed in float64 and rounded once."""
    kind = squares.type
    variance = builder.fdiv(squares, splat(builder, builder.sitofp(n, DOUBLE), kind.count))
    signature = ir.FunctionType(kind, [kind])
    root = cgutils.get_or_insert_function(builder.module, signature, f"llvm.sqrt.v{kind.count}f64")
    deviation = builder.call(root, [builder.fadd(variance, splat(builder, eps, kind.count))])
    return _narrowed(builder, builder.fdiv(ir.Constant(kind, [1.0] * kind.count), deviation), model)


def streams(context: Any, builder: ir.IRBuilder, sig: Any, args: Sequence[ir.Value], numbers: Sequence[int]) -> list:
    return [Stream(context, builder, sig.args[k], args[k]) for k in numbers]


def gradient_of(scaled: Lanes, offset: Lanes, slope: Lanes, normal: Lanes, inverse: Lanes) -> Lanes:
    return fma(-normal, slope, scaled - offset) * inverse


def add_to(kept: Stream, place: ir.Value, value: Lanes, count: ir.Value | None) -> None:
    """Adds to the sums in memory, which have the computing type."""
    before = Lanes(kept.builder, load(kept, place, count))
    store(kept, (before + value).value, place, count)
