"""Convolution in groups on a GPU. `dwbridge.kernels.reference.convolution` documents the routines.

    forward          y  = W X + b
    backward_data    GX = W' GY, and every pixel of gx is the sum of those of GX that it was copied to
    backward_weight  gW = sum over images of GY X'

Products are cuBLAS's, for many images at once: see products.py. X are patches, made by one kernel; a 1x1 kernel without
stride and padding has X = x and GX = gx as they lie. y begins as the bias, to which products are added before they are
rounded; GX and gW are kept in the computing type. Sums run in an order that shapes alone decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dwbridge.backend import Array
from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.arrays import empty, in_order, kind_of, of_dtype
from dwbridge.kernels.cuda.launch import run
from dwbridge.kernels.cuda.plan import dense
from dwbridge.kernels.cuda.plan.dense import Problem, problem_of
from dwbridge.kernels.cuda.products import Matrices, multiply
from dwbridge.kernels.cuda.reductions import sum_over

instances = dense.instances

POINTWISE = Window2D.of(1)


def forward(x: Array, W: Array, b: Array | None, window: Window2D) -> Array:
    """y (N, G*O, oH, oW), in the dtype of x."""
    kind = kind_of(x, W) if b is None else kind_of(x, W, b)
    problem = problem_of(x.shape, W.shape, window, kind)
    n, g, o, k, p = problem[:5]
    x, weights = in_order(x), Matrices(in_order(W), 1, g, o, k)
    y = empty((n, g * o, *problem.out_image), x.dtype)
    if b is not None:
        y[...] = b.reshape(-1, 1, 1)
    if not problem.has_patches:
        multiply(Matrices(y, n, g, o, p), weights, Matrices(x, n, g, k, p), b is not None)
        return y
    for images in problem.blocks(k * p, kind.size):
        part = _part(y, images)
        columns = Matrices(_patches(_part(x, images), problem), len(part), g, k, p)
        multiply(Matrices(part, len(part), g, o, p), weights, columns, b is not None)
    return y


def backward_data(gy: Array, W: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, G*I, H, W), in the dtype of gy."""
    kind = kind_of(gy, W)
    problem = problem_of(tuple(x_shape), W.shape, window, kind)
    n, g, o, k, p = problem[:5]
    gy, weights = in_order(gy), Matrices(in_order(W), 1, g, o, k, transposed=True)
    gx = empty(tuple(x_shape), gy.dtype)
    if not problem.has_patches:
        multiply(Matrices(gx, n, g, k, p), weights, Matrices(gy, n, g, o, p))
        return gx
    for images in problem.blocks(k * p, kind.wide.itemsize):
        part = _part(gx, images)
        columns = empty((len(part), g, k, p), kind.wide)
        multiply(Matrices(columns, len(part), g, k, p), weights, Matrices(_part(gy, images), len(part), g, o, p))
        if part.size:
            run(dense.gathered(problem, len(part)), part, columns)
    return gx


def backward_weight(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int], dtype: Any) -> Array:
    """gW (G*O, I, kH, kW), in `dtype`."""
    problem = problem_of(x.shape, tuple(W_shape), window, kind_of(x, gy))
    products = _products_of_pixels if problem.adds_pixels else _products_of_images
    gW = products(in_order(x), in_order(gy), problem)
    return of_dtype(gW.reshape(tuple(W_shape)), dtype)


def _products_of_pixels(x: Array, gy: Array, problem: Problem) -> Array:
    """gW (G, O, K) as one product for each group, whose sums run over the pixels of all images."""
    n, g, o, k, p = problem[:5]
    gW = empty((g, o, k), problem.kind.wide)
    for images in problem.blocks((o + k) * p, problem.kind.size):
        part = _part(x, images)
        columns = _patches(part, problem, in_a_row=True) if problem.has_patches else _in_a_row(part, problem)
        row = len(part) * p
        left = Matrices(_in_a_row(_part(gy, images), problem), 1, g, o, row)
        multiply(Matrices(gW, 1, g, o, k), left, Matrices(columns, 1, g, k, row, transposed=True), images.start > 0)
    return gW


def _products_of_images(x: Array, gy: Array, problem: Problem) -> Array:
    """gW (G, O, K) as a sum of products of single images; images of a later block add to those of earlier ones."""
    n, g, o, k, p = problem[:5]
    kind = problem.kind
    needed = o * k + (-(-k * p * kind.size // kind.wide.itemsize) if problem.has_patches else 0)
    blocks = list(problem.blocks(needed, kind.wide.itemsize))
    products = empty((blocks[0].stop if blocks else 0, g, o, k), kind.wide)
    for images in blocks:
        part = _part(x, images)
        columns = _patches(part, problem) if problem.has_patches else part
        right = Matrices(columns, len(part), g, k, p, transposed=True)
        left = Matrices(_part(gy, images), len(part), g, o, p)
        multiply(Matrices(products, len(part), g, o, k), left, right, images.start > 0)
    if len(products) == 1:
        return products[0]
    return sum_over(products, (0,)) if products.size else products.sum(axis=0)


def _part(maps: Array, images: slice) -> Array:
    """Some of the images; all of them are the array itself, without another one around their memory."""
    return maps if images.stop - images.start == len(maps) else maps[images]


def _in_a_row(maps: Array, problem: Problem) -> Array:
    """(C, N*P): the pixels of all images, channel by channel. They are patches of a 1x1 kernel."""
    if len(maps) == 1:
        return maps
    pointwise = problem_of(maps.shape, (1, maps.shape[1], 1, 1), POINTWISE, problem.kind)
    return _patches(maps, pointwise, in_a_row=True)


def _patches(x: Array, problem: Problem, in_a_row: bool = False) -> Array:
    """X of these images, (N, G, K, P), or (G, K, N*P)."""
    columns = empty(len(x) * problem.groups * problem.rows * problem.pixels, x.dtype)
    if columns.size:
        run(dense.patches(problem, len(x), in_a_row), columns, x)
    return columns
