"""Weight gradients as products of matrices: the algebra in NumPy, lane by lane, and the simulated GPU."""

from pathlib import Path

import numpy as np
import pytest
from every_direction import ROUNDING
from fragments import LANE, G, T, of_a, of_b, of_d
from instances import CASES, problem
from planted import is_seen
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import depthwise
from dwbridge.kernels.cuda.launch import OPTIONS, run
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.reference import depthwise as reference

WEIGHT_CASES = [case for case in CASES if case.startswith("tensor weight")]


def loaded(rows: list[np.ndarray], matrices: int) -> np.ndarray:
    """What ldmatrix.trans gives to lanes, two elements of each matrix; lane 8 m + r has row r of matrix m.

    Without .trans a lane has row groupID of a matrix, and its columns 2 threadID and 2 threadID + 1.
    """
    words = [
        np.stack([row[:8] for row in rows[8 * m : 8 * m + 8]]).T[G, 2 * T + k] for m in range(matrices) for k in (0, 1)
    ]
    return np.stack(words)


@pytest.mark.parametrize(("width", "left"), [(width, left) for width in range(3, 10) for left in range(width)])
def test_taps_are_sums_along_diagonals(width: int, left: int) -> None:
    """Two groups of eight rows, a pair of rows of taps, and every eight of x that meets an eight of gy."""
    rng = np.random.default_rng(SEED)
    columns, top = 24, 1
    x, gy = rng.normal(size=(16, columns)), rng.normal(size=(16, columns))
    framed = np.pad(x, ((top, 2), (0, 0)))
    first, last = -((left + 7) // 8), (width + 6 - left) // 8
    sums = np.zeros((2, 8 * (last - first + 1), 8))
    for e in range(columns // 8):
        # lanes 8 m to 8 m + 7 have the rows of matrix m: of group m / 2, for the row of taps m % 2
        lines = [framed[8 * (lane // 16) + lane % 8 + lane // 8 % 2, 8 * e :] for lane in LANE]
        a = np.zeros((16, 16))
        for i, given in enumerate(loaded(lines, 4)):
            a[of_a(i)] = given
        for shift in range(first, last + 1):
            g = e - shift
            if 0 <= g < columns // 8:
                b = np.zeros((16, 8))
                for i, given in enumerate(loaded([gy[lane % 16, 8 * g :] for lane in LANE], 2)):
                    b[of_b(i)] = given
                product = a @ b
                for i in range(4):
                    row, n = of_d(i)
                    sums[row // 8, 8 * (shift - first) + row % 8, n] += product[row, n]
    wide = np.pad(framed, ((0, 0), (left, width)))
    for i in (0, 1):
        for j in range(width):
            found = sum(sums[i, j - left - 8 * first + n, n] for n in range(8))
            expected = (wide[i : i + 16, j : j + columns] * gy).sum()
            assert found == pytest.approx(expected, abs=1e-12)


PRODUCT = """
extern "C" __global__ void product(float* d, const STORED* x, const STORED* gy) {
    __shared__ struct alignas(16) { STORED x[16 * 16], gy[16 * 8]; } rows;
    const int lane = threadIdx.x;
    for (int at = lane; at < 16 * 16; at += 32) rows.x[at] = x[at];
    for (int at = lane; at < 16 * 8; at += 32) rows.gy[at] = gy[at];
    __syncthreads();
    unsigned a[4], b[2];
    load_transposed(a, rows.x + (lane / 16 * 8 + lane % 8) * 16 + lane / 8 % 2 * 8, 4);
    load_transposed(b, rows.gy + lane % 16 * 8, 2);
    float sums[4] = {1, 1, 1, 1};
    multiply_sixteen(sums, a, b);
    for (int i = 0; i < 4; ++i) d[4 * lane + i] = sums[i];
}
"""


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_product_of_transposed_matrices(dtype: str, gpu: SimulatedGpu) -> None:
    """Small integers: every sum is exact."""
    rng = np.random.default_rng(SEED)
    x, gy = rng.integers(-9, 9, (16, 16)), rng.integers(-9, 9, (16, 8))
    d, *arrays = (
        gpu.module.asarray(array.astype(t)) for array, t in ((np.zeros((32, 4)), "f4"), (x, dtype), (gy, dtype))
    )
    module = gpu.module.RawModule(code=Instance.of("tensor_cores", dtype).text() + PRODUCT, options=OPTIONS)
    module.get_function("product")((1,), (32,), (d, *arrays))
    expected = 1 + x.T @ gy
    np.testing.assert_array_equal(d.get(), np.stack([expected[of_d(i)] for i in range(4)], 1))


@pytest.mark.parametrize("case", WEIGHT_CASES)
def test_the_same_bits_in_any_order_of_threads_and_exact_for_integers(case: str, gpu: SimulatedGpu) -> None:
    """Small integers: every product and sum is exact, so a pixel too few, too many or twice shows."""
    n, c, m, image, window, dtype, _ = wanted = problem(case)
    rng = np.random.default_rng(SEED)
    x = rng.integers(-3, 4, (n, c, *image)).astype(dtype)
    gy = rng.integers(-3, 4, (n, c * m, *wanted.out_image)).astype(dtype)
    assert plan.backward_weight(wanted).partial.kernel == "depthwise_tensor_weight"
    gW = depthwise.backward_weight(*map(gpu.module.asarray, (x, gy)), window, (m, c, *window.kernel), "float32")
    expected = reference.backward_weight(x, gy, window, (m, c, *window.kernel), np.float32)
    np.testing.assert_array_equal(gW.get(), expected)


def of_one_slice(gpu: SimulatedGpu) -> tuple[np.ndarray, np.ndarray]:
    """Sums of one slice of five units, as only large arrays have them, and what they should be."""
    wanted = plan.Problem(36, 2, 1, (16, 16), Window2D.of(3, 1, 1), "float16")
    rng = np.random.default_rng(SEED)
    x, gy = (rng.integers(-3, 4, (36, 2, 16, 16)).astype("float16") for _ in range(2))
    planned = plan.backward_weight(wanted).partial
    window, total, _ = planned.numbers
    assert total == 5
    partial, *arrays = map(gpu.module.asarray, (np.empty((2, 10), "float32"), x, gy))
    run(planned._replace(grid=(2, 1, 1), numbers=(window, total, total)), partial, *arrays)
    gW = reference.backward_weight(x, gy, wanted.window, (1, 2, 3, 3), np.float32)
    return partial.get(), np.concatenate([gW.reshape(2, 9), gy.sum((0, 2, 3), "float32")[:, None]], 1)


def test_a_slice_of_many_units(gpu: SimulatedGpu) -> None:
    np.testing.assert_array_equal(*of_one_slice(gpu))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("free = stage ? stage - 1 : STAGES - 1", "free = stage"),
        ("close_group();\n        for (", "close_group();\n        __syncthreads();\n        for ("),
        ("stage + 1 < STAGES ? stage + 1 : 0", "1 - stage % 2"),
        ("ahead < STAGES - 1", "ahead < STAGES - 2"),
    ],
    ids=["what is still read", "before all have read", "a stage forgotten", "a group forgotten"],
)
def test_copies_that_are_not_in_step_are_seen(
    right: str, wrong: str, libraries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    barrier = "__syncthreads();  // now"
    late = barrier if "__syncthreads" in wrong else ""

    def plant(source: str) -> str:
        assert "tensor_weight.cuh" not in source or (right in source and barrier in source)
        return source.replace(right, wrong).replace(late or "\0", "//")

    assert is_seen(plant, of_one_slice, libraries, monkeypatch)


@pytest.mark.parametrize("case", ["tensor weight 3x3", "tensor weight 7x7, strips"])
@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("of_x", [True, False])
def test_what_is_not_finite_stays_in_its_channel(case: str, value: float, of_x: bool, gpu: SimulatedGpu) -> None:
    """At a border, where zeros beside the map are factors: the channel may have more NaNs than the reference has."""
    n, c, m, image, window, dtype, _ = wanted = problem(case)._replace(channels=2)
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(n, c, *image)).astype(dtype)
    gy = rng.normal(size=(n, c * m, *wanted.out_image)).astype(dtype)
    (x if of_x else gy)[-1, 0, -1, -1] = value
    with np.errstate(invalid="ignore"):
        expected = reference.backward_weight(x, gy, window, (m, c, *window.kernel), np.float32)
    gW = depthwise.backward_weight(*map(gpu.module.asarray, (x, gy)), window, expected.shape, "float32").get()
    assert not np.isfinite(expected[:, 0]).all()
    assert not np.isfinite(gW[~np.isfinite(expected)]).any()
    assert np.isfinite(gW[:, 1]).all()
    size = reference.backward_weight(abs(x[:, 1:]), abs(gy[:, m:]), window, (m, 1, *window.kernel), np.float32)
    assert (abs(gW[:, 1:] - expected[:, 1:]) <= gy[:, 0].size * ROUNDING["float32"] * size).all()


def test_arrays_that_begin_anywhere_and_what_others_do_better() -> None:
    """Elements one by one pay for many taps; half of a matrix has to be wanted; strides and float32 have their own."""
    plain = problem("tensor weight 3x3")
    kernel = "depthwise_tensor_weight"
    assert plan.backward_weight(plain).partial.kernel == kernel
    assert plan.backward_weight(plain, aligned=False).partial.kernel == "depthwise_planes_weight"
    assert plan.backward_weight(plain._replace(window=Window2D.of(5, 1, 2)), aligned=False).partial.kernel == kernel
    for other in (
        {"image": (3, 14)},
        {"image": (7, 7)},
        {"dtype": "float32"},
        {"window": Window2D.of(3, 2, 1)},
        {"window": Window2D.of(3, 1, ((1, 1), (3, 1)))},
        {"window": Window2D.of(11, 1, 5)},
    ):
        assert plan.backward_weight(plain._replace(**other)).partial.kernel != kernel, other


@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize(
    ("channels", "size"), [(32, 112), (96, 56), (144, 56), (192, 28), (240, 28), (384, 14), (480, 14), (960, 14)]
)
def test_blocks_are_all_there_at_once(channels: int, size: int, kernel: int) -> None:
    """On an H200, in slices that are about equal, with the 23 KB under way that 4.3 TB/s take at 700 ns."""
    window = Window2D.of(kernel, 1, kernel // 2)
    launch = plan.backward_weight(plan.Problem(32, channels, 1, (size, size), window, "float16")).partial
    defines = {name: int(value) for name, value in launch.instance.defines if value.isdigit()}
    blocks, (total, units) = launch.grid[0] * launch.grid[1], map(int, launch.numbers[1:])
    assert blocks <= 132 * defines["RESIDENT"] or launch.grid[1] == 1
    assert units * launch.grid[1] <= 1.2 * total
    unit = 2 * 32 * size * size * 2 / total  # bytes of x and gy
    assert min(blocks / 132, defines["RESIDENT"]) * (defines["STAGES"] - 1) * unit > 23 << 10
