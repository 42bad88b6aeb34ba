"""The exponential function of a vector, in LLVM's instructions.

    exp(x) = 2^n exp(r),  n = floor(x / ln 2 + 1/2),  r = x - n ln 2,  |r| <= ln 2 / 2

exp(r) is its Taylor series, to the seventh power in float32 and the thirteenth in float64: what is left out is below a
tenth of the unit roundoff. ln 2 has two parts, of which n times the first is exact (Cody and Waite, Software Manual for
the Elementary Functions, 1980). The error is below 2 units in the last place; NaN and infinity pass as they should, and
small results become subnormal and then 0.
"""

from __future__ import annotations

import math

from llvmlite import ir
from numba.core import cgutils

from dwbridge.kernels.compiled.vectors.stream import fma

#: scalar -> powers of the series, parts of ln 2, bits, those of the fraction, exponent's bias, lowest and highest x.
_CONSTANTS = {
    "float": (7, (0.693359375, -2.12194440e-4), 32, 23, 127, -110.0, 89.0),
    "double": (13, (6.93145751953125e-1, 1.42860682030941723212e-6), 64, 52, 1023, -760.0, 710.0),
}


def exponential(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    """exp(x) of a vector of float32 or float64."""
    powers, (high, low), bits, fraction, bias, lowest, highest = _CONSTANTS[str(x.type.element)]
    inside = _within(builder, x, lowest, highest)
    n = _floor(builder, fma(builder, inside, _all(x.type, 1 / math.log(2)), _all(x.type, 0.5)))
    r = fma(builder, n, _all(x.type, -low), fma(builder, n, _all(x.type, -high), inside))
    series = _all(x.type, 1 / math.factorial(powers))
    for power in reversed(range(powers)):
        series = fma(builder, series, r, _all(x.type, 1 / math.factorial(power)))
    # NaN has no n; the series is NaN all the same. 2^n comes in two factors, each of which is a normal number.
    n = builder.select(builder.fcmp_ordered("ord", x, x), n, _all(x.type, 0))
    number = builder.fptosi(n, ir.VectorType(ir.IntType(bits), x.type.count))
    half = builder.ashr(number, _all(number.type, 1))
    for part in (half, builder.sub(number, half)):
        exponent = builder.shl(builder.add(part, _all(number.type, bias)), _all(number.type, fraction))
        series = builder.fmul(series, builder.bitcast(exponent, x.type))
    return series


def _all(kind: ir.VectorType, value: float) -> ir.Constant:
    return ir.Constant(kind, [value] * kind.count)


def _within(builder: ir.IRBuilder, x: ir.Value, lowest: float, highest: float) -> ir.Value:
    """x, or the bound that it exceeds: beyond them the result is 0 or infinite. NaN stays."""
    x = builder.select(builder.fcmp_ordered("<", x, _all(x.type, lowest)), _all(x.type, lowest), x)
    return builder.select(builder.fcmp_ordered(">", x, _all(x.type, highest)), _all(x.type, highest), x)


def _floor(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    scalar = {"float": "f32", "double": "f64"}[str(x.type.element)]
    kind = ir.FunctionType(x.type, [x.type])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.floor.v{x.type.count}{scalar}")
    return builder.call(function, [x])
