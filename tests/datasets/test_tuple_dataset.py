import numpy as np
import pytest

from dwbridge.datasets import TupleDataset


def test_examples_slices_and_length() -> None:
    dataset = TupleDataset(np.arange(4), ["a", "b", "c", "d"])
    assert dataset[2] == (2, "c")
    assert dataset[-1] == (3, "d")
    assert dataset[1:3] == [(1, "b"), (2, "c")]
    assert len(dataset) == 4


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match=r"got lengths \[3, 2\]"):
        TupleDataset("abc", "ab")


def test_at_least_one() -> None:
    with pytest.raises(ValueError, match="expected at least one data set, got none"):
        TupleDataset()
