"""A convolution in groups as products of matrices: their sizes, the launches around them, and how much at a time.

W is (G, O, K), K = I kH kW; y and gy are (N, G, O, P), P = oH oW; x as patches is X (N, G, K, P), one column for each
output pixel. A 1x1 kernel without stride and padding has X = x.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dwbridge.geometry import Pair, Window2D
from dwbridge.kernels.cuda.arrays import Kind
from dwbridge.kernels.cuda.plan.depthwise import problem as depthwise
from dwbridge.kernels.cuda.plan.elements import BLOCK, blocks_for, pack_of
from dwbridge.kernels.cuda.plan.launches import INDEXED, ITEMSIZES, KEPT, Launch
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.errors import DeclinedError

#: Bytes of patches and of products that exist at a time, if one image's fit.
SCRATCH_BYTES = 1 << 28
#: Rows of a grid, and matrices of one call of cuBLAS.
MOST_IMAGES = 65535


class Problem(NamedTuple):
    """The sizes of the matrices; what of them is in memory besides x, y and W."""

    images: int
    groups: int
    outputs: int  #: O
    rows: int  #: K
    pixels: int  #: P
    out_image: Pair
    has_patches: bool
    kind: Kind
    of_depthwise: depthwise.Problem  #: the same window over the same x

    @property
    def adds_pixels(self) -> bool:
        """Whether gW is best one product for a group, summed over the pixels of all images.

        Else it is the sum of a product for each image. One product needs copies, pixels of all images in a row: of gy,
        and of x if that is not rewritten anyway. They are written and read once, as the products of images are, so the
        fewer bytes decide: maps of few pixels and many channels are copied.
        """
        copied = (self.outputs + (0 if self.has_patches else self.rows)) * self.pixels * self.kind.size
        return self.images > 1 and copied < self.outputs * self.rows * self.kind.wide.itemsize

    def blocks(self, elements: int, itemsize: int) -> Iterator[slice]:
        """Images, as many at a time as `SCRATCH_BYTES` allow when each needs so many elements for each group."""
        step = max(1, SCRATCH_BYTES // max(1, self.groups * elements * itemsize))
        return (slice(n, min(n + step, self.images)) for n in range(0, self.images, step))


@functools.lru_cache(KEPT)
def problem_of(x_shape: tuple[int, ...], W_shape: tuple[int, ...], window: Window2D, kind: Kind) -> Problem:
    """What is to be computed.

    Raises:
        DeclinedError: if more than 32 bits count.
    """
    n, c, height, width = x_shape
    o, i = W_shape[:2]
    groups = c // i if i else 1
    over_x = depthwise.Problem(n, c, 1, (height, width), window, kind.name)
    rows, pixels = i * math.prod(window.kernel), math.prod(over_x.out_image)
    longest = max(groups * rows * pixels, o * pixels, n * pixels, c * height * width)
    if n > MOST_IMAGES or longest > INDEXED or not over_x.countable:
        raise DeclinedError(f"expected at most {MOST_IMAGES} images, and sizes that 32 bits count, got x of {x_shape}")
    return Problem(n, groups, o // groups, rows, pixels, over_x.out_image, not _is_pointwise(window), kind, over_x)


def _is_pointwise(window: Window2D) -> bool:
    """Whether output pixels see one pixel each, their own."""
    return window.kernel == window.stride == (1, 1) and not any(map(any, window.pad))


@functools.lru_cache(KEPT)
def patches(problem: Problem, images: int, in_a_row: bool) -> Launch:
    """X of some images: (N, G, K, P), or (G, K, N, P) for pixels of all images in a row."""
    rows = problem.groups * problem.rows
    steps = (problem.pixels, images * problem.pixels) if in_a_row else (rows * problem.pixels, problem.pixels)
    pack = _pack(problem)
    return _launch(problem, "patches", rows * problem.pixels // pack, images, steps)


@functools.lru_cache(KEPT)
def gathered(problem: Problem, images: int) -> Launch:
    """gx of some images from GX (N, G, K, P)."""
    over_x = problem.of_depthwise
    return _launch(problem, "gathered", over_x.channels * math.prod(over_x.image), images, ())


def _launch(problem: Problem, kernel: str, turns: int, images: int, steps: tuple[int, ...]) -> Launch:
    numbers = (problem.of_depthwise.argument(), *map(np.int64, steps))
    return Launch(instance(problem.kind.name, _pack(problem)), kernel, (blocks_for(turns), images, 1), BLOCK, numbers)


def _pack(problem: Problem) -> int:
    """Neighbours that a thread writes: what patches are written to is new, and begins where packs do."""
    pack = pack_of(problem.kind.size)
    return 1 if problem.pixels % pack else pack


def instance(dtype: str, pack: int) -> Instance:
    return Instance.of("patches", dtype, V=pack)


def instances() -> Iterator[Instance]:
    """All that there are."""
    return (instance(dtype, pack) for dtype, itemsize in ITEMSIZES.items() for pack in (1, pack_of(itemsize)))
