"""Parts of a data set, as intervals of its examples in a given order."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.datasets.dataset_mixin import DatasetMixin


class SubDataset(DatasetMixin):
    """The examples `order[start:finish]` of a data set; without an order, its examples `start` to `finish`.

    Raises:
        ValueError: if the interval overruns the data set, or the order has another length.

    Example:
        >>> SubDataset('abcdef', 1, 4)[:]
        ['b', 'c', 'd']
        >>> SubDataset('abcd', 0, 2, order=[3, 1, 0, 2])[:]
        ['d', 'b']
    """

    def __init__(self, dataset: Any, start: int, finish: int, order: Sequence[int] | np.ndarray | None = None) -> None:
        if start < 0 or finish > len(dataset):
            raise ValueError(
                f"SubDataset: expected an interval within 0 to {len(dataset)}, the data set's length, "
                f"got {start} to {finish}"
            )
        if order is not None and len(order) != len(dataset):
            raise ValueError(
                f"SubDataset: expected an order as long as the data set ({len(dataset)}), got {len(order)} entries"
            )
        self._dataset = dataset
        self._indices = range(start, finish)
        self._order = order

    def __len__(self) -> int:
        return len(self._indices)

    def get_example(self, i: int) -> Any:
        """The `i`-th example of the part; negative `i` counts from its end."""
        index = self._indices[i]
        return self._dataset[index if self._order is None else self._order[index]]


def split_dataset(
    dataset: Any, split_at: int, order: Sequence[int] | np.ndarray | None = None
) -> tuple[SubDataset, SubDataset]:
    """The first `split_at` examples, and the rest.

    Raises:
        TypeError: if `split_at` is no integer.
        ValueError: if `split_at` is not between 0 and the data set's length.

    Example:
        >>> first, second = split_dataset('abcde', 2)
        >>> first[:], second[:]
        (['a', 'b'], ['c', 'd', 'e'])
    """
    try:
        position = operator.index(split_at)
    except TypeError:
        raise TypeError(f"split_dataset: split_at must be an integer, got {type(split_at).__name__}") from None
    if not 0 <= position <= len(dataset):
        raise ValueError(
            f"split_dataset: split_at must be from 0 to {len(dataset)}, the data set's length, got {split_at}"
        )
    return SubDataset(dataset, 0, position, order), SubDataset(dataset, position, len(dataset), order)


def split_dataset_random(dataset: Any, first_size: int, seed: int | None = None) -> tuple[SubDataset, SubDataset]:
    """`first_size` examples drawn without replacement, and the rest. One seed always gives one split.

    NumPy's global random state is neither read nor changed.

    Example:
        >>> first, second = split_dataset_random('abcde', 3, seed=0)
        >>> sorted(first[:] + second[:])
        ['a', 'b', 'c', 'd', 'e']
    """
    order = np.random.RandomState(seed).permutation(len(dataset))
    return split_dataset(dataset, first_size, order)
