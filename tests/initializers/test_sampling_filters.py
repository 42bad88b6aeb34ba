"""Filters of linear interpolation as initial weights."""

import numpy as np
import pytest

from dwbridge.initializers import DownsamplingConvFilter, UpsamplingDeconvFilter, generate_array

BOTH = pytest.mark.parametrize("initializer", [UpsamplingDeconvFilter, DownsamplingConvFilter])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_filter_interpolates_between_pixels(size):
    """Spread at the stride that it is made for, constant images stay constant."""
    factor = (size + 1) // 2
    (cells,) = generate_array(UpsamplingDeconvFilter(), (1, 1, size), np)[0]
    image = np.zeros(20 * factor + size)
    for start in range(0, 20 * factor, factor):
        image[start : start + size] += cells
    np.testing.assert_allclose(image[size:-size], 1, rtol=1e-7)


@pytest.mark.parametrize("shape", [(2, 2, 5), (2, 1, 4, 4), (1, 1, 3, 3, 3)])
def test_cells_of_downsampling_sum_to_one(shape):
    W = generate_array(DownsamplingConvFilter(), shape, np)
    np.testing.assert_allclose(W.sum(axis=tuple(range(2, W.ndim))).max(axis=1), 1, rtol=1e-6)


@BOTH
def test_channels_go_to_themselves_or_to_the_only_one(initializer):
    square, column = (generate_array(initializer(), shape, np) for shape in ((3, 3, 2, 2), (3, 1, 2, 2)))
    for row in range(3):
        assert [bool(cells.any()) for cells in square[row]] == [row == other for other in range(3)]
        np.testing.assert_array_equal(square[row, row], column[row, 0])


@BOTH
def test_what_it_cannot_fill(initializer):
    with pytest.raises(ValueError, match=r"ksize must be all same.*\(1, 1, 2, 3\)"):
        initializer()(np.empty((1, 1, 2, 3), np.float32))
    with pytest.raises(AssertionError, match=r"expected shape \(C, C, ...\) or \(C, 1, ...\), got \(2, 3, 2\)"):
        initializer()(np.empty((2, 3, 2), np.float32))
    with pytest.raises(AssertionError, match="expected an array of float64, got float32"):
        initializer(dtype=np.float64)(np.empty((1, 1, 2), np.float32))
    with pytest.raises(ValueError, match="Unsupported interpolation method: cubic"):
        initializer("cubic")
