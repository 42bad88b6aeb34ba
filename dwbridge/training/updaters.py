"""Updaters: one training step, from the next batch to new parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dwbridge.backend import Device, get_device
from dwbridge.training.convert import concat_examples
from dwbridge.training.iterators import Iterator


class StandardUpdater:
    """Takes a batch from an iterator, and a step with an optimizer.

    Args:
        iterator: of the training data, or a dictionary of iterators; one alone is called `'main'`.
        optimizer: set up for the link to train, or a dictionary of optimizers; one alone is called `'main'`.
        converter: makes arrays from a batch: `converter(batch, device)`.
        device: where the links and the batches go; they stay where they are for None.
        loss_func: called with a batch's arrays, gives the loss; the main optimizer's target for None.
        auto_new_epoch: whether the optimizer is told about every new epoch.
        input_device: where the batches go, if not to `device`.

    Attributes:
        iteration (int): finished updates.
    """

    def __init__(
        self,
        iterator: Iterator | dict[str, Iterator],
        optimizer: Any,
        converter: Callable[..., Any] = concat_examples,
        device: Any = None,
        loss_func: Callable[..., Any] | None = None,
        auto_new_epoch: bool = True,
        *,
        input_device: Any = None,
    ) -> None:
        self._iterators = iterator if isinstance(iterator, dict) else {"main": iterator}
        self._optimizers: dict[str, Any] = optimizer if isinstance(optimizer, dict) else {"main": optimizer}
        self.converter = converter
        self.loss_func = loss_func
        self.auto_new_epoch = auto_new_epoch
        self.iteration = 0
        self.device = None if device is None else get_device(device)
        self.input_device: Device | None = self.device if input_device is None else get_device(input_device)
        for each in self._optimizers.values():
            each.use_auto_new_epoch = auto_new_epoch
            if self.device is not None:
                each.target.to_device(self.device)

    @property
    def epoch(self) -> int:
        """Finished sweeps of the main iterator."""
        return self.get_iterator("main").epoch

    @property
    def epoch_detail(self) -> float:
        """Finished sweeps of the main iterator, with the fraction of the current one."""
        return self.get_iterator("main").epoch_detail

    @property
    def previous_epoch_detail(self) -> float | None:
        """`epoch_detail` before the last batch."""
        return self.get_iterator("main").previous_epoch_detail

    @property
    def is_new_epoch(self) -> bool:
        """Whether the last batch finished a sweep of the main iterator."""
        return self.get_iterator("main").is_new_epoch

    def get_iterator(self, name: str) -> Any:
        """The iterator of a name."""
        return self._iterators[name]

    def get_optimizer(self, name: str) -> Any:
        """The optimizer of a name."""
        return self._optimizers[name]

    def get_all_optimizers(self) -> dict[str, Any]:
        """All optimizers by name."""
        return dict(self._optimizers)

    def connect_trainer(self, trainer: Any) -> None:
        """Called by the trainer that takes this updater; does nothing."""

    def update(self) -> None:
        """One step, counted."""
        self.update_core()
        self.iteration += 1

    def update_core(self) -> None:
        """One step: what subclasses override."""
        iterator, optimizer = self.get_iterator("main"), self.get_optimizer("main")
        arrays = self.converter(iterator.next(), self.input_device)
        loss_func = self.loss_func or optimizer.target
        if isinstance(arrays, tuple):
            optimizer.update(loss_func, *arrays)
        elif isinstance(arrays, dict):
            optimizer.update(loss_func, **arrays)
        else:
            optimizer.update(loss_func, arrays)
        if self.auto_new_epoch and iterator.is_new_epoch:
            optimizer.new_epoch(auto=True)

    def finalize(self) -> None:
        """Finalizes the iterators."""
        for iterator in self._iterators.values():
            iterator.finalize()

    def serialize(self, serializer: Any) -> None:
        """Writes or reads iterators, optimizers, links and the iteration, under Chainer's names."""
        for name, iterator in self._iterators.items():
            iterator.serialize(serializer["iterator:" + name])
        for name, optimizer in self._optimizers.items():
            optimizer.serialize(serializer["optimizer:" + name])
            optimizer.target.serialize(serializer["model:" + name])
        self.iteration = int(serializer("iteration", self.iteration))
