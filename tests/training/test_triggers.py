"""Triggers against what Chainer 7.8.1 gave: iterations 1 to 8, at 0.4 epochs each."""

import types

import pytest

from dwbridge.serializers import DictionarySerializer, NpzDeserializer
from dwbridge.training.triggers import IntervalTrigger, get_trigger

CHAINERS = [
    (3, "iteration", [False, False, True, False, False, True, False, False]),
    (1, "epoch", [False, False, True, False, True, False, False, True]),
    (0.5, "epoch", [False, True, True, True, True, False, True, True]),
]


def _trainer(iteration: int) -> types.SimpleNamespace:
    return types.SimpleNamespace(updater=types.SimpleNamespace(iteration=iteration, epoch_detail=iteration * 2 / 5))


@pytest.mark.parametrize(("period", "unit", "expected"), CHAINERS)
def test_intervals(period: float, unit: str, expected: list[bool]) -> None:
    trigger = IntervalTrigger(period, unit)
    assert [trigger(_trainer(i)) for i in range(1, 9)] == expected
    assert trigger.get_training_length() == (period, unit)


@pytest.mark.parametrize(("period", "unit", "expected"), CHAINERS)
def test_a_resumed_trigger_goes_on(period: float, unit: str, expected: list[bool]) -> None:
    first, second = IntervalTrigger(period, unit), IntervalTrigger(period, unit)
    fired = [first(_trainer(i)) for i in range(1, 5)]
    serializer = DictionarySerializer()
    first.serialize(serializer)
    second.serialize(NpzDeserializer(serializer.target))
    assert fired + [second(_trainer(i)) for i in range(5, 9)] == expected


def test_units() -> None:
    with pytest.raises(ValueError, match="unit must be 'epoch' or 'iteration', got 'hour'"):
        IntervalTrigger(1, "hour")


def test_get_trigger() -> None:
    def trigger(trainer: object) -> bool:
        return True

    assert get_trigger(trigger) is trigger
    assert str(get_trigger((3, "iteration"))) == "IntervalTrigger(3, 'iteration')"
    assert get_trigger(None)(None) is False
