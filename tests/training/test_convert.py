import numpy as np
import pytest

from dwbridge.training import concat_examples


def test_arrays() -> None:
    result = concat_examples([np.zeros((2, 3), np.float32), np.ones((2, 3), np.float32)])
    assert (result.shape, result.dtype) == ((2, 2, 3), np.float32)


def test_tuples_of_arrays_and_numbers() -> None:
    x, t, label = concat_examples([(np.zeros(2), np.int32(3), 1), (np.ones(2), np.int32(4), 2)], device=-1)
    np.testing.assert_array_equal(x, [[0, 0], [1, 1]])
    assert (t.tolist(), t.dtype, label.tolist()) == ([3, 4], np.int32, [1, 2])


def test_dictionaries() -> None:
    result = concat_examples([{"x": np.zeros(2), "t": 0}, {"x": np.ones(2), "t": 1}])
    assert {key: value.shape for key, value in result.items()} == {"x": (2, 2), "t": (2,)}


def test_padding_fills_up() -> None:
    result = concat_examples([np.ones((1, 2)), np.ones((2, 1))], padding=-1)
    np.testing.assert_array_equal(result, [[[1, 1], [-1, -1]], [[1, -1], [1, -1]]])


def test_padding_for_each_entry() -> None:
    examples = [(np.ones(1), [1]), (np.ones(2), [1, 2])]
    x, y = concat_examples(examples, padding=(0, 9))
    assert (x.tolist(), y.tolist()) == ([[1, 0], [1, 1]], [[1, 9], [1, 2]])
    by_key = concat_examples([{"x": np.ones(1)}, {"x": np.ones(2)}], padding={"x": 5})
    assert by_key["x"].tolist() == [[1, 5], [1, 1]]


def test_shapes_must_agree_without_padding() -> None:
    with pytest.raises(ValueError, match="same shape"):
        concat_examples([np.ones(1), np.ones(2)])


def test_an_empty_batch() -> None:
    with pytest.raises(ValueError, match="expected at least one example, got an empty batch"):
        concat_examples([])
