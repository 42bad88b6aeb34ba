"""Convolution in groups on a GPU. `dwbridge.kernels.reference.convolution` documents the routines.

    forward          y  = W X + b
    backward_data    GX = W' GY
    backward_weight  gW = sum over images of GY X'

Products are cuBLAS's, one for all images: see products.py. A 1x1 kernel without stride and padding has X = x and
GX = gx as they lie. y begins as the bias, to which products are added before they are rounded.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from dwbridge.backend import Array, get_array_module
from dwbridge.geometry import Pair, Window2D
from dwbridge.kernels.cuda.arrays import Kind, in_order, kind_of
from dwbridge.kernels.cuda.plan import KEPT
from dwbridge.kernels.cuda.plan.problem import INDEXED
from dwbridge.kernels.cuda.products import Matrices, multiply
from dwbridge.kernels.errors import DeclinedError

#: Bytes of products of single images that exist at a time, if one image's fit.
SCRATCH_BYTES = 1 << 28
#: Matrices of one call of cuBLAS.
MOST_IMAGES = 65535


class Problem(NamedTuple):
    """A convolution: x (N, G*I, H, W), W (G*O, I, kH, kW)."""

    images: int
    groups: int
    inputs: int
    outputs: int
    image: Pair
    out_image: Pair
    window: Window2D
    kind: Kind

    @property
    def rows(self) -> int:
        """Rows of X, columns of W: I*kH*kW."""
        return self.inputs * math.prod(self.window.kernel)

    @property
    def pixels(self) -> int:
        return math.prod(self.out_image)

    @property
    def is_pointwise(self) -> bool:
        window = self.window
        return (window.kernel, window.stride, window.pad) == ((1, 1), (1, 1), ((0, 0), (0, 0)))


def forward(x: Array, W: Array, b: Array | None, window: Window2D) -> Array:
    """y (N, G*O, oH, oW), in the dtype of x."""
    kind = kind_of(x, W) if b is None else kind_of(x, W, b)
    problem = _problem(x.shape, W.shape, window, kind)
    n, g, o, k, p = problem.images, problem.groups, problem.outputs, problem.rows, problem.pixels
    y = get_array_module(x).empty((n, g * o, *problem.out_image), x.dtype)
    if b is not None:
        y[...] = b.reshape(-1, 1, 1)
    weights = Matrices(in_order(W), 1, g, o, k)
    multiply(Matrices(y, n, g, o, p), weights, Matrices(in_order(x), n, g, k, p), add=b is not None)
    return y


def backward_data(gy: Array, W: Array, window: Window2D, x_shape: Sequence[int]) -> Array:
    """gx (N, G*I, H, W), in the dtype of gy."""
    problem = _problem(tuple(x_shape), W.shape, window, kind_of(gy, W))
    n, g, o, k, p = problem.images, problem.groups, problem.outputs, problem.rows, problem.pixels
    gx = get_array_module(gy).empty(tuple(x_shape), gy.dtype)
    weights = Matrices(in_order(W), 1, g, o, k, transposed=True)
    multiply(Matrices(gx, n, g, k, p), weights, Matrices(in_order(gy), n, g, o, p))
    return gx


def backward_weight(x: Array, gy: Array, window: Window2D, W_shape: Sequence[int], dtype: Any) -> Array:
    """gW (G*O, I, kH, kW), in `dtype`; sums are in the computing type."""
    problem = _problem(x.shape, tuple(W_shape), window, kind_of(x, gy))
    multiplied = _product_of_pixels if _is_copied(problem) else _products_of_images
    gW = multiplied(in_order(x), in_order(gy), problem)
    return gW.reshape(tuple(W_shape)).astype(dtype, copy=False)


def _is_copied(problem: Problem) -> bool:
    """Whether copying x and gy, pixels of all images in a row, moves fewer bytes than a product for every image.

    Copies are written once and read once, as these products are. So small maps with many channels are copied.
    """
    of_products = problem.outputs * problem.rows * problem.kind.wide.itemsize
    return problem.images > 1 and (problem.rows + problem.outputs) * problem.pixels * problem.kind.size < of_products


def _product_of_pixels(x: Array, gy: Array, problem: Problem) -> Array:
    """gW as one product for each group, whose sums run over the pixels of all images."""
    n, g, o, k, p = problem.images, problem.groups, problem.outputs, problem.rows, problem.pixels
    x, gy = (in_order(array.reshape(n, -1, p).swapaxes(0, 1)) for array in (x, gy))
    gW = get_array_module(x).empty((g, o, k), problem.kind.wide)
    multiply(Matrices(gW, 1, g, o, k), Matrices(gy, 1, g, o, n * p), Matrices(x, 1, g, k, n * p, transposed=True))
    return gW


def _products_of_images(x: Array, gy: Array, problem: Problem) -> Array:
    """gW as a sum of products of single images; of more than fit in `SCRATCH_BYTES`, later ones add to earlier ones."""
    n, g, o, k, p = problem.images, problem.groups, problem.outputs, problem.rows, problem.pixels
    at_once = min(n, max(1, SCRATCH_BYTES // max(1, g * o * k * problem.kind.wide.itemsize)))
    products = get_array_module(x).empty((at_once, g, o, k), problem.kind.wide)
    for first in range(0, n, max(1, at_once)):
        here = min(at_once, n - first)
        left = Matrices(gy[first : first + here], here, g, o, p)
        right = Matrices(x[first : first + here], here, g, k, p, transposed=True)
        multiply(Matrices(products, here, g, o, k), left, right, add=first > 0)
    return products[0] if at_once == 1 else products.sum(axis=0)


@functools.lru_cache(KEPT)
def _problem(x_shape: tuple[int, ...], W_shape: tuple[int, ...], window: Window2D, kind: Kind) -> Problem:
    """What is to be computed.

    Raises:
        DeclinedError: if more than 32 bits count, or for kernels that see more than a pixel.
    """
    n, c, height, width = x_shape
    image, (o, i) = (height, width), W_shape[:2]
    groups = c // i if i else 1
    problem = Problem(n, groups, i, o // groups, image, window.output_shape(image), window, kind)
    longest = max(c * math.prod(window.kernel), o, n) * problem.pixels
    if n > MOST_IMAGES or longest > INDEXED:
        raise DeclinedError(f"expected at most {MOST_IMAGES} images, and sizes that 32 bits count, got x of {x_shape}")
    if not problem.is_pointwise:
        raise DeclinedError(f"expected a 1x1 kernel without stride and padding, got {window}")
    return problem
