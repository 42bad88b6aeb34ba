"""Several sequences of one length, side by side."""

from typing import Any


class TupleDataset:
    """The `i`-th example is the tuple of the `i`-th examples of all data sets.

    Args:
        datasets: sequences of one length; arrays count along their first axis.

    Raises:
        ValueError: if there are none, or their lengths differ.

    Example:
        >>> pairs = TupleDataset([8, 0, 5], 'abc')
        >>> pairs[1], pairs[1:], len(pairs)
        ((0, 'b'), [(0, 'b'), (5, 'c')], 3)
    """

    def __init__(self, *datasets: Any) -> None:
        if not datasets:
            raise ValueError("TupleDataset: expected at least one data set, got none")
        lengths = [len(dataset) for dataset in datasets]
        if len(set(lengths)) > 1:
            raise ValueError(f"TupleDataset: expected data sets of one length, got lengths {lengths}")
        self._datasets = datasets

    def __getitem__(self, index: Any) -> Any:
        columns = [dataset[index] for dataset in self._datasets]
        if isinstance(index, slice):
            return list(zip(*columns, strict=True))
        return tuple(columns)

    def __len__(self) -> int:
        return len(self._datasets[0])
