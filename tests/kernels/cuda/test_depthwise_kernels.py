"""The CUDA kernels of depthwise convolution, run on the simulated GPU, against the reference in float64."""

import math

import numpy as np
import pytest
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import depthwise
from dwbridge.kernels.reference import depthwise as reference

#: images, channels, multiplier, image, what Window2D.of takes, and the kernels that compute y and gx
CASES = {
    "3x3": (2, 3, 1, (9, 11), {"kernel": 3, "pad": 1}),
    "3x3 stride 2": (2, 3, 1, (9, 12), {"kernel": 3, "stride": 2, "pad": 1}),
    "5x5 stride 2, M 2": (1, 2, 2, (10, 13), {"kernel": 5, "stride": 2, "pad": 2}),
    "7x7 on a smaller map": (2, 2, 1, (4, 5), {"kernel": 7, "pad": 3}),
    "asymmetric": (1, 2, 3, (8, 7), {"kernel": (3, 2), "stride": (2, 3), "pad": ((0, 2), (3, 1)), "dilate": (2, 3)}),
    "padding beyond the kernel": (1, 1, 1, (3, 4), {"kernel": 3, "stride": 2, "pad": 5}),
    "one pixel": (3, 2, 1, (1, 1), {"kernel": 3, "pad": 1}),
    "no padding": (1, 2, 1, (6, 6), {"kernel": (1, 5)}),
    "rows 3x3": (2, 3, 1, (30, 24), {"kernel": 3, "pad": 1}),
    "rows 3x3 stride 2": (2, 2, 1, (31, 32), {"kernel": 3, "stride": 2, "pad": 1}),
    "rows 5x5": (1, 3, 1, (60, 40), {"kernel": 5, "pad": 2}),
    "rows 5x5 stride 2": (1, 3, 1, (13, 64), {"kernel": 5, "stride": 2, "pad": ((2, 0), (1, 2))}),
    "rows 7x7": (1, 2, 1, (9, 16), {"kernel": 7, "pad": ((0, 3), (2, 4))}),
    "rows 7x7 stride 2": (1, 2, 1, (20, 16), {"kernel": 7, "stride": 2, "pad": 3}),
    "planes 7x7": (3, 15, 1, (7, 7), {"kernel": 3, "pad": 1}),
    "planes 14x14 to 7x7": (2, 5, 1, (14, 14), {"kernel": 5, "stride": 2, "pad": 2}),
    "planes 14x14, 7 wide": (2, 7, 1, (14, 14), {"kernel": 7, "pad": 3}),
    "11x11": (1, 1, 1, (14, 12), {"kernel": 11, "pad": 5}),
}
#: unit roundoff of a dtype
ROUNDING = {"float32": 2.0**-24, "float64": 2.0**-53, "float16": 2.0**-11}


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("case", CASES)
def test_every_direction(case: str, dtype: str, gpu: SimulatedGpu) -> None:
    n, c, m, image, given = CASES[case]
    window = Window2D.of(**given)
    rng = np.random.default_rng(SEED)
    shapes = (n, c, *image), (m, c, *window.kernel), (c * m,), (n, c * m, *window.output_shape(image))
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    x, W, b, gy = map(gpu.module.asarray, arrays)
    X, V, B, G = (array.astype(np.float64) for array in arrays)
    sizes = [abs(array) for array in (X, V, B, G)]
    taps, outputs = math.prod(window.kernel), n * math.prod(shapes[3][2:])

    y = depthwise.forward(x, W, b, window).get()
    gx, gW, gb = (array.get() for array in depthwise.backward(x, W, gy, window))

    assert {array.dtype for array in (y, gx, gW, gb)} == {np.dtype(dtype)}
    assert_near(y, reference.forward(X, V, B, window), reference.forward(*sizes[:3], window), taps)
    expected = reference.backward_data(G, V, window, X.shape)
    assert_near(gx, expected, reference.backward_data(sizes[3], sizes[1], window, X.shape), taps * m)
    expected = reference.backward_weight(X, G, window, V.shape, np.float64)
    size = reference.backward_weight(sizes[0], sizes[3], window, V.shape, np.float64)
    assert_near(gW, expected, size, outputs)
    assert_near(gb, G.sum((0, 2, 3)), sizes[3].sum((0, 2, 3)), outputs)


def assert_near(got: np.ndarray, expected: np.ndarray, size: np.ndarray, terms: int) -> None:
    """Within what rounding explains: sums of `terms` terms of this size in float32 or float64, rounded once more."""
    rounding = ROUNDING[got.dtype.name]
    wide, tiny = min(rounding, ROUNDING["float32"]), np.finfo(got.dtype).smallest_subnormal
    bound = (terms + 1) * wide * size + rounding * abs(expected) + tiny
    assert (abs(got.astype(np.float64) - expected) <= bound).all()
