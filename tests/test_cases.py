"""The cases themselves: every one can be drawn in every type, lies in memory as declared, and is small."""

import numpy as np
import pytest
from cases import Case, Input, cases_of, operators
from oracles import oracle_of

MOST_VALUES = 400
ALL_CASES = [pytest.param(o, c, id=f"{o}-{c.name}") for o in operators() for c in cases_of(o)]
ALL_DTYPES = ["float16", "float32", "float64"]


def drawn(given: Input, dtype: str, seed: int = 0) -> np.ndarray:
    return given.draw_array(dtype, np.random.default_rng(seed))


@pytest.mark.parametrize("operator", operators())
def test_names_are_unique_and_an_oracle_exists(operator: str) -> None:
    names = [case.name for case in cases_of(operator)]
    assert len(set(names)) == len(names)
    assert callable(oracle_of(operator))


@pytest.mark.parametrize(("operator", "case"), ALL_CASES)
def test_arrays_are_as_declared_in_every_type(operator: str, case: Case) -> None:
    for dtype in case.dtypes:
        arrays = case.draw_arrays(dtype, np.random.default_rng(0))
        for given, array in zip(case.inputs, arrays, strict=True):
            assert array.shape == given.shape
            assert array.dtype == ("int32" if given.is_label else dtype)
            assert array.size <= MOST_VALUES, f"{operator} {case.name}: {array.size} values"
            assert np.isfinite(array).all()


@pytest.mark.parametrize(("operator", "case"), ALL_CASES)
def test_oracle_gives_a_float64_array_without_nan(operator: str, case: Case) -> None:
    y = oracle_of(operator)(*case.draw_arrays("float64", np.random.default_rng(0)), **case.keywords_as("float64"))
    assert isinstance(y, np.ndarray)
    assert y.dtype == np.float64
    assert not np.isnan(y).any()


@pytest.mark.parametrize("dtype", ALL_DTYPES)
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 4), (5,)], ids=str)
class TestLayouts:
    def test_contiguous(self, shape: tuple[int, ...], dtype: str) -> None:
        assert drawn(Input(shape), dtype).flags.c_contiguous

    def test_strided_is_a_view_with_gaps_of_nan(self, shape: tuple[int, ...], dtype: str) -> None:
        array = drawn(Input(shape, layout="strided"), dtype)
        assert not array.flags.c_contiguous
        assert not array.flags.f_contiguous
        assert array.strides[-1] == 2 * array.itemsize
        assert array.base is not None
        assert np.isnan(array.base[..., 1::2]).all()

    def test_reversed_has_negative_strides(self, shape: tuple[int, ...], dtype: str) -> None:
        array = drawn(Input(shape, layout="reversed"), dtype)
        assert all(stride < 0 for stride in array.strides[-2:])

    def test_transposed_has_channels_last(self, shape: tuple[int, ...], dtype: str) -> None:
        array = drawn(Input(shape, layout="transposed"), dtype)
        order = {4: (0, 2, 3, 1), 2: (1, 0), 1: (0,)}[array.ndim]
        assert array.transpose(order).flags.c_contiguous
        assert array.ndim == 1 or not array.flags.c_contiguous

    @pytest.mark.parametrize("layout", ["strided", "reversed", "transposed"])
    def test_values_do_not_depend_on_layout(self, shape: tuple[int, ...], dtype: str, layout: str) -> None:
        np.testing.assert_array_equal(drawn(Input(shape, layout=layout), dtype), drawn(Input(shape), dtype))


@pytest.mark.parametrize(("operator", "case"), ALL_CASES)
def test_declared_layouts_are_not_vacuous(operator: str, case: Case) -> None:
    # One row or one channel would make, say, a reversed array an ordinary one for NumPy.
    for given in case.inputs:
        array = drawn(given, "float64")
        assert given.layout == "contiguous" or not array.flags.c_contiguous, f"{operator} {case.name}: {given}"


class TestDraws:
    def test_the_generator_alone_decides(self) -> None:
        given = Input((3, 4))
        np.testing.assert_array_equal(drawn(given, "float32", 1), drawn(given, "float32", 1))
        assert (drawn(given, "float32", 1) != drawn(given, "float32", 2)).any()

    def test_positive(self) -> None:
        array = drawn(Input((20, 20), draw="positive"), "float64")
        assert array.min() >= 0.5
        assert array.max() <= 1.5

    @pytest.mark.parametrize("dtype", ALL_DTYPES)
    @pytest.mark.parametrize("shape", [(400,), (2, 3, 5), ()], ids=str)
    def test_distinct_keeps_away_from_its_like_and_from_kinks(self, shape: tuple[int, ...], dtype: str) -> None:
        values = np.sort(drawn(Input(shape, draw="distinct"), dtype).astype("float64"), axis=None)
        assert (np.diff(values) >= 0.125).all()
        kinks = np.arange(-30, 30, 0.5)
        assert np.abs(values[:, None] - kinks).min() >= 0.0625

    def test_distinct_is_shuffled(self) -> None:
        values = drawn(Input((30,), draw="distinct"), "float64")
        assert (np.diff(values) < 0).any()

    def test_wide_overflows_the_exponential(self) -> None:
        with np.errstate(over="ignore"):
            assert np.isinf(np.exp(drawn(Input((3, 4), draw="wide"), "float32"))).any()

    def test_labels(self) -> None:
        labels = drawn(Input((300,), draw="labels:3"), "float16")
        assert set(labels) == {0, 1, 2}

    def test_labels_to_ignore(self) -> None:
        assert set(drawn(Input((300,), draw="labels:2:ignore"), "float16")) == {-1, 0, 1}
        assert set(drawn(Input((1,), draw="labels:9:ignore"), "float16")) == {-1}
        assert set(drawn(Input((5,), draw="labels:0:ignore"), "float16")) == {-1}


def test_the_output_has_the_inputs_type_unless_told_another() -> None:
    assert Case("plain", ()).output_dtype("float16") == np.float16
    assert Case("cast", (), {"typ": "float64"}).output_dtype("float16") == np.float64


def test_array_keywords_take_the_type_of_the_run() -> None:
    case = Case("weighted", (), {"class_weight": np.ones(2), "normalize": False})
    keywords = case.keywords_as("float16")
    assert keywords["class_weight"].dtype == np.float16
    assert keywords["normalize"] is False
