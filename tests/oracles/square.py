"""x times x."""

from oracles import elementwise


def oracle(x):
    return elementwise(lambda v: v * v, x)
