"""Compiled activations against the reference: types, shapes, layouts, the ends of the numbers, threads."""

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seed import SEED

from dwbridge.configuration import using_config
from dwbridge.kernels import kernels_for
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference import activations as reference

compiled = pytest.importorskip("dwbridge.kernels.compiled.activations", reason="Numba is not installed")

#: routine -> its constants, and whether its gradient takes y
ROUTINES: dict[str, tuple[tuple[float, ...], bool]] = {
    "relu": ((), True),
    "clipped_relu": ((0.75,), True),
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
#: those that give the reference's bits
OF_LINES = ("relu", "clipped_relu", "leaky_relu", "hard_swish")
TYPES = ("float32", "float64", "float16")
SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 6e-8, -6e-8, 3.0, -3.0, 60000.0, -60000.0, 1e30, -1e30]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def layouts(values: np.ndarray) -> dict[str, np.ndarray]:
    """The same values in other places."""
    spread = np.full(tuple(2 * n for n in values.shape), np.nan, values.dtype)[(slice(None, None, 2),) * values.ndim]
    spread[...] = values
    locked = values.copy()
    locked.flags.writeable = False
    return {
        "rows": values,
        "columns": np.asfortranarray(values),
        "gaps": spread,
        "reversed": np.flip(np.flip(values).copy()),
        "channels last": np.moveaxis(np.moveaxis(values, 0, -1).copy(), -1, 0),
        "read-only": locked,
    }


LAYOUTS = tuple(layouts(np.zeros((1, 1))))


def retained(name: str, x: np.ndarray) -> Any:
    constants, of_y = ROUTINES[name]
    return getattr(reference, name)(x, *constants) if of_y else x


def assert_same(actual: np.ndarray, expected: np.ndarray, name: str, magnitude: Any = 1.0) -> None:
    """Equal bits, or a few units of rounding."""
    assert (actual.dtype, actual.shape) == (expected.dtype, expected.shape)
    assert type(actual) is np.ndarray
    if name in OF_LINES:
        np.testing.assert_array_equal(actual, expected)
        return
    u = np.finfo(expected.dtype).eps * magnitude
    np.testing.assert_allclose(actual, expected, rtol=6 * np.finfo(expected.dtype).eps, atol=0 * u + 6 * u)


shapes = st.lists(st.integers(0, 9), min_size=1, max_size=4).map(tuple)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(list(ROUTINES)),
    dtype=st.sampled_from(TYPES),
    shape=shapes,
    places=st.tuples(st.sampled_from(LAYOUTS), st.sampled_from(LAYOUTS)),
    seed=st.integers(0, 9),
)
def test_it_is_the_reference(name: str, dtype: str, shape: tuple[int, ...], places: tuple[str, str], seed: int) -> None:
    rng = np.random.default_rng([SEED, seed])
    x, gy = (rng.normal(0, 3, shape).astype(dtype) for _ in range(2))
    constants = ROUTINES[name][0]
    y = getattr(compiled, name)(layouts(x)[places[0]], *constants)
    assert_same(y, getattr(reference, name)(x, *constants), name)
    v = retained(name, x)
    gx = getattr(compiled, f"{name}_gradient")(layouts(v)[places[0]], layouts(gy)[places[1]], *constants)
    expected = getattr(reference, f"{name}_gradient")(v, gy, *constants)
    assert_same(gx, expected, name, magnitude=4 * abs(gy).max(initial=1))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ROUTINES)
def test_the_ends_of_the_numbers(name: str, dtype: str) -> None:
    x = np.array(SPECIAL * 3, dtype)
    constants = ROUTINES[name][0]
    y, expected = (getattr(module, name)(x, *constants) for module in (compiled, reference))
    assert_same(y, expected, name)
    v = retained(name, x)
    gradients = [getattr(module, f"{name}_gradient")(v, x[::-1].copy(), *constants) for module in (compiled, reference)]
    np.testing.assert_array_equal(np.isnan(gradients[0]), np.isnan(gradients[1]))
    np.testing.assert_array_equal(np.isinf(gradients[0]), np.isinf(gradients[1]))


@pytest.mark.parametrize("name", ["tanh", "erf", "leaky_relu", "swish", "gelu", "gelu_tanh"])
def test_zeros_keep_their_sign(name: str) -> None:
    zeros = np.array([0.0, -0.0], np.float32)
    y = getattr(compiled, name)(zeros, *ROUTINES[name][0])
    assert np.signbit(y).tolist() == [False, True]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ROUTINES)
def test_the_bytes_do_not_depend_on_the_threads(name: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "GRAIN", 64)
    rng = np.random.default_rng(SEED)
    x, gy = (rng.normal(0, 3, (7, 333)).astype(dtype) for _ in range(2))
    constants, v = ROUTINES[name][0], retained(name, x)
    results = []
    for threads in (1, 2, 3, 16):
        with using_config("num_threads", threads):
            y = getattr(compiled, name)(x, *constants)
            results.append(y.tobytes() + getattr(compiled, f"{name}_gradient")(v, gy, *constants).tobytes())
    assert results[1:] == results[:-1]


def test_arrays_without_axes_and_of_one_element() -> None:
    for x in (np.array(-2.0, np.float32), np.array([[-2.0]], np.float32)):
        assert compiled.leaky_relu(x, 0.5).shape == x.shape
        assert compiled.leaky_relu(x, 0.5).item() == -1


def test_the_result_lies_like_the_input() -> None:
    x = np.asfortranarray(np.ones((3, 5, 2), np.float32))
    assert compiled.relu(x).strides == x.strides
    assert compiled.relu_gradient(x, np.ones((3, 5, 2), np.float32)).strides == x.strides


def test_inputs_are_not_written_to() -> None:
    x, gy = np.ones((4, 6), np.float32)[:, ::2], np.ones((3, 4), np.float32).T
    compiled.gelu(x)
    compiled.gelu_gradient(x, gy)
    compiled.gelu_gradient(gy, x)
    assert (x == 1).all() and (gy == 1).all()


@pytest.mark.parametrize(
    ("v", "gy"),
    [
        (np.ones(3, np.float32), np.ones(3, np.float64)),
        (np.ones(3, ">f4"), np.ones(3, ">f4")),
        (np.ones(3, np.longdouble), np.ones(3, np.longdouble)),
    ],
)
def test_other_types_are_declined(v: np.ndarray, gy: np.ndarray) -> None:
    with pytest.raises(DeclinedError):
        compiled.relu_gradient(v, gy)


def test_they_are_what_is_taken() -> None:
    x = np.linspace(-1, 1, 9, dtype=np.float32)
    for kernels in ("auto", "compiled"):
        with using_config("kernels", kernels):
            np.testing.assert_array_equal(kernels_for("activations", x).gelu(x), compiled.gelu(x))


def test_every_routine_is_there() -> None:
    for name in ROUTINES:
        assert callable(getattr(compiled, name)) and callable(getattr(compiled, f"{name}_gradient"))


@pytest.mark.parametrize("place", LAYOUTS)
def test_nothing_but_the_result_is_allocated(place: str) -> None:
    x = layouts(np.ones((64, 1024), np.float32))[place]
    gy = layouts(np.ones((64, 1024), np.float32))[place]
    dense = np.ones((64, 1024), np.float32)
    for call in (lambda: compiled.gelu(x), lambda: compiled.gelu_gradient(dense, gy)):
        with using_config("reuse_buffers", False):  # what the pool gives is not traced
            call()
            tracemalloc.start()
            call()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert x.nbytes <= peak < 1.1 * x.nbytes
