import numpy as np
import pytest

from dwbridge.datasets import DatasetMixin, SubDataset, split_dataset, split_dataset_random


def test_negative_indices_count_from_the_parts_end() -> None:
    part = SubDataset(list("abcdef"), 1, 4)
    assert (part[0], part[-1], part[-3]) == ("b", "d", "b")


@pytest.mark.parametrize("index", [3, -4])
def test_index_out_of_range(index: int) -> None:
    with pytest.raises(IndexError):
        SubDataset(list("abcdef"), 1, 4)[index]


def test_iteration_ends_with_the_part() -> None:
    assert list(SubDataset(list("abcdef"), 1, 4)) == ["b", "c", "d"]


@pytest.mark.parametrize("interval", [(-1, 2), (0, 4)])
def test_interval_must_lie_inside(interval: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected an interval within 0 to 3"):
        SubDataset("abc", *interval)


def test_order_must_be_as_long_as_the_data() -> None:
    with pytest.raises(ValueError, match=r"expected an order as long as the data set \(3\), got 2 entries"):
        SubDataset("abc", 0, 2, order=[1, 0])


def test_split_follows_the_order() -> None:
    first, second = split_dataset("abcd", 1, order=[2, 0, 3, 1])
    assert (first[:], second[:]) == (["c"], ["a", "d", "b"])


@pytest.mark.parametrize("position", [-1, 4])
def test_split_position_must_lie_inside(position: int) -> None:
    with pytest.raises(ValueError, match=f"split_at must be from 0 to 3, the data set's length, got {position}"):
        split_dataset("abc", position)


def test_split_position_must_be_an_integer() -> None:
    with pytest.raises(TypeError, match="split_at must be an integer, got float"):
        split_dataset("abc", 1.0)  # type: ignore[arg-type]


def test_random_split_is_fixed_by_its_seed_and_leaves_the_global_state() -> None:
    before = np.random.get_state()[1].copy()
    first, second = split_dataset_random(range(20), 5, seed=3)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    # The order that numpy.random.RandomState(3) gives, which Chainer uses as well.
    assert first[:] + second[:] == np.random.RandomState(3).permutation(20).tolist()
    assert len(first) == 5


def test_mixin_takes_lists_and_arrays() -> None:
    part = SubDataset("abcdef", 1, 5)
    assert part[[3, 0]] == ["e", "b"]
    assert part[np.array([1, 1])] == ["c", "c"]


def test_mixin_says_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="DatasetMixin does not say what an example is"):
        DatasetMixin()[0]
    with pytest.raises(NotImplementedError, match="DatasetMixin does not say how many examples it has"):
        len(DatasetMixin())
