"""Linear interpolation as a filter, for layers that change an image's resolution (Long et al., arXiv:1411.4038).

A filter of k cells per axis has factor f = (k + 1) // 2, which the layer's stride should be, and falls linearly from
its centre c (f - 1 if k is odd, else f - 1/2): cell i is 1 - |i - c| / f, and cells of several axes are products.
Channel i of the input goes to channel i of the output, or, where the array's second axis is 1, to the only one.
"""

from typing import Any

import numpy as np

from dwbridge.backend import Array, get_array_module
from dwbridge.initializers.initializer import Initializer


class _SamplingFilter(Initializer):
    """Fills arrays of shape (C, C, k, ...) or (C, 1, k, ...) with one filter for each channel.

    Raises:
        ValueError: if the interpolation is unknown; when called, if the kernel is not as long on every axis.
        AssertionError: when called, if the array has other channels.
    """

    _sums_to_one: bool

    def __init__(self, interpolation: str = "linear", dtype: Any = None) -> None:
        if interpolation != "linear":
            raise ValueError(f"Unsupported interpolation method: {interpolation}")
        super().__init__(dtype)

    def __call__(self, array: Array) -> None:
        self._check_dtype(array)
        rows, columns, *kernel = array.shape
        if columns not in (1, rows):  # as in Chainer, an AssertionError
            raise AssertionError(f"{type(self).__name__}: expected shape (C, C, ...) or (C, 1, ...), got {array.shape}")
        if len(set(kernel)) != 1:
            raise ValueError(f"ksize must be all same: {type(self).__name__} got shape {array.shape}")
        cells = linear_filter(kernel[0], len(kernel))
        if self._sums_to_one:
            cells /= cells.sum()
        array[...] = 0
        channels = range(rows)
        array[channels, [0] * rows if columns == 1 else channels] = get_array_module(array).asarray(cells)


def linear_filter(size: int, ndim: int) -> np.ndarray:
    """The filter of `ndim` axes with `size` cells each, float64.

    >>> linear_filter(4, 1).tolist()
    [0.25, 0.75, 0.75, 0.25]
    """
    factor = (size + 1) // 2
    centre = factor - 1.0 if size % 2 else factor - 0.5
    cells: Any = 1.0
    for index in np.ogrid[(slice(size),) * ndim]:
        cells = cells * (1.0 - abs(index - centre) / factor)
    return cells


class UpsamplingDeconvFilter(_SamplingFilter):
    """Linear upsampling, as weight of a transposed convolution.

    Args:
        interpolation: `'linear'`.
        dtype: see `Initializer`.

    Raises:
        ValueError: if the interpolation is another; when called, if the kernel is not as long on every axis.
        AssertionError: when called, if the shape is neither (C, C, k, ...) nor (C, 1, k, ...).

    Example:
        >>> W = np.empty((1, 1, 3, 3), np.float32)
        >>> UpsamplingDeconvFilter()(W)
        >>> W[0, 0]
        array([[0.25, 0.5 , 0.25],
               [0.5 , 1.  , 0.5 ],
               [0.25, 0.5 , 0.25]], dtype=float32)
    """

    _sums_to_one = False


class DownsamplingConvFilter(_SamplingFilter):
    """Linear downsampling, as weight of a convolution: the cells of a filter sum to 1.

    Arguments and errors as of `UpsamplingDeconvFilter`.

    Example:
        >>> W = np.empty((1, 1, 3), np.float32)
        >>> DownsamplingConvFilter()(W)
        >>> W[0, 0].tolist()
        [0.25, 0.5, 0.25]
    """

    _sums_to_one = True
