"""SerialIterator against what Chainer 7.8.1 gave for the same seeds."""

import numpy as np
import pytest

from dwbridge.serializers import DictionarySerializer, NpzDeserializer
from dwbridge.training.iterators import Iterator, SerialIterator

# numpy.random.seed(7); SerialIterator(range(5), 2): batch, epoch, current_position, is_new_epoch, epoch_detail, the
# previous epoch_detail.
CHAINERS_BATCHES = [
    ([0, 3], 0, 2, False, 0.4, 0.0),
    ([2, 1], 0, 4, False, 0.8, 0.4),
    ([4, 2], 1, 1, True, 1.2, 0.8),
    ([1, 0], 1, 3, False, 1.6, 1.2),
    ([4, 3], 2, 0, True, 2.0, 1.6),
    ([3, 4], 2, 2, False, 2.4, 2.0),
    ([2, 1], 2, 4, False, 2.8, 2.4),
]
# The same for SerialIterator(range(3), 7): a batch longer than the data set.
CHAINERS_LONG_BATCHES = [
    ([2, 1, 0, 0, 1, 2, 2], 2, 1, True),
    ([1, 0, 0, 1, 2, 2, 1], 4, 2, True),
    ([0, 1, 0, 2, 1, 0, 2], 7, 0, True),
]


def _state(iterator: SerialIterator) -> tuple:
    return iterator.epoch, iterator.current_position, iterator.is_new_epoch


def test_shuffled_batches_are_chainers() -> None:
    np.random.seed(7)
    iterator = SerialIterator(range(5), 2)
    assert iterator.previous_epoch_detail is None
    for batch, *state, detail, previous in CHAINERS_BATCHES:
        assert iterator.next() == batch
        assert _state(iterator) == tuple(state)
        assert (iterator.epoch_detail, iterator.previous_epoch_detail) == (detail, previous)


def test_batches_longer_than_the_data_are_chainers() -> None:
    np.random.seed(7)
    iterator = SerialIterator(range(3), 7)
    for batch, *state in CHAINERS_LONG_BATCHES:
        assert next(iterator) == batch
        assert _state(iterator) == tuple(state)


def test_one_sweep_in_order() -> None:
    iterator = SerialIterator(range(5), 2, repeat=False, shuffle=False)
    assert list(iterator) == [[0, 1], [2, 3], [4]]
    assert (*_state(iterator), iterator.epoch_detail) == (1, 0, True, 1.0)
    assert list(iterator) == []
    iterator.reset()
    assert list(iterator) == [[0, 1], [2, 3], [4]]


def test_a_sweep_that_the_batches_fill() -> None:
    assert list(SerialIterator(range(4), 2, repeat=False, shuffle=False)) == [[0, 1], [2, 3]]


def test_without_shuffling_no_random_number_is_drawn() -> None:
    before = np.random.get_state()[1].copy()
    iterator = SerialIterator(range(3), 2, shuffle=False)
    assert [iterator.next() for _ in range(3)] == [[0, 1], [2, 0], [1, 2]]
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_nothing_to_repeat() -> None:
    with pytest.raises(ValueError, match="expected at least one example to repeat"):
        SerialIterator([], 2).next()


def test_a_sweep_over_nothing_ends() -> None:
    assert list(SerialIterator([], 2, repeat=False)) == [[]]


def test_a_resumed_iterator_goes_on_where_it_stood() -> None:
    first = SerialIterator(range(7), 3)
    first.next(), first.next(), first.next()
    serializer = DictionarySerializer()
    first.serialize(serializer)
    assert set(serializer.target) == {
        "current_position", "epoch", "is_new_epoch", "order", "previous_epoch_detail"
    }  # fmt: skip
    second = SerialIterator(range(7), 3)
    second.serialize(NpzDeserializer(serializer.target))
    assert _state(second) == _state(first)
    assert second.previous_epoch_detail == first.previous_epoch_detail
    assert second.next() == first.next()


def test_context_and_iteration_protocol() -> None:
    with SerialIterator(range(2), 2) as iterator:
        assert iter(iterator) is iterator
    with pytest.raises(NotImplementedError, match="Iterator does not say what a batch is"):
        Iterator().next()
