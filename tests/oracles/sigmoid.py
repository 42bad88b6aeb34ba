"""1 / (1 + exp(-x)), written with exp(-|x|), which cannot overflow."""

import math

from oracles import elementwise


def sigmoid(x):
    tail = math.exp(-abs(x))
    return (1 if x >= 0 else tail) / (1 + tail)


def oracle(x):
    return elementwise(sigmoid, x)
