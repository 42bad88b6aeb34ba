"""Small maps as vectors: the algebra in NumPy, lane by lane, and the simulated GPU."""

from pathlib import Path

import numpy as np
import pytest
from every_direction import ROUNDING
from fragments import G, T, of_a, of_b, of_d
from instances import CASES, problem
from planted import is_seen
from repairs import without_repairs
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import depthwise
from dwbridge.kernels.cuda.launch import run
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.plan.depthwise import Problem
from dwbridge.kernels.cuda.plan.depthwise.tensor_maps import meeting
from dwbridge.kernels.reference import depthwise as reference

MAP_CASES = [case for case in CASES if case.startswith("tensor maps")]

#: Maps and windows for the algebra: of odd and even sizes, one pixel left over and none, strides and dilation.
WINDOWS = [
    ((7, 7), (3, 1, 1)),
    ((7, 7), (7, 1, 3)),
    ((8, 8), (5, 1, 2)),
    ((7, 9), (3, 2, 1)),
    ((6, 9), ((3, 2), (1, 2), ((0, 3), (2, 1)), (2, 3))),
    ((1, 1), (3, 1, 1)),
    ((2, 3), (3, 1, 2)),
]


def pixels_at(pixels: int, channel: int) -> np.ndarray:
    """Which pixel is at each position of a channel's map; -1 where there is none."""
    pixel = np.arange(64 + 16) - pixels * channel % 2
    return np.where(pixel < pixels, pixel, -1)


@pytest.mark.parametrize("pixels", range(1, 65))
@pytest.mark.parametrize("channel", range(8))
def test_positions(pixels: int, channel: int) -> None:
    """Every pixel is at one; those of words lie beside each other, and words begin at multiples of four bytes."""
    at = pixels_at(pixels, channel)
    assert list(at[at >= 0]) == list(range(pixels))
    whole = [(first, second) for first, second in at.reshape(-1, 2) if min(first, second) >= 0]
    assert len(whole) >= (pixels - 1) // 2
    assert all(first + 1 == second and (channel * pixels + first) % 2 == 0 for first, second in whole)


def matrix(window: Window2D, image: tuple[int, int], W: np.ndarray) -> np.ndarray:
    """T[from][to] of a kernel: what each pixel is to each output."""
    units = np.eye(np.prod(image)).reshape(-1, 1, *image)
    return reference.forward(units, W[None, None], None, window).reshape(len(units), -1)


def gradient(x: np.ndarray, gy: np.ndarray, window: Window2D, image: tuple[int, int]) -> np.ndarray:
    """gW of pixels and outputs that meet, and nothing else: the reference multiplies what is beside a map by zero."""
    gW = np.zeros((1, x.shape[1], *window.kernel))
    x, gy = (array.reshape(*array.shape[:2], -1) for array in (x, gy))
    for k in np.ndindex(window.kernel):
        unit = np.zeros(window.kernel)
        unit[k] = 1
        pixels, outputs = np.nonzero(matrix(window, image, unit))
        gW[0, :, *k] = (x[:, :, pixels] * gy[:, :, outputs]).sum((0, 2))
    return gW


def table_of(window: Window2D, image: tuple[int, int], W: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Taps by how far a pixel is from where a window begins, and how far the first one is."""
    sizes, outputs = np.array(image), np.array(window.output_shape(image))
    back = np.array(window.stride) * (outputs - 1)
    table = np.zeros(sizes + back)
    for (i, j), tap in np.ndenumerate(W):
        y, x = (b - pad + k * d for b, (pad, _), k, d in zip(back, window.pad, (i, j), window.dilate, strict=True))
        if 0 <= y < len(table) and 0 <= x < len(table[0]):
            table[y, x] = tap
    return table, list(back)


@pytest.mark.parametrize(("image", "of"), WINDOWS)
def test_the_table_holds_the_matrix(image: tuple[int, int], of: tuple) -> None:
    window = Window2D.of(*of)
    W = np.random.default_rng(SEED).normal(size=window.kernel)
    table, (back_y, back_x) = table_of(window, image, W)
    expected = matrix(window, image, W).reshape(*image, *window.output_shape(image))
    for h, w, p, q in np.ndindex(expected.shape):
        y, x = h + back_y - p * window.stride[0], w + back_x - q * window.stride[1]
        assert table[y, x] == expected[h, w, p, q]


@pytest.mark.parametrize("channel", [0, 3])
@pytest.mark.parametrize("data", [False, True])
@pytest.mark.parametrize(("image", "of"), WINDOWS)
def test_outputs_are_products_of_the_matrix(image: tuple[int, int], of: tuple, data: bool, channel: int) -> None:
    """Sixteen maps, eights of positions, from the elements that each lane has."""
    rng, window = np.random.default_rng(SEED), Window2D.of(*of)
    T_ = matrix(window, image, rng.normal(size=window.kernel))
    T_ = T_.T if data else T_
    maps = rng.normal(size=(16, len(T_)))
    sources, targets = pixels_at(len(T_), channel), pixels_at(T_.shape[1], channel)
    found = np.full((16, T_.shape[1]), np.nan)
    for f in range(-(-T_.shape[1] // 8)):
        sums = np.zeros((16, 8))
        for step in range(-(-len(T_) // 16)):
            a, b = np.zeros((16, 16)), np.zeros((16, 8))
            for i in range(8):
                row, k = of_a(i)
                pixel = sources[16 * step + k]
                a[row, k] = np.where(pixel >= 0, maps[row, pixel], 0)
            for i in range(4):
                k, n = of_b(i)
                pixel, output = sources[16 * step + k], targets[8 * f + n]
                b[k, n] = np.where((pixel >= 0) & (output >= 0), T_[pixel, output], 0)
            sums += a @ b
        for i in range(4):
            row, n = of_d(i)
            output = targets[8 * f + n]
            found[row[output >= 0], output[output >= 0]] = sums[row, n][output >= 0]
    np.testing.assert_allclose(found, maps @ T_, atol=1e-12)


@pytest.mark.parametrize("channel", [0, 3])
@pytest.mark.parametrize(("image", "of"), WINDOWS)
def test_gradients_are_products_of_maps(image: tuple[int, int], of: tuple, channel: int) -> None:
    """Eight images; even positions of x are the first eight rows of a tile, odd ones the last; only tiles that meet."""
    rng, window = np.random.default_rng(SEED), Window2D.of(*of)
    meets = matrix(window, image, np.ones(window.kernel)) != 0
    pixels, outputs = meets.shape
    x, gy = rng.normal(size=(8, pixels)), rng.normal(size=(8, outputs))
    sources, targets = pixels_at(pixels, channel), pixels_at(outputs, channel)
    tiles = meeting(Problem(1, 8, 1, image, window, "float16"), 16)
    found = np.full((pixels, outputs), np.nan)
    for tile, e, odd in np.ndindex(*tiles.shape, 2):
        if not tiles[tile, e]:
            continue
        a, b = np.zeros((16, 8)), np.zeros((8, 8))
        for i in range(4):
            row, k = of_a(i)
            pixel = sources[16 * tile + 2 * (row % 8) + row // 8]
            a[row, k] = np.where(pixel >= 0, x[k, pixel], 0)
        for i in range(2):
            k, n = of_b(i)
            output = targets[16 * e + 2 * n + odd]
            b[k, n] = np.where(output >= 0, gy[k, output], 0)
        product = a @ b
        for i in range(4):
            row, n = of_d(i)
            pixel, output = sources[16 * tile + 2 * G + i // 2], targets[16 * e + 2 * (2 * T + i % 2) + odd]
            wanted = (pixel >= 0) & (output >= 0)
            found[pixel[wanted], output[wanted]] = product[row, n][wanted]
    np.testing.assert_allclose(found[meets], (x.T @ gy)[meets], atol=1e-12)


@pytest.mark.parametrize("case", MAP_CASES)
def test_integers_are_exact(case: str, gpu: SimulatedGpu) -> None:
    """Every product and sum of small integers is exact, so a pixel too few, too many or twice shows."""
    n, c, _, image, window, dtype, _ = wanted = problem(case)
    rng = np.random.default_rng(SEED)
    x, W, gy = (
        rng.integers(-3, 4, shape).astype(dtype)
        for shape in ((n, c, *image), (1, c, *window.kernel), (n, c, *wanted.out_image))
    )
    X, V, G_ = (gpu.module.asarray(array) for array in (x, W, gy))
    np.testing.assert_array_equal(depthwise.forward(X, V, None, window).get(), reference.forward(x, W, None, window))
    gx, gW, gb = (array.get() for array in depthwise.backward(X, V, G_, window))
    np.testing.assert_array_equal(gx, reference.backward_data(gy, W, window, x.shape))
    np.testing.assert_array_equal(gW, reference.backward_weight(x, gy, window, W.shape, dtype))
    np.testing.assert_array_equal(gb, gy.sum((0, 2, 3)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("case", MAP_CASES)
def test_what_is_not_finite_stays_where_it_belongs(case: str, dtype: str, gpu: SimulatedGpu) -> None:
    """The zeros of the matrix are factors too; maps beside each other share words."""
    n, c, _, image, window, *_ = wanted = problem(case, dtype)
    rng = np.random.default_rng(SEED)
    x, W, gy = (
        rng.normal(size=shape).astype(dtype)
        for shape in ((n, c, *image), (1, c, *window.kernel), (n, c, *wanted.out_image))
    )
    for array in (x, gy):
        array[0, 0, -1, -1], array[-1, 1, 0, 0], array[0, 3, 0, -1], array[-1, -1, -1, -1] = (
            np.inf,
            np.nan,
            -np.inf,
            np.nan,
        )
    X, V, G_ = (array.astype(np.float64) for array in (x, W, gy))
    with np.errstate(invalid="ignore"):
        expected = (
            reference.forward(X, V, None, window),
            reference.backward_data(G_, V, window, x.shape),
            gradient(X, G_, window, image),
        )
    x, W, gy = map(gpu.module.asarray, (x, W, gy))
    gx, gW, _ = depthwise.backward(x, W, gy, window)
    for found, right in zip((depthwise.forward(x, W, None, window), gx, gW), expected, strict=True):
        finite, found = np.isfinite(right), found.get().astype(np.float64)
        assert 0 < finite.sum() < finite.size
        np.testing.assert_array_equal(found[~finite], right[~finite])
        assert (abs(found[finite] - right[finite]) <= 64 * ROUNDING[dtype] * (1 + abs(right[finite]))).all()


def of_one_slice(gpu: SimulatedGpu) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and sums of one slice of many units, as only large arrays have them, and what they should be."""
    wanted = Problem(75, 8, 1, (5, 5), Window2D.of(3, 1, 1), "float16")
    rng = np.random.default_rng(SEED)
    shapes = (75, 8, 5, 5), (1, 8, 3, 3), (75, 8, 5, 5)
    x, W, gy = (rng.integers(-3, 4, shape).astype("float16") for shape in shapes)
    forward, partial = plan.forward(wanted), plan.backward_weight(wanted).partial
    y, sums, *arrays = map(gpu.module.asarray, (np.empty_like(x), np.empty((8, 10), "float32"), x, W, gy))
    for launch, given in ((forward, (y, arrays[0], arrays[1], None)), (partial, (sums, arrays[0], arrays[2]))):
        window, total, _ = launch.numbers
        assert total == (5 if launch is forward else 10)
        run(launch._replace(grid=(1, 1, 1), numbers=(window, total, total)), *given)
    gW = reference.backward_weight(x, gy, wanted.window, W.shape, np.float32).reshape(8, 9)
    expected = reference.forward(x, W, None, wanted.window).ravel(), gW.ravel(), gy.sum((0, 2, 3), "float32")
    sums = sums.get()
    return np.concatenate([y.get().ravel(), sums[:, :9].ravel(), sums[:, 9]]), np.concatenate(expected)


def test_a_slice_of_many_units(gpu: SimulatedGpu) -> None:
    np.testing.assert_array_equal(*of_one_slice(gpu))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("stage ? stage - 1 : STAGES - 1, unit", "stage, unit"),
        ("stage + 1 < STAGES ? stage + 1 : 0", "1 - stage % 2"),
        ("ahead < STAGES - 1", "ahead < STAGES - 2"),
        ("wait_for_all_but<STAGES - 2>();", "wait_for_all_but<STAGES - 1>();"),
        ("__syncthreads();  // now", "// now"),
    ],
    ids=["what is still read", "a stage forgotten", "a group forgotten", "a wait too short", "no barrier"],
)
@pytest.mark.parametrize("kernel", ["depthwise_tensor_maps(", "depthwise_tensor_maps_weight("])
def test_copies_that_are_not_in_step_are_seen(
    kernel: str, right: str, wrong: str, libraries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plant(source: str) -> str:
        if kernel not in source:
            return source
        assert right in source
        return without_repairs(source.replace(right, wrong))

    assert is_seen(plant, of_one_slice, libraries, monkeypatch)


def test_what_others_compute() -> None:
    """Float32, maps of more pixels, channels that eight do not divide, and arrays that begin anywhere."""
    plain = problem("tensor maps 7x7")
    kernels = {"depthwise_tensor_maps", "depthwise_tensor_maps_weight"}

    def chosen(wanted: Problem, aligned: bool = True) -> set[str]:
        planned = plan.forward(wanted, aligned), plan.backward_data(wanted, aligned)
        return {launch.kernel for launch in (*planned, plan.backward_weight(wanted, aligned).partial)}

    assert chosen(plain) == kernels
    assert not chosen(plain, aligned=False) & kernels
    for other in ({"dtype": "float32"}, {"image": (8, 9)}, {"channels": 12}, {"multiplier": 2}):
        assert not chosen(plain._replace(**other)) & kernels, other


@pytest.mark.parametrize("images", [32, 128])
@pytest.mark.parametrize(("channels", "kernel", "share"), [(960, 3, 0.85), (1152, 5, 0.7), (768, 7, 0.7)])
def test_enough_is_under_way(channels: int, kernel: int, share: float, images: int) -> None:
    """For that share of an H200's 4.3 TB/s, half of them read in the forward pass, at 800 ns; or all that there is."""
    wanted = Problem(images, channels, 1, (7, 7), Window2D.of(kernel, 1, kernel // 2), "float16")
    maps = images * channels * 49 * 2 / 132  # bytes of x, for a multiprocessor
    for launch, arrays in ((plan.forward(wanted), 1), (plan.backward_weight(wanted).partial, 2)):
        defines = {name: int(value) for name, value in launch.instance.defines if value.isdigit()}
        blocks = min(launch.grid[0] * launch.grid[1] / 132, defines["RESIDENT"])
        under_way = blocks * min(defines["STAGES"] - 1, int(launch.numbers[2])) * 16 * 16 * 49
        assert under_way >= min(share * arrays / 2 * 4.3e12 * 800e-9 / 132, arrays * maps)
