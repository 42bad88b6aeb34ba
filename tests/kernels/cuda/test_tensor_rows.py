"""Convolution as products with bands of taps: the algebra in NumPy, lane by lane, and the simulated GPU."""

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
from dwbridge.kernels.cuda.launch import OPTIONS, run
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.reference import depthwise as reference


@pytest.mark.parametrize("left", range(12))
@pytest.mark.parametrize("width", range(3, 10))
def test_a_row_of_taps_is_bands(width: int, left: int) -> None:
    """Sixteen rows of eight outputs, from aligned eights of pixels and from the elements that each lane has."""
    rng = np.random.default_rng(SEED)
    taps, pixels = rng.normal(size=width), np.zeros((16, 48))
    pixels[:, 16:40] = rng.normal(size=(16, 24))
    first, last = -((left + 7) // 8), max(0, (width + 6 - left) // 8)
    for q in (0, 8, 16):
        outputs = np.zeros((16, 8))
        for shift in range(first, last + 1):
            a, b = np.zeros((16, 8)), np.zeros((8, 8))
            for i in range(4):
                r, c = of_a(i)
                at = 16 + q + 8 * shift + c
                a[r, c] = np.where((at >= 0) & (at < 48), pixels[r, np.clip(at, 0, 47)], 0)
            for i in range(2):
                tap = 8 * shift + 2 * T + i - G + left
                b[of_b(i)] = np.where((tap >= 0) & (tap < width), taps[np.clip(tap, 0, width - 1)], 0)
            product = a @ b
            for i in range(4):
                outputs[of_d(i)] += product[of_d(i)]
        frame = np.pad(pixels, ((0, 0), (16, 32)))
        expected = [frame[:, 32 + q - left + n : 32 + q - left + n + width] @ taps for n in range(8)]
        np.testing.assert_allclose(outputs, np.stack(expected, 1), atol=1e-13)


PRODUCT = """
extern "C" __global__ void product(float* d, const STORED* a, const STORED* b) {
    __shared__ struct alignas(16) { STORED values[16 * 8]; } rows;
    const int lane = threadIdx.x;
    for (int at = lane; at < 16 * 8; at += 32) rows.values[at] = a[at];
    __syncthreads();
    unsigned words[2];
    load_matrices(words, rows.values + lane % 16 * 8, 2);
    float sums[4] = {1, 1, 1, 1};
    multiply(sums, words, word_of(b[2 * lane], b[2 * lane + 1]));
    for (int i = 0; i < 4; ++i) d[4 * lane + i] = sums[i];
}
"""


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_product_of_matrices(dtype: str, gpu: SimulatedGpu) -> None:
    """Small integers: every sum is exact."""
    rng = np.random.default_rng(SEED)
    a, b = rng.integers(-9, 9, (16, 8)), rng.integers(-9, 9, (8, 8))
    given = np.stack([b[of_b(i)] for i in range(2)], 1)
    d, *arrays = (
        gpu.module.asarray(array.astype(t)) for array, t in ((np.zeros((32, 4)), "f4"), (a, dtype), (given, dtype))
    )
    module = gpu.module.RawModule(code=Instance.of("tensor_cores", dtype).text() + PRODUCT, options=OPTIONS)
    module.get_function("product")((1,), (32,), (d, *arrays))
    expected = 1 + a @ b
    np.testing.assert_array_equal(d.get(), np.stack([expected[of_d(i)] for i in range(4)], 1))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("tensor rows")])
def test_what_is_not_finite_stays_where_it_belongs(case: str, dtype: str, gpu: SimulatedGpu) -> None:
    """The zeros of a band are factors too: they must not make a NaN of what is beside a window."""
    n, c, m, image, window, *_ = wanted = problem(case, dtype)
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(n, c, *image)).astype(dtype)
    W = rng.normal(size=(m, c, *window.kernel)).astype(dtype)
    x[0, 0, 3, 4], x[-1, -1, -1, -1], x[-1, 0, -2, -3] = np.inf, np.nan, -np.inf
    X, V = x.astype(np.float64), W.astype(np.float64)
    with np.errstate(invalid="ignore"):
        expected = reference.forward(X, V, None, window)
    assert plan.forward(wanted).kernel == "depthwise_tensor_rows"
    y = depthwise.forward(gpu.module.asarray(x), gpu.module.asarray(W), None, window).get().astype(np.float64)
    finite = np.isfinite(expected)
    assert 0 < finite.sum() < finite.size
    np.testing.assert_array_equal(y[~finite], expected[~finite])
    bound = 64 * ROUNDING[dtype] * (1 + abs(expected[finite]))
    assert (abs(y[finite] - expected[finite]) <= bound).all()


def of_one_slice(gpu: SimulatedGpu) -> tuple[np.ndarray, np.ndarray]:
    """Outputs of one slice of many units, as only large arrays have them, and what they should be: small integers."""
    wanted = plan.Problem(40, 2, 1, (14, 16), Window2D.of(5, 1, 2), "float16")
    rng = np.random.default_rng(SEED)
    x, W = (rng.integers(-3, 4, size).astype("float16") for size in ((40, 2, 14, 16), (1, 2, 5, 5)))
    planned = plan.forward(wanted)
    window, total, _ = planned.numbers
    assert total == 5
    y, *arrays = map(gpu.module.asarray, (np.empty_like(x), x, W))
    run(planned._replace(grid=(2, 1, 1), numbers=(window, total, total)), y, *arrays, None)
    return y.get(), reference.forward(x, W, None, wanted.window)


def test_a_slice_of_many_units(gpu: SimulatedGpu) -> None:
    np.testing.assert_array_equal(*of_one_slice(gpu))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("stage ? stage - 1 : STAGES - 1, unit", "stage, unit"),
        ("stage + 1 < STAGES ? stage + 1 : 0", "1 - stage % 2"),
        ("ahead < STAGES - 1", "ahead < STAGES - 2"),
        ("wait_for_all_but<STAGES - 2>();", "wait_for_all_but<STAGES - 1>();"),
    ],
    ids=["what is still read", "a stage forgotten", "a group forgotten", "a wait too short"],
)
def test_copies_that_are_not_in_step_are_seen(
    right: str, wrong: str, libraries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plant(source: str) -> str:
        assert right in source
        return without_repairs(source.replace(right, wrong))

    assert is_seen(plant, of_one_slice, libraries, monkeypatch)


def test_maps_that_would_waste_most_of_a_product_have_none() -> None:
    """Of eight rows and columns at least half are wanted; narrow kernels, strides and other dtypes have their own."""
    plain = problem("tensor rows of several maps")
    for other in (
        {"image": (3, 14)},
        {"image": (7, 7), "window": Window2D.of(5, 1, 2)},
        {"dtype": "float32"},
        {"window": Window2D.of(7, 2, 3)},
        {"window": Window2D.of(3, 1, 1)},
    ):
        assert plan.forward(plain._replace(**other)).kernel == "depthwise_planes", other
