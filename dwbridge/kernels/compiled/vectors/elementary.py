"""Elementary functions on vectors: LLVM does not vectorise calls of the C library, and it is not the same everywhere.

Errors in units in the last place, the largest over all exponents in float32 and float64, tested in
tests/kernels/:

    exp_of_negative   2      logistic   3      tanh   3      erf   3      x normal_distribution(x)   6
    x logistic(x)   4

Exponentials: x = n ln 2 + r with whole n, |r| <= ln(2) / 2, and Taylor's polynomial of exp(r), whose next term is
below 6e-9 in degree 7 (float32) and 5e-18 in degree 13 (float64). The normal distribution: P(-a) = exp(-a^2 / 2) t Q(t)
with t = 4 / (4 + a), where Q is the Chebyshev expansion of the ratio in 1 - 2t, cut off where what is left is below
3e-9 or 2e-17 of it; the coefficients are in powers of 1 - 2t (tests/golden/make_normal_tail.py computes them). That
form of erfc, in t, is Shepherd and Laframboise's (Mathematics of Computation 36, 1981).
"""

from __future__ import annotations

import math

from dwbridge.kernels.compiled.vectors.lanes import (
    Lanes,
    at_least,
    at_most,
    fma,
    halved,
    polynomial,
    power_of_two,
    rounded,
    where,
)

#: ln 2 as a float32 or float64, and what is missing
LN2_FLOAT32 = (0.693147182464599609375, -1.904654299957768e-09)
LN2_FLOAT64 = (0.6931471805599453, 2.3190468138462996e-17)

NORMAL_FLOAT32 = (
    0.18882128263,
    -0.15197415784,
    0.096784348465,
    -0.04663053996,
    0.01509916207,
    -0.0018844292899,
    -0.00086998865936,
    0.00040551002638,
    3.3413346774e-5,
    -5.3893444072e-5,
    -4.3277057537e-7,
    5.2957460638e-6,
)
NORMAL_FLOAT64 = (
    0.18882128260393787301,
    -0.15197416049297307492,
    0.096784350185553729368,
    -0.046630464489909153038,
    0.015099143722729468063,
    -0.0018850472418465781387,
    -0.00086992309176199340757,
    0.00040770461685247711535,
    0.000033336077352958136081,
    -0.00005777375434069356463,
    -4.770615878536433695e-7,
    8.7862779757094134195e-6,
    1.791646910298802992e-7,
    -1.4804027614809959568e-6,
    -1.5745918346231482209e-7,
    2.5619627541382218848e-7,
    6.811574237787383336e-8,
    -3.9943490355601320545e-8,
    -2.1716617540004590076e-8,
    4.4612319432476977491e-9,
    5.3569009608698026573e-9,
    -1.4684066912563422986e-10,
    -9.3266127046971198165e-10,
    -2.9994455077964281435e-11,
    8.5082807716683341831e-11,
)


def _taylor_of_exp(r: Lanes, first: int) -> tuple[float, ...]:
    """Coefficients of exp from r^first on."""
    return tuple(1 / math.factorial(k) for k in range(first, 8 if r.is_float32 else 14))


def _taylor_of_erf(x: Lanes) -> tuple[float, ...]:
    """Coefficients of erf(x) / x in powers of x^2; for |x| <= 1/2 the next term is below 3e-9 or 2e-19."""
    scale = 2 / math.sqrt(math.pi)
    return tuple(scale * (-1) ** n / (math.factorial(n) * (2 * n + 1)) for n in range(7 if x.is_float32 else 13))


def _reduced(x: Lanes) -> tuple[Lanes, object]:
    """r and n of x = n ln 2 + r."""
    high, low = LN2_FLOAT32 if x.is_float32 else LN2_FLOAT64
    whole, n = rounded(x, 1 / math.log(2))
    return fma(whole, -low, fma(whole, -high, x)), n


def exp_of_negative(x: Lanes) -> Lanes:
    """exp(x) for x <= 0, with denormal results."""
    x = at_least(x, -104.0 if x.is_float32 else -746.0)
    r, n = _reduced(x)
    first, second = halved(n, x.builder)  # 2^n itself may be no normal number
    return polynomial(r, _taylor_of_exp(r, 0)) * power_of_two(first, x) * power_of_two(second, x)


def expm1_of_negative(x: Lanes) -> Lanes:
    """exp(x) - 1 for x <= 0, with all digits where x is small."""
    x = at_least(x, -50.0)
    r, n = _reduced(x)
    scale = power_of_two(n, x)
    return fma(polynomial(r, _taylor_of_exp(r, 1)) * r, scale, scale - 1.0)


def logistic(x: Lanes) -> Lanes:
    """1 / (1 + exp(-x))."""
    return logistic_pair(x)[0]


def logistic_pair(x: Lanes) -> tuple[Lanes, Lanes]:
    """The logistic function of x and of -x, which is 1 minus it."""
    power = exp_of_negative(-abs(x))
    large = 1.0 / (1.0 + power)
    small = power * large
    return where(x < 0.0, small, large), where(x < 0.0, large, small)


def tanh(x: Lanes) -> Lanes:
    """-m / (2 + m) with m = exp(-2 |x|) - 1."""
    m = expm1_of_negative(abs(x) * -2.0)
    return (-m / (m + 2.0)).with_sign_of(x)


def exp_of_square(x: Lanes, factor: float) -> Lanes:
    """exp(factor x^2), factor < 0: the square's rounding error counts as many times as the exponent is large."""
    square = x * x
    missing = fma(x, x, -square)
    power = exp_of_negative(square * factor)
    return fma(power * factor, missing, power)


def normal_tail(a: Lanes, power: Lanes) -> Lanes:
    """P(-a), a >= 0: how many normal numbers are below -a. `power` is exp(-a^2 / 2)."""
    t = 4.0 / (a + 4.0)
    return power * t * polynomial(fma(t, -2.0, 1.0), NORMAL_FLOAT32 if a.is_float32 else NORMAL_FLOAT64)


def normal_distribution(x: Lanes) -> tuple[Lanes, Lanes]:
    """P(x), and exp(-x^2 / 2)."""
    a = at_most(abs(x), 15.0 if x.is_float32 else 40.0)
    power = exp_of_square(a, -0.5)
    tail = normal_tail(a, power)
    return where(x < 0.0, tail, 1.0 - tail), power


def erf(x: Lanes) -> Lanes:
    """Taylor's polynomial up to 1/2, 1 - 2 P(-sqrt(2) |x|) beyond."""
    a = at_most(abs(x), 10.0)
    outside = 1.0 - 2.0 * normal_tail(a * math.sqrt(2), exp_of_square(a, -1.0))
    near = a * polynomial(a * a, _taylor_of_erf(a))
    return where(a <= 0.5, near, outside).with_sign_of(x)
