"""Everything that follows from an operator's cases: values, first and second derivatives.

`tests/exporters/test_operator_export.py` derives the other half, the way through ONNX, from the same cases.
"""

import ml_dtypes
import numpy as np
import pytest
from cases import Case, cases_of, operators
from oracles import oracle_of
from seed import SEED

from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.backend import is_floating
from dwbridge.configuration import using_config
from dwbridge.gradient_check import check_backward, check_double_backward

#: bfloat16, which not every runtime takes, and which NumPy has from `ml_dtypes`
BRAIN = np.dtype(ml_dtypes.bfloat16).name

ALL = [pytest.param(name, case, id=f"{name}-{case.name}") for name in operators() for case in cases_of(name)]
TYPED = [
    pytest.param(name, case, dtype, id=f"{name}-{case.name}-{dtype}")
    for name in operators()
    for case in cases_of(name)
    for dtype in (*case.dtypes, BRAIN)
]
DIFFERENTIABLE = [parameter for parameter in ALL if parameter.values[1].no_gradient is None]

#: Relative to the largest magnitude of the result: sums of the cases' lengths, rounded at every step.
TOLERANCE = {"float64": 1e-12, "float32": 1e-5, "float16": 4e-3, BRAIN: 3e-2}

# Cases of no elements make NumPy take means of nothing.
pytestmark = pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value encountered")


def draw(name: str, case: Case, dtype: str) -> tuple[np.ndarray, ...]:
    return case.draw_arrays(dtype, np.random.default_rng([SEED, *map(ord, name + case.name)]))


@pytest.mark.parametrize(("name", "case", "dtype"), TYPED)
def test_values_are_the_loop_oracles(name: str, case: Case, dtype: str) -> None:
    arrays = draw(name, case, dtype)
    with np.errstate(over="ignore"):
        y = getattr(F, name)(*arrays, **case.keywords_as(dtype)).array
    expected = oracle_of(name)(*arrays, **case.keywords_as(dtype))
    assert y.dtype == case.output_dtype(dtype)
    assert y.shape == expected.shape
    finite = np.abs(expected[np.isfinite(expected)])
    scale = max(1.0, float(finite.max(initial=0.0)))
    tolerance = TOLERANCE[min(dtype, str(y.dtype), key=lambda t: np.dtype(t).itemsize)] * scale
    np.testing.assert_allclose(y.astype(np.float64), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("name", "case"), DIFFERENTIABLE)
def test_gradient_is_the_numerical_one(name: str, case: Case) -> None:
    arrays = draw(name, case, "float64")
    check_backward(lambda *xs: getattr(F, name)(*xs, **case.keywords_as("float64")), arrays)


@pytest.mark.parametrize(("name", "case"), DIFFERENTIABLE)
def test_gradient_of_the_gradient_is_the_numerical_one(name: str, case: Case) -> None:
    arrays = draw(name, case, "float64")
    check_double_backward(lambda *xs: getattr(F, name)(*xs, **case.keywords_as("float64")), arrays)


@pytest.mark.parametrize("dtype", [BRAIN, "float16", "float32"])
@pytest.mark.parametrize(("name", "case"), DIFFERENTIABLE)
def test_gradients_have_their_inputs_types(name: str, case: Case, dtype: str) -> None:
    xs = [Variable(a, requires_grad=is_floating(a.dtype)) for a in draw(name, case, dtype)]
    with np.errstate(over="ignore"):
        y = getattr(F, name)(*xs, **case.keywords_as(dtype))
        y.grad = np.ones_like(y.array)
        y.backward()
    for x in xs:
        if x.requires_grad:
            assert x.grad is not None
            assert (x.grad.dtype, x.grad.shape) == (x.dtype, x.shape)


@pytest.mark.parametrize("name", [name for name in operators() if name not in ("accuracy", "dropout")])
def test_inputs_are_not_written_to(name: str) -> None:
    for case in cases_of(name):
        arrays = draw(name, case, "float32")
        for a in arrays:
            a.flags.writeable = False
        with using_config("train", False):
            getattr(F, name)(*arrays, **case.keywords_as("float32"))
