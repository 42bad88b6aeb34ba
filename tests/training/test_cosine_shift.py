from collections.abc import Callable

import numpy as np
import pytest

from dwbridge.serializers import DictionarySerializer, NpzDeserializer
from dwbridge.training import Trainer
from dwbridge.training.extensions import CosineShift


def _run(trainer: Trainer, shift: CosineShift) -> list[float]:
    values = []
    trainer.extend(shift)
    trainer.extend(lambda trainer: values.append(trainer.updater.optimizer.alpha), "note", call_before_training=True)
    trainer.run()
    return values


def test_half_a_cosine_from_the_attributes_value_to_zero(make_trainer: Callable[..., Trainer]) -> None:
    values = _run(make_trainer(5, "iteration"), CosineShift("alpha", 4))
    root = np.sqrt(0.5)
    np.testing.assert_allclose(values, [0.5, (1 + root) / 4, 0.25, (1 - root) / 4, 0, 0], atol=1e-15)


def test_given_ends(make_trainer: Callable[..., Trainer]) -> None:
    np.testing.assert_allclose(_run(make_trainer(2, "iteration"), CosineShift("alpha", 2, 3.0, 1.0)), [3, 2, 1])


def test_a_resumed_shift_goes_on(make_trainer: Callable[..., Trainer]) -> None:
    whole = _run(make_trainer(4, "iteration"), CosineShift("alpha", 4))
    first, second = make_trainer(2, "iteration"), make_trainer(4, "iteration")
    half = _run(first, CosineShift("alpha", 4))
    serializer = DictionarySerializer()
    first.serialize(serializer)
    shift = CosineShift("alpha", 4)
    second.extend(shift)
    second.serialize(NpzDeserializer(serializer.target))
    rest = []
    second.extend(lambda trainer: rest.append(trainer.updater.optimizer.alpha), "later")
    second.run()
    assert half + rest == whole


def test_another_optimizer(trainer: Trainer) -> None:
    class Other:
        lr = 1.0

    _run(trainer, CosineShift("lr", 3, optimizer=Other))
    assert Other.lr == 0
    assert trainer.updater.optimizer.alpha == 0.5


def test_length_must_be_positive() -> None:
    with pytest.raises(ValueError, match="max_count must be positive, got 0"):
        CosineShift("alpha", 0)
