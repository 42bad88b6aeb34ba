"""Depthwise convolution on a GPU, forward and backward, against the reference in float64."""

import math

import ml_dtypes
import numpy as np
from device import RealGpu
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda import depthwise
from dwbridge.kernels.cuda.plan.depthwise import Problem
from dwbridge.kernels.reference import depthwise as reference

#: unit roundoff of a dtype
ROUNDING = {"float32": 2.0**-24, "float64": 2.0**-53, "float16": 2.0**-11, "bfloat16": 2.0**-8}


def check_every_direction(wanted: Problem, gpu: SimulatedGpu | RealGpu, begin: int = 0) -> None:
    """Compares y, gx, gW and gb with those of float64; x and gy begin at element `begin` of their memory."""
    n, c, m, image, window, dtype, _ = wanted
    rng = np.random.default_rng(SEED)
    shapes = (n, c, *image), (m, c, *window.kernel), (c * m,), (n, c * m, *window.output_shape(image))
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    x, W, b, gy = (placed(array, gpu, begin) for array in arrays)
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


def placed(array: np.ndarray, gpu: SimulatedGpu | RealGpu, begin: int) -> np.ndarray:
    """The array on the device, at element `begin` of its memory."""
    memory = gpu.module.asarray(np.concatenate([np.zeros(begin, array.dtype), array.ravel()]))
    return memory[begin:].reshape(array.shape)


def assert_near(got: np.ndarray, expected: np.ndarray, size: np.ndarray, terms: int) -> None:
    """Within what rounding explains: sums of `terms` terms of this size in float32 or float64, rounded once more."""
    rounding = ROUNDING[got.dtype.name]
    wide, tiny = min(rounding, ROUNDING["float32"]), float(ml_dtypes.finfo(got.dtype).smallest_subnormal)
    bound = (terms + 1) * wide * size + rounding * abs(expected) + tiny
    assert (abs(got.astype(np.float64) - expected) <= bound).all()
