"""What initializers accept, which type arrays get, and how wrong arguments are refused."""

import numpy as np
import pytest

from dwbridge import initializers
from dwbridge.configuration import using_config
from dwbridge.initializers import _check_is_initializer_like, _get_initializer, generate_array, get_fans


@pytest.mark.parametrize(
    ("shape", "fans"),
    [((10, 3), (3, 10)), ((2, 3, 5, 4), (60, 40)), ((4, 0), (0, 4)), ((6, 5, 2), (10, 12))],
)
def test_fans_count_the_kernels_cells_on_both_sides(shape, fans):
    assert get_fans(shape) == fans


def test_fans_refuse_what_is_no_weight_shape():
    with pytest.raises(ValueError, match=r"at least 2 axes .*got \(3,\)"):
        get_fans((3,))
    with pytest.raises(ValueError, match="as a tuple, got list"):
        get_fans([2, 3])


class TestGeneratedDtype:
    def test_is_the_configured_one(self):
        assert generate_array(initializers.Zero(), (2,), np).dtype == np.float32
        with using_config("dtype", np.dtype(np.float16)):
            assert generate_array(initializers.Zero(), (2,), np).dtype == np.float16

    def test_is_the_initializers_own_before_that(self):
        assert generate_array(initializers.Zero(np.float64), (2,), np).dtype == np.float64

    def test_is_the_argument_if_the_initializer_has_none(self):
        assert generate_array(initializers.Zero(), (2,), np, dtype=np.float16).dtype == np.float16

    def test_is_never_that_of_an_array_to_fill_with(self):
        assert generate_array(initializers.Constant(np.ones(2)), (2,), np).dtype == np.float32

    def test_conflict_is_refused(self):
        with pytest.raises(ValueError, match="dtype mismatch: an array of float32 for an initializer of float64"):
            generate_array(initializers.Zero(np.float64), (2,), np, dtype=np.float32)

    def test_filling_an_array_of_another_type_is_refused(self):
        with pytest.raises(AssertionError, match="Normal: expected an array of float64, got float32"):
            initializers.Normal(dtype=np.float64)(np.empty(2, np.float32))


def test_any_callable_fills():
    assert generate_array(lambda array: array.fill(3), 2, np).tolist() == [3, 3]


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [(initializers.Zero(), 0), (initializers.One(), 1), (initializers.Constant(2), 2), (initializers.NaN(), np.nan)],
)
def test_constants(initializer, expected):
    array = np.empty((2, 3), np.float32)
    initializer(array)
    np.testing.assert_array_equal(array, np.full((2, 3), expected))


def test_constant_broadcasts_an_array():
    array = np.empty((2, 3), np.float32)
    initializers.Constant(np.arange(3))(array)
    assert array.tolist() == [[0, 1, 2], [0, 1, 2]]


def test_constant_refuses_an_array_that_does_not_broadcast():
    with pytest.raises(ValueError, match="broadcast"):
        initializers.Constant(np.ones(4))(np.empty((2, 3), np.float32))


def test_constant_refuses_what_is_no_value():
    with pytest.raises(ValueError, match="expected a scalar or an array as fill_value, got list"):
        initializers.Constant([1])


def test_constant_of_text_fails_when_it_fills():
    initializer = initializers.Constant("abc")
    with pytest.raises(ValueError, match="could not convert string to float"):
        initializer(np.empty(2, np.float32))


def test_identity():
    array = np.empty((2, 2), np.float32)
    initializers.Identity(3)(array)
    assert array.tolist() == [[3, 0], [0, 3]]
    with pytest.raises(ValueError, match=r"square matrix to fill, got shape \(2, 3\)"):
        initializers.Identity()(np.empty((2, 3), np.float32))


def test_no_inputs_divide_by_zero_as_in_chainer():
    with pytest.raises(ZeroDivisionError):
        initializers.LeCunNormal()(np.empty((3, 0), np.float32))


def test_he_normal_refuses_an_unknown_fan():
    with pytest.raises(ValueError, match="'fan_in' or 'fan_out' as fan_option, got 'fan'"):
        initializers.HeNormal(fan_option="fan")(np.empty((2, 3), np.float32))


@pytest.mark.parametrize("class_name", ["Normal", "Uniform", "LeCunNormal", "HeUniform", "Orthogonal"])
def test_own_generator_leaves_the_global_state_alone(class_name):
    before = np.random.get_state()[1].copy()
    first, second = np.empty((2, 3, 4), np.float32)
    for array in (first, second):
        getattr(initializers, class_name)(rng=np.random.RandomState(7))(array)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


class TestOrthogonal:
    @pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 2), (1, 1)])
    def test_rows_or_columns_are_orthogonal(self, shape):
        array = np.empty(shape, np.float64)
        initializers.Orthogonal(scale=2.0)(array)
        matrix = array.reshape(shape[0], -1)
        product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)

    def test_scalar_is_plus_or_minus_scale(self):
        array = np.empty((), np.float32)
        initializers.Orthogonal(scale=2.0)(array)
        assert abs(array) == 2

    @pytest.mark.parametrize(("mode", "shape"), [("basis", (2, 3)), ("projection", (3, 2)), ("embedding", (2, 3))])
    def test_mode_refuses_the_other_shapes(self, mode, shape):
        with pytest.raises(ValueError, match=f"no {mode} of shape"):
            initializers.Orthogonal(mode=mode)(np.empty(shape, np.float32))

    def test_unknown_mode(self):
        with pytest.raises(ValueError, match="'auto', 'projection', 'embedding', 'basis' as mode, got 'x'"):
            initializers.Orthogonal(mode="x")

    def test_empty_array(self):
        with pytest.raises(ValueError, match="non-empty"):
            initializers.Orthogonal()(np.empty((0, 2), np.float32))


class TestFromArgument:
    def test_none_is_lecun_normal(self):
        assert type(_get_initializer(None)) is initializers.LeCunNormal

    @pytest.mark.parametrize("value", [1, 2.5, np.ones(3), np.float32(2), True])
    def test_scalars_and_arrays_are_constants(self, value):
        assert type(_get_initializer(value)) is initializers.Constant

    def test_callables_are_themselves(self):
        initializer = initializers.Normal()
        assert _get_initializer(initializer) is initializer
        assert _get_initializer(len) is len

    def test_others_are_refused(self):
        with pytest.raises(TypeError, match="invalid type of initializer: <class 'list'>"):
            _get_initializer([1])

    def test_check(self):
        for value in (None, 1, np.ones(2), len, initializers.Zero()):
            _check_is_initializer_like(value)
        with pytest.raises(TypeError, match="Initializer is of wrong type: <class 'list'>"):
            _check_is_initializer_like([1])


def test_base_class_does_not_fill():
    with pytest.raises(NotImplementedError, match="Initializer does not define __call__"):
        initializers.Initializer()(np.empty(2))


def test_device_of_another_library_is_refused():
    import math  # any module that is not the device's

    with pytest.raises(ValueError, match="math has no device @numpy"):
        generate_array(initializers.Zero(), (2,), math, device="@numpy")
