"""x P(x): P by the complementary error function, or by Hendrycks and Gimpel's hyperbolic tangent."""

import math

from oracles import elementwise


def exact(x):
    return x * math.erfc(-x / math.sqrt(2)) / 2


def approximate_by_tanh(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def oracle(x, approximate="none"):
    return elementwise({"none": exact, "tanh": approximate_by_tanh}[approximate], x)
