"""The CUDA kernels of depthwise convolution, run on the simulated GPU, against the reference in float64."""

import numpy as np
import pytest
from every_direction import check_every_direction
from instances import EVERY, problem
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda import depthwise
from dwbridge.kernels.cuda.launch import run
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.plan.depthwise.tiles import Tile, tiled
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import depthwise as reference


@pytest.mark.parametrize(("case", "dtype"), EVERY)
def test_every_direction(case: str, dtype: str, gpu: SimulatedGpu) -> None:
    check_every_direction(problem(case, dtype), gpu)


@pytest.mark.parametrize("case", ["rows 3x3", "rows 5x5 stride 2", "planes 7x7", "tiles 9x9"])
def test_arrays_that_begin_anywhere(case: str, gpu: SimulatedGpu) -> None:
    check_every_direction(problem(case, "float32"), gpu, begin=1)


@pytest.mark.parametrize("size", [(16, 1, 8, 3), (5, 2, 13, 2), (7, 3, 32, 1), (1, 4, 40, 1)])
@pytest.mark.parametrize(
    "case", ["tiles 11x11, of odd width", "tiles 11x11, stride 2", "tiles, M 3", "tiles, the map in every window"]
)
def test_tiles_of_any_size(case: str, size: tuple[int, int, int, int], gpu: SimulatedGpu) -> None:
    """Plans choose tall strips and several planes for large arrays alone. Small integers: every sum is exact."""
    wanted = problem(case, "float32")
    n, c, m, image, window, dtype, _ = wanted
    rng = np.random.default_rng(SEED)
    shapes = (n, c, *image), (m, c, *window.kernel), (c * m,)
    x, W, b = (rng.integers(-8, 8, shape).astype(dtype) for shape in shapes)
    expected = reference.forward(x, W, b, window)
    y, *given = map(gpu.module.asarray, (np.empty_like(expected), x, W, b))
    run(tiled(wanted, Tile(*size)), y, *given)
    np.testing.assert_array_equal(y.get(), expected)


@pytest.mark.parametrize("case", ["planes, rows left over", "planes, channels left over", "planes, strips in rounds"])
def test_pixels_that_are_not_finite_stay_in_their_taps(case: str, gpu: SimulatedGpu) -> None:
    """The last rows of a map are beside strips that end below it, and lanes without a strip see other maps."""
    n, c, _, image, window, dtype, _ = problem(case, "float32")
    draw = np.random.default_rng(SEED).normal
    x, gy = (draw(size=(n, c, *size)).astype(dtype) for size in (image, window.output_shape(image)))
    x[0, 0, -1, 3], x[-1, -1, -1, -1], x[-1, 0, 0, 0] = np.inf, np.nan, -np.inf
    with np.errstate(invalid="ignore"):
        expected = reference.backward_weight(x.astype("d"), gy.astype("d"), window, (1, c, *window.kernel), "d")
    assert plan.backward_weight(problem(case, dtype)).partial.kernel == "depthwise_planes_weight"
    found = depthwise.backward_weight(*map(gpu.module.asarray, (x, gy)), window, expected.shape, dtype).get()
    assert 0 < np.isfinite(expected).sum() < expected.size
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_maps_beyond_32_bits_are_declined(gpu: SimulatedGpu) -> None:
    wanted = problem("rows 3x3", "float32")
    W = gpu.module.empty((1, wanted.channels, 3, 3), "float32")
    x = gpu.module.empty((1, 1, 1, 1), "float32")
    with pytest.raises(DeclinedError, match=r"less than 2\^31 pixels in each, got x of \(1, 3, 65536, 65536\)"):
        depthwise.backward_data(x, W, wanted.window, (1, 3, 1 << 16, 1 << 16))
