"""concat and split_axis, which take and give several arrays and therefore have no cases: values, gradients, ONNX."""

from typing import Any

import numpy as np
import pytest

from dwbridge import Chain, exporters
from dwbridge import functions as F
from dwbridge.autograd import Variable
from dwbridge.autograd.type_check import InvalidType
from dwbridge.gradient_check import check_backward, check_double_backward

SHAPES = [((2, 3, 2), (2, 1, 2), (2, 2, 2))]
SPLITS = [(2, 3), ([1], 1), ([1, 3], -2), ([0, 2], 1), ([], 0), (1, 0)]


def arrays(dtype: str = "f8") -> list[np.ndarray]:
    return [np.random.normal(size=shape).astype(dtype) for shape in SHAPES[0]]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i4"])
@pytest.mark.parametrize("axis", [1, -2])
def test_concat_is_numpys(axis: int, dtype: str) -> None:
    xs = [(8 * x).astype(dtype) for x in arrays()]
    y = F.concat(xs, axis)
    np.testing.assert_array_equal(y.array, np.concatenate(xs, axis))
    assert y.dtype == np.dtype(dtype)


@pytest.mark.parametrize(("sections", "axis"), SPLITS)
def test_split_axis_is_numpys(sections: Any, axis: int) -> None:
    x = np.random.normal(size=(2, 4, 3, 4))
    parts = F.split_axis(x, sections, axis)
    expected = np.split(x, sections, axis)
    assert isinstance(parts, tuple)
    for part, array in zip(parts, expected, strict=True):
        np.testing.assert_array_equal(part.array, array)
        assert not np.shares_memory(part.array, x)


def test_one_section_bare() -> None:
    assert isinstance(F.split_axis(np.zeros((2, 2)), 1, 0, force_tuple=False), Variable)


def test_gradients_of_any_order() -> None:
    xs = arrays()
    check_backward(lambda *vs: F.concat(vs), xs)
    check_double_backward(lambda *vs: F.power(F.concat(vs), 3), xs)
    check_backward(lambda v: F.split_axis(v, [1, 2], 1), xs[0])
    check_double_backward(lambda v: [F.power(part, 3) for part in F.split_axis(v, [1, 2], 1)], xs[0])


def test_a_section_that_is_not_used_gets_zeros() -> None:
    x = Variable(np.ones((1, 4)))
    _, right = F.split_axis(x, 2, 1)
    F.sum(right).backward()
    np.testing.assert_array_equal(x.grad, [[0, 0, 1, 1]])


def test_what_does_not_fit() -> None:
    with pytest.raises(InvalidType, match=r"xs\[1\]\.shape without axis 1 == that of xs\[0\]"):
        F.concat([np.zeros((2, 3)), np.zeros((3, 3))])
    with pytest.raises(InvalidType, match=r"xs\[1\]\.dtype == xs\[0\]\.dtype"):
        F.concat([np.zeros((2, 3)), np.zeros((2, 3), "f")])
    with pytest.raises(InvalidType, match="axis is 2"):
        F.concat([np.zeros((2, 3))], 2)
    with pytest.raises(ValueError, match="concat takes one array or more"):
        F.concat([])
    with pytest.raises(InvalidType, match="5 % 2"):
        F.split_axis(np.zeros(5), 2, 0)
    with pytest.raises(InvalidType, match="6 > 5"):
        F.split_axis(np.zeros(5), [6], 0)
    with pytest.raises(TypeError, match="expected a number of sections or indices, got float"):
        F.split_axis(np.zeros(5), 2.0, 0)


class Shuffle(Chain):
    """What ShuffleNetV2 does with its channels: split, work on one half, put the halves together the other way."""

    def forward(self, x: Any) -> Any:
        left, right = F.split_axis(x, 2, 1)
        return F.concat([F.relu(right), left], 1)


@pytest.mark.parametrize("opset", range(13, 23))
def test_through_onnx_and_back(opset: int) -> None:
    x = np.random.normal(size=(2, 6, 3, 3)).astype("f")
    model = exporters.export(Shuffle(), x, opset_version=opset)
    network = exporters.load(model)
    assert exporters.export(network).SerializeToString() == model.SerializeToString()
    np.testing.assert_array_equal(network(x).array, Shuffle()(x).array)
    verification = exporters.verify(model, x)
    assert verification.passed, str(verification)
    assert {outcome.units for runtime in verification.runtimes for outcome in runtime.nodes} == {0}
