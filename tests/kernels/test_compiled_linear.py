"""The compiled fully connected layer against the reference and against float64, over shapes and layouts at random."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from seed import SEED

from dwbridge.configuration import using_config
from dwbridge.kernels.reference import linear as reference

pytest.importorskip("numba", reason="Numba is not installed")

from dwbridge.kernels.compiled import linear
from dwbridge.kernels.compiled.products import image_products
from dwbridge.kernels.errors import DeclinedError

ROUTINES = ("forward", "backward_data", "backward_weight")
quiet = settings(
    max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(autouse=True)
def _small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linear, "SMALLEST", 1)


def laid_out(matrix: np.ndarray, layout: int) -> np.ndarray:
    """The same values: as they are, by columns, backwards, or every second one."""
    if layout == 1:
        return np.asfortranarray(matrix)
    if layout == 2:
        return np.ascontiguousarray(matrix[::-1, ::-1])[::-1, ::-1]
    return np.repeat(matrix, 2, axis=1)[:, ::2] if layout == 3 else matrix


def problem(n: int, i: int, o: int, dtype: Any, seed: int, layouts: tuple[int, ...] = (0, 0, 0)) -> dict[str, Any]:
    rng = np.random.default_rng([SEED, seed])
    shapes = (n, i), (o, i), (n, o)
    x, W, gy = (laid_out(rng.standard_normal(s).astype(dtype), way) for s, way in zip(shapes, layouts))
    return {
        "forward": (x, W, rng.standard_normal(o).astype(dtype)),
        "backward_data": (gy, W, None, x.shape),
        "backward_weight": (x, gy, None, W.shape, W.dtype),
    }


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    sizes = draw(st.tuples(st.integers(2, 20), st.integers(1, 40), st.integers(1, 40)))
    layouts = draw(st.tuples(*[st.integers(0, 3)] * 3))
    dtype = draw(st.sampled_from([np.float32, np.float64, np.float16]))
    return problem(*sizes, dtype, draw(st.integers(0, 1000)), layouts)


@pytest.mark.parametrize("name", ROUTINES)
@quiet
@given(args=problems())
def test_errors_stay_within_the_rounding_bound(name: str, args: dict[str, Any]) -> None:
    ours = getattr(linear, name)(*args[name])
    wide = [a.astype(float) if isinstance(a, np.ndarray) else a for a in args[name]]
    wide = [np.dtype(float) if isinstance(a, np.dtype) else a for a in wide]
    exact = getattr(reference, name)(*wide)
    size = getattr(reference, name)(*[np.abs(a) if isinstance(a, np.ndarray) else a for a in wide])
    n = {"forward": wide[0].shape[1], "backward_data": wide[0].shape[1], "backward_weight": len(wide[0])}[name] + 1
    dtype = args[name][0].dtype
    u = 2.0**-53 if dtype == np.float64 else 2.0**-24
    bound = (2 if dtype == np.float64 else 1) * n * u / (1 - n * u) * size
    if dtype == np.float16:
        bound = bound + 2.0**-11 * (np.abs(exact) + bound) + 2.0**-25
    assert (ours.dtype, ours.shape) == (dtype, exact.shape)
    assert (np.abs(ours - exact) <= bound).all()


@pytest.mark.parametrize("name", ROUTINES)
def test_the_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(image_products, "WORTHWHILE", 100)
    args = problem(33, 70, 52, np.float32, 0)[name]
    with using_config("num_threads", 1):
        alone = getattr(linear, name)(*args).tobytes()
    for threads in (2, 3, 16):
        with using_config("num_threads", threads):
            assert getattr(linear, name)(*args).tobytes() == alone


@quiet
@given(args=problems())
def test_every_element_is_written(args: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
        for name in ROUTINES:
            assert np.isfinite(getattr(linear, name)(*args[name])).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ROUTINES)
def test_what_is_not_finite_passes_as_in_the_reference(name: str, value: float) -> None:
    for chosen in (0, 1):
        args = problem(5, 19, 7, np.float32, 1)[name]
        args[chosen][3, 2] = value
        ours, plain = (getattr(module, name)(*args) for module in (linear, reference))
        np.testing.assert_array_equal(np.isnan(ours), np.isnan(plain))
        np.testing.assert_array_equal(np.isinf(ours), np.isinf(plain))


def test_mixed_types() -> None:
    args = problem(4, 9, 5, np.float64, 2)
    gy, W = args["backward_data"][:2]
    gx = linear.backward_data(gy, W.astype(np.float32), None, (4, 9))
    np.testing.assert_allclose(gx, gy @ W.astype(np.float32).astype(float), rtol=1e-13, atol=1e-13)
    with pytest.raises(DeclinedError, match="the first one the widest"):
        linear.forward(gy.astype(np.float32) @ W.astype(np.float32), W, None)


def test_what_blas_does_sooner_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for n, i, o in ((1, 1000, 1000), (0, 9, 5), (16, 64, 10)):
        for name, args in problem(n, i, o, np.float32, 3).items():
            with pytest.raises(DeclinedError, match=f"a product of {n} by {i} with {i} by {o} is left to BLAS"):
                getattr(linear, name)(*args)
    x, W, b = problem(16, 128, 128, np.float32, 4)["forward"]
    np.testing.assert_allclose(linear.forward(x, W, b), reference.forward(x, W, b), rtol=1e-4, atol=1e-4)
