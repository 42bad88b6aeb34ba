"""x to the power p, element by element, broadcast."""

import math

from oracles import elementwise


def oracle(x, exponent):
    return elementwise(math.pow, x, exponent)
