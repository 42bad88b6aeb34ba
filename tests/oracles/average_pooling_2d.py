"""The sum of the pixels under a window, divided by the window's size or (pad_value None) by the number of pixels."""

import math

from oracles import float64, pool


def _average_with_zeros(window):
    return sum(0.0 if math.isnan(value) else value for value in window.flat) / window.size


def _average_of_pixels(window):
    pixels = [value for value in window.flat if not math.isnan(value)]
    return sum(pixels) / len(pixels)


def oracle(x, ksize, stride=None, pad=0, *, pad_value=0):
    reduce = _average_of_pixels if pad_value is None else _average_with_zeros
    return pool(float64(x), reduce, ksize, stride, outside=math.nan, pad=pad)
