"""Indexing for data sets that know how to make one example."""

from typing import Any

import numpy as np


class DatasetMixin:
    """Gives a class with `__len__` and `get_example(i)` indexing by integers, slices, and lists or arrays of integers.

    Example:
        >>> class Squares(DatasetMixin):
        ...     def __len__(self):
        ...         return 5
        ...     def get_example(self, i):
        ...         return i * i
        >>> Squares()[3], Squares()[1:3], Squares()[[4, 0]]
        (9, [1, 4], [16, 0])
    """

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self.get_example(i) for i in range(*index.indices(len(self)))]
        if isinstance(index, list | np.ndarray):
            return [self.get_example(i) for i in index]
        return self.get_example(index)

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not say how many examples it has")

    def get_example(self, i: int) -> Any:
        """The `i`-th example.

        Raises:
            IndexError: if there is no such example.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what an example is")
