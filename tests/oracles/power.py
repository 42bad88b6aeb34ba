"""x to a power that is a number."""

import math

from oracles import elementwise


def oracle(x, exponent):
    return elementwise(lambda v: math.pow(v, exponent), x)
