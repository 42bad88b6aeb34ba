"""The CUDA kernels of activations, run on the simulated GPU, against the reference."""

import inspect
from typing import Any

import numpy as np
import pytest
from seed import SEED
from simulated_gpu import SimulatedGpu

from dwbridge.backend import compute_dtype
from dwbridge.kernels.cuda import activations
from dwbridge.kernels.cuda.plan import elements
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import activations as reference

#: routine -> its constants, and whether its gradient takes y
ROUTINES: dict[str, tuple[tuple[float, ...], bool]] = {
    "relu": ((), True),
    "clipped_relu": ((0.7,), True),
    "leaky_relu": ((0.2,), True),
    "sigmoid": ((), True),
    "tanh": ((), True),
    "hard_sigmoid": ((1 / 6, 0.5), True),
    "hard_swish": ((), False),
    "swish": ((1.5,), False),
    "erf": ((), False),
    "gelu": ((), False),
    "gelu_tanh": ((), False),
}
#: those that give the reference's bits, gradients included
EXACT = ("relu", "clipped_relu", "leaky_relu", "hard_sigmoid")
#: How often larger than its argument's rounding an exponential's error may be, and than the result's the rest's.
ULPS = 8
DTYPES = ("float32", "float64", "float16")
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 6e-8, -6e-8, 3.0, -3.0, 60000.0, -60000.0, 1e30, -1e30]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def drawn(shape: Any, dtype: str, scale: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    return rng.normal(0, scale, shape).astype(dtype)


def retained(name: str, x: np.ndarray) -> np.ndarray:
    constants, of_y = ROUTINES[name]
    return getattr(reference, name)(x, *constants) if of_y else x


def size(name: str, x: np.ndarray, dtype: str) -> np.ndarray:
    """1 and the largest argument of an exponential: its rounding is what the exponential's error comes from."""
    kept = np.minimum(abs(x), 40)
    sizes = {"swish": 1.5 * kept, "gelu_tanh": 2 * (kept + 0.05 * kept**3)}
    if dtype == "float64":  # kernels keep what squares lose, the reference does not
        sizes |= {"erf": kept**2, "gelu": kept**2}
    return 1 + sizes.get(name, 0 * kept)


def assert_near(got: np.ndarray, exact: np.ndarray, factor: np.ndarray, terms: Any = 0.0, times: Any = 1.0) -> None:
    """Within `ULPS` of the arithmetic, times `factor`, of the result or of the terms that make it; rounded once.

    An exponential below the smallest normal number is zero, `times` what it is multiplied by.
    """
    finite = np.isfinite(exact) & (abs(exact) <= float(np.finfo(got.dtype).max))
    got, exact, factor, terms, times = (v[finite] for v in np.broadcast_arrays(got, exact, factor, terms, times))
    kind, wide = np.finfo(got.dtype), np.finfo(compute_dtype(got.dtype))
    bound = ULPS * float(wide.eps) * factor * np.maximum(abs(exact), terms) + kind.eps / 2 * abs(exact)
    bound += float(kind.tiny * kind.eps) + 2 * float(wide.tiny) * abs(times)
    assert (abs(got.astype(np.float64) - exact) <= bound).all()


def as_taken(x: np.ndarray) -> np.ndarray:
    """What kernels take numbers of float32 for: zero, below the smallest normal one."""
    return np.where(abs(x) < np.finfo(x.dtype).tiny, np.copysign(0, x), x) if x.dtype == np.float32 else x


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ROUTINES)
def test_it_is_the_reference(name: str, dtype: str, gpu: SimulatedGpu) -> None:
    constants, of_y = ROUTINES[name]
    x, gy = drawn((3, 5, 71), dtype), drawn((3, 71, 5), dtype).swapaxes(1, 2)[:, ::-1]
    v = retained(name, x)
    on_gpu = [gpu.module.asarray(array) for array in (x, v, gy)]
    gpu.transfers.clear()

    y = getattr(activations, name)(on_gpu[0], *constants)
    gx = getattr(activations, f"{name}_gradient")(*on_gpu[1:], *constants)

    assert gpu.launches == ["activation", "activation_gradient"]
    assert not gpu.transfers
    y, gx = y.get(), gx.get()
    assert (y.dtype, y.shape, gx.dtype, gx.shape) == (x.dtype, x.shape, x.dtype, x.shape)
    if name in EXACT:
        np.testing.assert_array_equal(y, getattr(reference, name)(x, *constants))
        np.testing.assert_array_equal(gx, getattr(reference, f"{name}_gradient")(v, gy, *constants))
        return
    exact = np.asarray(x, np.float64)
    assert_near(y, getattr(reference, name)(exact, *constants), size(name, exact, dtype))
    wide_v, wide_gy = np.asarray(v, np.float64), np.asarray(gy, np.float64)
    expected = getattr(reference, f"{name}_gradient")(wide_v, wide_gy, *constants)
    # a gradient is a sum of terms as large as gy, but for the bell of erf
    terms = abs(wide_gy) * (0 if name == "erf" else 1)
    assert_near(gx, expected, size(name, exact, dtype), terms, wide_gy)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ROUTINES)
def test_the_ends_of_the_numbers(name: str, dtype: str, gpu: SimulatedGpu) -> None:
    x = np.array(SPECIAL * 3, dtype)
    constants, v = ROUTINES[name][0], retained(name, x)
    given = x[::-1].copy()
    y = getattr(activations, name)(gpu.module.asarray(x), *constants).get()
    gx = getattr(activations, f"{name}_gradient")(gpu.module.asarray(v), gpu.module.asarray(given), *constants).get()
    x, v, given = map(as_taken, (x, v, given))
    expected = getattr(reference, name)(x, *constants), getattr(reference, f"{name}_gradient")(v, given, *constants)
    for ours, theirs in zip((y, gx), expected, strict=True):
        for ask in (np.isnan, np.isposinf, np.isneginf):
            np.testing.assert_array_equal(ask(ours), ask(theirs))
        usual = np.isfinite(theirs)
        np.testing.assert_allclose(ours[usual], theirs[usual], rtol=1e-3 if dtype == "float16" else 1e-5, atol=1e-7)


@pytest.mark.parametrize("name", ["tanh", "erf", "leaky_relu", "swish", "gelu", "gelu_tanh"])
def test_zeros_keep_their_sign(name: str, gpu: SimulatedGpu) -> None:
    y = getattr(activations, name)(gpu.module.asarray(np.array([0.0, -0.0], np.float32)), *ROUTINES[name][0])
    assert np.signbit(y.get()).tolist() == [False, True]


def test_tiny_numbers_are_zero_in_float32_alone(gpu: SimulatedGpu) -> None:
    for dtype, wanted in (("float32", [0.0, 1.0]), ("float64", [1.0, 1.0])):
        y = np.array([np.finfo(dtype).tiny / 2, np.finfo(dtype).tiny], dtype)
        gx = activations.relu_gradient(gpu.module.asarray(y), gpu.module.asarray(np.ones(2, dtype)))
        assert gx.get().tolist() == wanted


@pytest.mark.parametrize("elements_of", [1, 2, 3, 4, 5, 7, 8, 9, 31, 2049])
@pytest.mark.parametrize("begin", [0, 1, 4])
def test_any_size_and_any_alignment(elements_of: int, begin: int, gpu: SimulatedGpu) -> None:
    for dtype in DTYPES:
        x = drawn(elements_of + begin, dtype)
        y = activations.leaky_relu(gpu.module.asarray(x)[begin:], 0.2)
        np.testing.assert_array_equal(y.get(), reference.leaky_relu(x[begin:], 0.2))


def test_threads_take_turns(gpu: SimulatedGpu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MOST_BLOCKS", 2)
    elements.every_element.cache_clear()
    x = drawn(3 * 2 * 256 * 4 + 3, "float32")
    for begin in (0, 1):
        y = activations.relu(gpu.module.asarray(x)[begin:])
        np.testing.assert_array_equal(y.get(), reference.relu(x[begin:]))
    elements.every_element.cache_clear()


def test_nothing_and_a_number_without_axes(gpu: SimulatedGpu) -> None:
    assert activations.relu(gpu.module.asarray(np.zeros((0, 3), np.float32))).shape == (0, 3)
    empty = gpu.module.asarray(np.zeros((2, 0), np.float16))
    assert activations.tanh_gradient(empty, empty).shape == (2, 0)
    assert not gpu.launches
    y = activations.leaky_relu(gpu.module.asarray(np.array(-2.0, np.float32)), 0.5)
    assert (y.shape, y.get().item()) == ((), -1)


def test_other_dtypes_are_the_references(gpu: SimulatedGpu) -> None:
    integers, halves, floats = (gpu.module.asarray(np.ones(3, dtype)) for dtype in ("int32", "float16", "float32"))
    with pytest.raises(DeclinedError, match="int32"):
        activations.relu(integers)
    with pytest.raises(DeclinedError, match="float16', 'float32"):
        activations.relu_gradient(halves, floats)


def test_bfloat16_is_rounded_once(gpu: SimulatedGpu) -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x = drawn(77, "float32").astype(bfloat16)
    y = activations.gelu(gpu.module.asarray(x)).get()
    np.testing.assert_array_equal(y, reference.gelu(x.astype(np.float32)).astype(bfloat16))


def test_every_routine_is_there() -> None:
    names = {name for name, value in vars(reference).items() if inspect.isfunction(value) and name[0] != "_"}
    names -= {"compute_dtype", "get_array_module"}
    assert names == {*ROUTINES, *(f"{name}_gradient" for name in ROUTINES)}
    assert set(activations.NAMES) == set(ROUTINES)
    assert all(callable(getattr(activations, name)) for name in names)
