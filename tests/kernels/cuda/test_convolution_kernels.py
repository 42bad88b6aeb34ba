"""Convolution on the simulated GPU against the reference in float64: what rounding explains, and no more."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from kernels_rounding import computing_unit, error, gamma
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.geometry import Window2D
from dwbridge.kernels import kernels_for
from dwbridge.kernels.cuda import convolution
from dwbridge.kernels.cuda.arrays import kind
from dwbridge.kernels.cuda.plan import dense, elements
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import convolution as reference

DTYPES = ("float32", "float64", "float16")
ROUTINES = ("forward", "backward_data", "backward_weight")


class Case(NamedTuple):
    """A layer, and the groups' share of its channels."""

    images: int
    groups: int
    inputs: int
    outputs: int
    image: tuple[int, int]
    window: Window2D = Window2D.of(1)


POINTWISE = {
    "large maps": Case(3, 1, 5, 4, (9, 7)),
    "small maps": Case(5, 1, 17, 21, (2, 2)),
    "groups": Case(2, 3, 4, 5, (5, 3)),
    "more images than groups": Case(7, 2, 3, 1, (3, 3)),
    "small maps of groups": Case(4, 2, 9, 11, (1, 2)),
    "one of each": Case(1, 1, 1, 1, (1, 1)),
    "one image": Case(1, 2, 6, 3, (2, 5)),
    "no image": Case(0, 2, 3, 2, (4, 4)),
    "no input": Case(2, 1, 0, 3, (4, 4)),
}
DENSE = {
    "stem": Case(2, 1, 3, 8, (11, 13), Window2D.of(3, 2, 1)),
    "packs": Case(3, 1, 2, 5, (8, 12), Window2D.of(3, 1, 1)),
    "asymmetric": Case(2, 2, 3, 2, (8, 9), Window2D.of((3, 2), (2, 3), ((0, 2), (3, 1)), (2, 1))),
    "1x1, stride 2": Case(3, 2, 4, 3, (7, 8), Window2D.of(1, 2)),
    "1x1, padded": Case(2, 1, 3, 2, (3, 5), Window2D.of(1, 1, 1)),
    "steps beyond the kernel": Case(1, 3, 1, 2, (10, 16), Window2D.of(2, 3)),
    "dilated": Case(2, 1, 2, 3, (9, 9), Window2D.of(3, 1, 2, 2)),
    "padding beyond the kernel": Case(1, 1, 2, 2, (3, 4), Window2D.of(2, 1, 3)),
    "rows that no window reaches": Case(2, 1, 2, 3, (8, 8), Window2D.of(3, 2)),
    "cover all": Case(2, 1, 2, 3, (8, 8), Window2D.of(3, 2, cover_all=True)),
    "small maps of many channels": Case(4, 1, 19, 11, (3, 3), Window2D.of(3, 1, 1)),
    "small maps of groups, 3x3": Case(3, 2, 8, 6, (3, 2), Window2D.of(3, 1, ((1, 1), (1, 2)))),
    "no image of patches": Case(0, 1, 3, 2, (4, 4), Window2D.of(3)),
    "no input of patches": Case(2, 1, 0, 3, (4, 4), Window2D.of(3)),
}
CASES = POINTWISE | DENSE


def drawn(case: Case, dtype: Any, with_bias: bool = True) -> dict[str, tuple[Any, ...]]:
    """The arguments of every routine."""
    n, g, i, o, image, window = case
    rng = np.random.default_rng(SEED)
    x, W, gy = (
        rng.normal(size=shape).astype(dtype)
        for shape in ((n, g * i, *image), (g * o, i, *window.kernel), (n, g * o, *window.output_shape(image)))
    )
    b = rng.normal(size=g * o).astype(dtype) if with_bias else None
    return {
        "forward": (x, W, b, window),
        "backward_data": (gy, W, window, x.shape),
        "backward_weight": (x, gy, window, W.shape, W.dtype),
    }


def in_float64(args: tuple[Any, ...], change: Any = lambda array: array) -> list[Any]:
    wide = [change(arg.astype(np.float64)) if isinstance(arg, np.ndarray) else arg for arg in args]
    return [np.dtype(np.float64) if isinstance(arg, np.dtype) else arg for arg in wide]


def on(gpu: SimulatedGpu, args: tuple[Any, ...]) -> list[Any]:
    return [gpu.module.asarray(arg) if isinstance(arg, np.ndarray) else arg for arg in args]


def computed(gpu: SimulatedGpu, name: str, args: tuple[Any, ...]) -> np.ndarray:
    given = on(gpu, args)
    gpu.transfers.clear()
    result = getattr(convolution, name)(*given)
    assert not gpu.transfers
    return result.get()


def products(name: str, case: Case) -> int:
    """How many products are summed in one element, at most; a sum over images, or over taps, is one more for each."""
    if name == "backward_weight":
        return case.images * (1 + int(np.prod(case.window.output_shape(case.image))))
    return (case.inputs if name == "forward" else case.outputs) * int(np.prod(case.window.kernel))


def assert_within_bound(gpu: SimulatedGpu, name: str, case: Case, args: tuple[Any, ...]) -> None:
    """|computed - exact| <= gamma_(n+1) (sum |x||W| + |b|), and once the rounding into the type of the result."""
    result = computed(gpu, name, args)
    exact, sums = getattr(reference, name)(*in_float64(args)), getattr(reference, name)(*in_float64(args, np.abs))
    assert (result.dtype, result.shape) == (args[0].dtype, exact.shape)
    of_oracle = 2 if result.dtype == np.float64 else 1
    bound = of_oracle * gamma(products(name, case) + 1, computing_unit(result.dtype)) * sums
    assert error(result, exact, bound) <= 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_errors_are_those_of_rounding(case: str, dtype: str, gpu: SimulatedGpu) -> None:
    for with_bias in (True, False):
        every = drawn(CASES[case], dtype, with_bias)
        for name in ROUTINES:
            assert_within_bound(gpu, name, CASES[case], every[name])


@pytest.mark.parametrize(
    ("case", "calls"),
    [("large maps", 1), ("small maps", 1), ("groups", 2), ("more images than groups", 2), ("one image", 1)],
)
def test_a_pointwise_convolution_is_a_product(case: str, calls: int, gpu: SimulatedGpu) -> None:
    every = drawn(POINTWISE[case], "float16")
    for name in ("forward", "backward_data"):
        computed(gpu, name, every[name])
        assert gpu.launches == calls * ["gemm"]
        gpu.launches.clear()


def test_the_weight_gradient_of_small_maps_is_one_product(gpu: SimulatedGpu) -> None:
    for case, calls in (("small maps", 1), ("small maps of groups", 1), ("large maps", 1), ("groups", 2)):
        computed(gpu, "backward_weight", drawn(POINTWISE[case], "float32")["backward_weight"])
        if planned(POINTWISE[case]).adds_pixels:  # pixels of all images in a row, of x and of gy
            assert gpu.launches == ["patches", "patches", *calls * ["gemm"]]
        else:
            assert gpu.launches == [*calls * ["gemm"], "sum_columns"]
        gpu.launches.clear()


@pytest.mark.parametrize("case", ["stem", "packs", "dilated", "1x1, padded", "small maps of many channels"])
def test_patches_are_one_launch_beside_the_product(case: str, gpu: SimulatedGpu) -> None:
    expected = {name: ["patches", "gemm"] for name in ROUTINES} | {"backward_data": ["gemm", "gathered"]}
    adds_pixels = planned(DENSE[case], "float16").adds_pixels
    expected["backward_weight"] = ["patches", *(["patches", "gemm"] if adds_pixels else ["gemm", "sum_columns"])]
    for name, args in drawn(DENSE[case], "float16").items():
        computed(gpu, name, args)
        assert gpu.launches == expected[name]
        gpu.launches.clear()


def test_which_weight_gradients_add_pixels() -> None:
    """Both ways are under test."""
    found = {name for name, case in CASES.items() if planned(case).adds_pixels}
    assert {"small maps", "small maps of groups", "small maps of many channels", "small maps of groups, 3x3"} <= found
    assert not {"large maps", "groups", "stem", "packs", "1x1, stride 2"} & found


def planned(case: Case, dtype: str = "float32") -> dense.Problem:
    x, W, _, window = drawn(case, dtype)["forward"]
    return dense.problem_of(x.shape, W.shape, window, kind(x.dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "case", ["large maps", "more images than groups", "small maps of groups", "packs", "1x1, stride 2"]
)
def test_scratch_memory_is_bounded(case: str, dtype: str, gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fewer bytes, the more calls; images of all blocks are added up."""
    args, calls = drawn(CASES[case], dtype), []
    for bytes_at_once in (1 << 28, 20000, 5000, 0):
        monkeypatch.setattr(dense, "SCRATCH_BYTES", bytes_at_once)
        gpu.launches.clear()
        for name in ROUTINES:
            assert_within_bound(gpu, name, CASES[case], args[name])
        calls.append(len(gpu.launches))
    assert calls == sorted(calls)
    assert calls[0] < calls[-1]


@pytest.mark.parametrize("case", DENSE)
@pytest.mark.parametrize("dtype", DTYPES)
def test_patches_are_copies(case: str, dtype: str, gpu: SimulatedGpu) -> None:
    x, _, _, window = drawn(DENSE[case], dtype)["forward"]
    problem = planned(DENSE[case], dtype)
    expected = reference._patches(x, window, problem.groups, x.dtype)
    for in_a_row, turned in ((False, expected), (True, expected.transpose(1, 2, 0, 3))):
        found = convolution._patches(gpu.module.asarray(x), problem, in_a_row).get()
        np.testing.assert_array_equal(found, turned.reshape(-1))


def test_the_order_of_threads_changes_nothing(gpu: SimulatedGpu) -> None:
    for case in ("stem", "asymmetric", "small maps of groups, 3x3"):
        for name, args in drawn(CASES[case], "float16").items():
            bits = set()
            for gpu.order in (0, 1, 7, 11):
                bits.add(computed(gpu, name, args).tobytes())
            assert len(bits) == 1


def test_threads_take_turns(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MOST_BLOCKS", 2)
    for cached in (dense.patches, dense.gathered):
        cached.cache_clear()
    case = Case(2, 1, 3, 2, (17, 16), Window2D.of(3, 1, 1))
    for name, args in drawn(case, "float64").items():
        assert_within_bound(gpu, name, case, args)
    for cached in (dense.patches, dense.gathered):
        cached.cache_clear()


@pytest.mark.parametrize("case", CASES)
def test_views_and_arrays_that_are_not_in_row_order(case: str, gpu: SimulatedGpu) -> None:
    for name, args in drawn(CASES[case], "float32").items():
        expected = computed(gpu, name, args)
        turned = [array.swapaxes(0, 1).copy() if isinstance(array, np.ndarray) and array.ndim == 4 else array
                  for array in args]  # fmt: skip
        given = [a.swapaxes(0, 1) if isinstance(b, np.ndarray) and b.ndim == 4 else a
                 for a, b in zip(on(gpu, tuple(turned)), args, strict=True)]  # fmt: skip
        np.testing.assert_array_equal(getattr(convolution, name)(*given).get(), expected)
        at_odd_places = [shifted(gpu, arg) if isinstance(arg, np.ndarray) else arg for arg in args]
        np.testing.assert_array_equal(getattr(convolution, name)(*at_odd_places).get(), expected)


def shifted(gpu: SimulatedGpu, array: np.ndarray) -> Any:
    """The array, one element behind the beginning of an allocation."""
    longer = np.concatenate([np.full(1, np.nan, array.dtype), array.reshape(-1)])
    return gpu.module.asarray(longer)[1:].reshape(array.shape)


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_finite_passes_as_in_the_reference(case: str, gpu: SimulatedGpu) -> None:
    for name, args in drawn(CASES[case], "float32").items():
        for value in (np.nan, np.inf, -np.inf):
            arrays = [place for place in range(3) if isinstance(args[place], np.ndarray) and args[place].size]
            for place in arrays:
                poisoned = list(args)
                poisoned[place] = args[place].copy()
                poisoned[place].reshape(-1)[args[place].size // 2] = value
                found = computed(gpu, name, tuple(poisoned))
                with np.errstate(all="ignore"):
                    expected = getattr(reference, name)(*poisoned)
                for ask in (np.isnan, np.isposinf, np.isneginf):
                    np.testing.assert_array_equal(ask(found), ask(expected))


@pytest.mark.parametrize("case", CASES)
def test_bfloat16(case: str, gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    for name, args in drawn(CASES[case], bfloat16).items():
        found = computed(gpu, name, args)
        assert found.dtype == bfloat16
        exact, sums = getattr(reference, name)(*in_float64(args)), getattr(reference, name)(*in_float64(args, np.abs))
        bound = gamma(products(name, CASES[case]) + 1, 2.0**-24) * sums + 2.0**-8 * np.abs(exact)
        assert (np.abs(found.astype(np.float64) - exact) <= bound).all()


def test_no_output_channels(gpu: SimulatedGpu) -> None:
    """The reference has no answer to these."""
    every = drawn(Case(2, 1, 3, 0, (4, 4)), "float32")
    assert computed(gpu, "forward", every["forward"]).shape == (2, 0, 4, 4)
    np.testing.assert_array_equal(computed(gpu, "backward_data", every["backward_data"]), np.zeros((2, 3, 4, 4)))
    assert computed(gpu, "backward_weight", every["backward_weight"]).shape == (0, 3, 1, 1)
    assert not gpu.launches


def test_what_is_declined(gpu: SimulatedGpu) -> None:
    every = drawn(CASES["groups"], "float32")
    halves = drawn(CASES["groups"], "float16")
    for name in ROUTINES:
        mixed = on(gpu, (every[name][0], halves[name][1], *every[name][2:]))
        with pytest.raises(DeclinedError, match="one dtype"):
            getattr(convolution, name)(*mixed)
        routine = getattr(kernels_for("convolution", mixed[0]), name)
        assert routine(*mixed).dtype == np.float32
        integers = tuple(arg.astype("int32") if isinstance(arg, np.ndarray) else arg for arg in every[name])
        with pytest.raises(DeclinedError, match="int32"):
            getattr(convolution, name)(*on(gpu, integers))
    assert not gpu.launches


def test_what_32_bits_do_not_count_is_declined() -> None:
    floats = kind(np.dtype("float32"))
    sizes = [((1 << 16, 3, 1, 1), 1), ((1 << 15, 1, 1 << 8, 1 << 8), 1), ((1, 1 << 15, 1 << 8, 1 << 8), 1)]
    for shape, kernel in (*sizes, ((1, 1 << 13, 1 << 8, 1 << 8), 3), ((1, 1, 1, (1 << 31) - 7), 1)):
        with pytest.raises(DeclinedError, match="32 bits"):
            dense.problem_of(shape, (4, shape[1], kernel, kernel), Window2D.of(kernel, pad=kernel // 2), floats)


def test_every_instance_is_there() -> None:
    every = list(convolution.instances())
    assert len(every) == len(set(every))
    for dtype in DTYPES:
        for case in DENSE.values():
            assert dense.gathered(planned(case, dtype), 1).instance in every
