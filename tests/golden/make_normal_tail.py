"""Prints the coefficients of the normal distribution's tail in kernels/compiled/vectors/elementary.py. Needs mpmath.

With t = 4 / (4 + a) and P the distribution of the normal numbers, Q(1 - 2t) = P(-a) exp(a^2 / 2) / t is smooth for
0 <= a <= infinity. Its Chebyshev expansion in y = 1 - 2t is cut off and written in powers of y.
"""

from mpmath import cos, erfc, exp, mp, mpf, nstr, pi, sqrt

mp.dps = 50
SCALE, POINTS = mpf(4), 60


def ratio(y: mpf) -> mpf:
    """Q(y)."""
    a = SCALE * (1 + y) / (1 - y)
    tail = erfc(a / sqrt(2)) * exp(a * a / 2) / 2 if a < 1000 else (1 - a**-2 + 3 * a**-4) / (a * sqrt(2 * pi))
    return tail / ((1 - y) / 2)


def chebyshev() -> list[mpf]:
    angles = [pi * (2 * k + 1) / (2 * POINTS) for k in range(POINTS)]
    values = [ratio(cos(angle)) for angle in angles]
    sums = [sum(v * cos(j * angle) for v, angle in zip(values, angles)) for j in range(POINTS)]
    return [(2 if j else 1) * total / POINTS for j, total in enumerate(sums)]


def in_powers(expansion: list[mpf]) -> list[mpf]:
    polynomials = [[mpf(1)], [mpf(0), mpf(1)]]
    while len(polynomials) < len(expansion):
        following = [mpf(0), *(2 * c for c in polynomials[-1])]
        for k, c in enumerate(polynomials[-2]):
            following[k] -= c
        polynomials.append(following)
    result = [mpf(0)] * len(expansion)
    for factor, polynomial in zip(expansion, polynomials):
        for k, c in enumerate(polynomial):
            result[k] += factor * c
    return result


if __name__ == "__main__":
    expansion = chebyshev()
    for degree, digits in ((11, 11), (24, 20)):
        print(*(nstr(c, digits) + "," for c in in_powers(expansion[: degree + 1])), sep="\n", end="\n\n")
