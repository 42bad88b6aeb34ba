"""Iterators over data sets, a batch at a time.

An iterator knows where it is: `epoch` counts the finished sweeps, `epoch_detail` adds the fraction of the current one,
`is_new_epoch` is True just after the batch that finished a sweep. With `repeat`, a batch may end one sweep and begin
the next, so that all batches have one size.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class Iterator:
    """What iterators have in common; `__next__` gives a list of examples."""

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> list[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not say what a batch is")

    def next(self) -> list[Any]:
        """The next batch, as `next(iterator)`."""
        return self.__next__()

    def finalize(self) -> None:
        """Gives back what the iterator holds, at the end of training."""

    def serialize(self, serializer: Any) -> None:
        """Writes or reads where the iterator stands; nothing by default."""

    def __enter__(self) -> Iterator:
        return self

    def __exit__(self, *exception: object) -> None:
        self.finalize()


class SerialIterator(Iterator):
    """Goes through a data set in this process, in order or shuffled anew for every sweep.

    Shuffling draws permutations from NumPy's global random state, the first one here in the constructor: after
    `numpy.random.seed` the batches are those of Chainer.

    Args:
        dataset: has a length, and examples under integers.
        batch_size: examples in a batch; only without `repeat` is the last one smaller.
        repeat: whether to go on after the first sweep.
        shuffle: True or None to shuffle, False to take the examples in order.

    Attributes:
        epoch (int): finished sweeps.
        current_position (int): examples taken from the current sweep.
        is_new_epoch (bool): whether the last batch finished a sweep.

    Raises:
        ValueError: from `next`, if `repeat` is set and the data set is empty.

    Example:
        >>> iterator = SerialIterator('abcde', 2, repeat=False, shuffle=False)
        >>> list(iterator)
        [['a', 'b'], ['c', 'd'], ['e']]
        >>> iterator.epoch, iterator.is_new_epoch
        (1, True)
    """

    def __init__(self, dataset: Any, batch_size: int, repeat: bool = True, shuffle: bool | None = None) -> None:
        self.dataset = dataset
        self.batch_size = batch_size
        self.repeat = repeat
        self._shuffle = shuffle is not False
        self.reset()

    def reset(self) -> None:
        """Goes back to the start; a shuffling iterator draws a new order."""
        self.current_position = 0
        self.epoch = 0
        self.is_new_epoch = False
        self._order = self._new_order()
        # Snapshots cannot hold None, so -1 stands for "there was no batch yet".
        self._previous_epoch_detail = -1.0

    @property
    def epoch_detail(self) -> float:
        """Finished sweeps and the fraction of the current one."""
        return self.epoch + self.current_position / len(self.dataset)

    @property
    def previous_epoch_detail(self) -> float | None:
        """`epoch_detail` before the last batch; None before the first."""
        return None if self._previous_epoch_detail < 0 else self._previous_epoch_detail

    def __next__(self) -> list[Any]:
        if not self.repeat and self.epoch > 0:
            raise StopIteration
        if self.repeat and len(self.dataset) == 0:
            raise ValueError("SerialIterator: expected at least one example to repeat, got an empty data set")
        self._previous_epoch_detail = self.epoch_detail if len(self.dataset) else 0.0
        return [self.dataset[i] for i in self._take()]

    def _take(self) -> list[int]:
        """The next batch's indices; moves the position, over the end of one sweep or of several."""
        size = len(self.dataset)
        end = self.current_position + self.batch_size
        self.is_new_epoch = end >= size
        indices = list(self._order[self.current_position : end])
        while end >= size:
            self.epoch += 1
            self._order = self._new_order()
            end = end - size if self.repeat else 0
            indices += list(self._order[:end])
            if not self.repeat:
                break
        self.current_position = end
        return indices

    def _new_order(self) -> np.ndarray:
        size = len(self.dataset)
        return np.random.permutation(size) if self._shuffle else np.arange(size)

    def serialize(self, serializer: Any) -> None:
        """Writes or reads position and order, under Chainer's names."""
        self.current_position = int(serializer("current_position", self.current_position))
        self.epoch = int(serializer("epoch", self.epoch))
        self.is_new_epoch = bool(serializer("is_new_epoch", self.is_new_epoch))
        if self._shuffle:
            self._order = serializer("order", self._order)
        self._previous_epoch_detail = float(serializer("previous_epoch_detail", self._previous_epoch_detail))
