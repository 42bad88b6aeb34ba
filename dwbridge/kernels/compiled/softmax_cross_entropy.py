"""Compiled softmax cross entropy: a row of scores is read from memory once, in either direction.

Where there is one label for each example, a row is the scores of an example, and all vectors are its own; where there
are many, (N, K, d1, ...), adjacent labels share vectors, which step through the classes. float64, float32 and float16
storage; sums are kept in float64, in an order that follows from the shape. Scores that are not contiguous are copied.
"""

from __future__ import annotations

import math

import numpy as np

from dwbridge.backend import Array
from dwbridge.kernels.buffers import empty
from dwbridge.kernels.compiled.arrays import as_row, compute_type, flat, lanes_of
from dwbridge.kernels.compiled.compiler import kernel, routine
from dwbridge.kernels.compiled.passes.softmax import raise_peaks, sum_exponentials, write_exponentials
from dwbridge.kernels.compiled.threads import run
from dwbridge.kernels.compiled.vectors.elements import read, write
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference.softmax_cross_entropy import check_labels

Layout = tuple[int, int, int, int]

#: Scores that are worth a thread.
GRAIN = 1 << 12


def plan(x: Array, dtype: np.dtype) -> tuple[Layout, int, int]:
    """((classes, labels of an example, blocks of labels in an example, lanes of a pair), blocks in all, in a piece)."""
    wide = compute_type(x)
    if dtype != wide or not x.size:
        raise DeclinedError(f"softmax cross entropy of {x.dtype} {x.shape} with {dtype}")
    pair, classes, labels = 2 * lanes_of(wide), x.shape[1], math.prod(x.shape[2:])
    blocks = -(-labels // pair)
    return (classes, labels, blocks, pair), x.shape[0] * blocks, -(-GRAIN // (classes * min(labels, pair)))


def forward(x: Array, t: Array, weights: Array) -> Array:
    check_labels(x, t)
    shape, blocks, piece = plan(x, weights.dtype)
    losses = empty(t.shape, weights.dtype)
    labels = as_row(t.astype(np.int64, copy=False))
    run(_forward, blocks, piece, as_row(x), labels, as_row(weights), flat(losses), shape)
    return losses


def backward(x: Array, t: Array, share: Array) -> Array:
    shape, blocks, piece = plan(x, share.dtype)
    gx = empty(x.shape, x.dtype)
    labels = as_row(t.astype(np.int64, copy=False))
    run(_backward, blocks, piece, as_row(x), labels, as_row(share), flat(gx), shape)
    return gx


@routine
def _place(block, shape):
    """(first score, rows, step, size of a run) of a block, its first label, and how many labels it has."""
    classes, labels, blocks, pair = shape
    if labels == 1:
        return block * classes, 1, 0, classes, block, 1
    n, begin = block // blocks, block % blocks * pair
    size = min(pair, labels - begin)
    return n * classes * labels + begin, classes, labels, size, n * labels + begin, size


@routine
def _partition(x, first, rows, step, size, count, peaks, sums):
    """In each label's cell, its largest score and the sum of exp(score - largest); a single one's are in all cells."""
    peaks[0] = -np.inf
    raise_peaks(x, first, rows, step, size, peaks)
    if count == 1:
        peak = peaks[0, 0]
        for lane in range(1, peaks.shape[1]):
            peak = max(peak, peaks[0, lane])
        peaks[0] = peak
    sums[0] = 0
    sum_exponentials(x, first, rows, step, size, peaks, sums)
    if count == 1:
        total = 0.0
        for lane in range(sums.shape[1]):
            total += sums[0, lane]
        sums[0] = total


@kernel
def _forward(start, stop, x, t, weights, losses, shape):
    labels, pair = shape[1], shape[3]
    peaks, sums = np.empty((1, pair), losses.dtype), np.empty((1, pair))
    for block in range(start, stop):
        first, rows, step, size, label, count = _place(block, shape)
        _partition(x, first, rows, step, size, count, peaks, sums)
        for lane in range(count):
            i = label + lane
            score = np.float64(read(x, first + lane + t[i] * labels))
            losses[i] = (math.log(sums[0, lane]) - (score - peaks[0, lane])) * weights[i]


@kernel
def _backward(start, stop, x, t, share, gx, shape):
    labels, pair = shape[1], shape[3]
    terms, sums = np.zeros((3, pair), share.dtype), np.empty((1, pair))
    for block in range(start, stop):
        first, rows, step, size, label, count = _place(block, shape)
        _partition(x, first, rows, step, size, count, terms, sums)
        for lane in range(pair):
            terms[1, lane] = 1 / sums[0, lane]
            terms[2, lane] = share[label + (lane if lane < count else 0)]
        write_exponentials(x, gx, first, rows, step, size, terms)
        for lane in range(count):
            position = first + lane + t[label + lane] * labels
            p = math.exp(np.float64(read(x, position)) - terms[0, lane]) / sums[0, lane]
            write(gx, position, (p - 1) * share[label + lane])
