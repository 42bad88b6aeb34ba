"""1 - 2 / (exp(2 x) + 1), written with exp(-2 |x|), which cannot overflow."""

import math

from oracles import elementwise


def tanh(x):
    tail = math.exp(-2 * abs(x))
    return math.copysign((1 - tail) / (1 + tail), x)


def oracle(x):
    return elementwise(tanh, x)
