"""Numbers in vectors, with operators: formulas for kernels are written as Python expressions, and emit LLVM.

Nothing is reordered; `fma` is rounded once, and a product that is added to something may be. Comparisons with NaN are
false.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils

from dwbridge.kernels.compiled.vectors.stream import fma as emit_fma
from dwbridge.kernels.compiled.vectors.stream import splat


class Lanes:
    """A vector of float32 or float64 numbers. Python's numbers beside it are rounded to its type."""

    def __init__(self, builder: ir.IRBuilder, value: ir.Value) -> None:
        self.builder, self.value = builder, value

    @property
    def is_float32(self) -> bool:
        return isinstance(self.value.type.element, ir.FloatType)

    def like(self, number: Lanes | float) -> Lanes:
        """A number in every lane."""
        if isinstance(number, Lanes):
            return number
        kind = self.value.type
        return Lanes(self.builder, ir.Constant(kind, [ir.Constant(kind.element, float(number))] * kind.count))

    def scalar(self, number: ir.Value) -> Lanes:
        """A float64 of the running program, rounded, in every lane."""
        kind = self.value.type
        element = self.builder.fptrunc(number, kind.element) if self.is_float32 else number
        return Lanes(self.builder, splat(self.builder, element, kind.count))

    def __add__(self, other: Lanes | float) -> Lanes:
        return Lanes(self.builder, self.builder.fadd(self.value, self.like(other).value))

    def __sub__(self, other: Lanes | float) -> Lanes:
        return Lanes(self.builder, self.builder.fsub(self.value, self.like(other).value))

    def __rsub__(self, other: float) -> Lanes:
        return self.like(other) - self

    def __mul__(self, other: Lanes | float) -> Lanes:
        return Lanes(self.builder, self.builder.fmul(self.value, self.like(other).value))

    def __truediv__(self, other: Lanes | float) -> Lanes:
        return Lanes(self.builder, self.builder.fdiv(self.value, self.like(other).value))

    def __rtruediv__(self, other: float) -> Lanes:
        return self.like(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Lanes:
        return Lanes(self.builder, self.builder.fneg(self.value))

    def __abs__(self) -> Lanes:
        return self._call("fabs")

    def __lt__(self, other: Lanes | float) -> ir.Value:
        return self.builder.fcmp_ordered("<", self.value, self.like(other).value)

    def __le__(self, other: Lanes | float) -> ir.Value:
        return self.builder.fcmp_ordered("<=", self.value, self.like(other).value)

    def __gt__(self, other: Lanes | float) -> ir.Value:
        return self.builder.fcmp_ordered(">", self.value, self.like(other).value)

    def __ge__(self, other: Lanes | float) -> ir.Value:
        return self.builder.fcmp_ordered(">=", self.value, self.like(other).value)

    def with_sign_of(self, other: Lanes) -> Lanes:
        return self._call("copysign", other)

    def _call(self, name: str, *others: Lanes) -> Lanes:
        kind = self.value.type
        suffix = f"v{kind.count}{'f32' if self.is_float32 else 'f64'}"
        signature = ir.FunctionType(kind, [kind] * (1 + len(others)))
        function = cgutils.get_or_insert_function(self.builder.module, signature, f"llvm.{name}.{suffix}")
        return Lanes(self.builder, self.builder.call(function, [self.value, *(other.value for other in others)]))


def fma(a: Lanes, b: Lanes | float, c: Lanes | float) -> Lanes:
    """a b + c, rounded once."""
    return Lanes(a.builder, emit_fma(a.builder, a.value, a.like(b).value, a.like(c).value))


def where(condition: ir.Value, a: Lanes | float, b: Lanes | float) -> Lanes:
    """a where the condition holds, b elsewhere; one of them is a vector."""
    model = a if isinstance(a, Lanes) else b
    assert isinstance(model, Lanes)
    return Lanes(model.builder, model.builder.select(condition, model.like(a).value, model.like(b).value))


def both(a: ir.Value, b: ir.Value, builder: ir.IRBuilder) -> Any:
    """Where both conditions hold."""
    return builder.and_(a, b)


def at_least(x: Lanes, low: Lanes | float) -> Lanes:
    """max(x, low); NaN stays NaN."""
    return where(x < low, low, x)


def at_most(x: Lanes, high: Lanes | float) -> Lanes:
    """min(x, high); NaN stays NaN."""
    return where(x > high, high, x)


def polynomial(x: Lanes, coefficients: tuple[float, ...]) -> Lanes:
    """c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule."""
    *rest, last = coefficients
    result = x.like(last)
    for coefficient in reversed(rest):
        result = fma(result, x, coefficient)
    return result


def power_of_two(n: ir.Value, model: Lanes) -> Lanes:
    """2^n for whole numbers n in the vector's normal range, put together from its bits."""
    builder, kind = model.builder, n.type
    bias, digits = (127, 23) if model.is_float32 else (1023, 52)
    biased = builder.add(n, ir.Constant(kind, [bias] * kind.count))
    bits = builder.shl(biased, ir.Constant(kind, [digits] * kind.count))
    return Lanes(builder, builder.bitcast(bits, model.value.type))


def rounded(x: Lanes, factor: float) -> tuple[Lanes, ir.Value]:
    """The whole number nearest to x times a factor: as it is, and as integers of the same width.

    Adding 1.5 * 2^digits leaves a number no room for a fraction, and the whole number in its lowest bits. Only for
    numbers of a few thousand.
    """
    builder, kind = x.builder, x.value.type
    magic, bits = (1.5 * 2.0**23, 0x4B400000) if x.is_float32 else (1.5 * 2.0**52, 0x4338000000000000)
    moved = fma(x, factor, magic)
    integers = ir.VectorType(ir.IntType(32 if x.is_float32 else 64), kind.count)
    n = builder.sub(builder.bitcast(moved.value, integers), ir.Constant(integers, [bits] * kind.count))
    return moved - magic, n


def halved(n: ir.Value, builder: ir.IRBuilder) -> tuple[ir.Value, ir.Value]:
    """Whole numbers as the sum of two that are near half of them."""
    first = builder.ashr(n, ir.Constant(n.type, [1] * n.type.count))
    return first, builder.sub(n, first)
