"""The largest pixel under a window; -inf if it has none."""

import math

from oracles import float64, pool


def _largest(window):
    best = -math.inf
    for value in window.flat:
        if value > best:
            best = value
    return best


def oracle(x, ksize, stride=None, pad=0, cover_all=True):
    return pool(float64(x), _largest, ksize, stride, outside=-math.inf, pad=pad, cover_all=cover_all)
