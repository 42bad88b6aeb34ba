"""The training loop: update, then call the extensions that are due, until the stop trigger is."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from dwbridge.reporter import Reporter
from dwbridge.serializers import Serializer
from dwbridge.training.extension import PRIORITY_READER
from dwbridge.training.triggers import Trigger, get_trigger


@dataclasses.dataclass
class _Entry:
    extension: Any
    trigger: Trigger
    priority: int
    call_before_training: bool


class Trainer:
    """Runs an updater and extensions.

    Links that are trained are observers of the trainer's reporter: what `'main'`'s target reports arrives in
    `observation` as `'main/loss'`.

    Args:
        updater: takes the steps.
        stop_trigger: when to stop: a trigger or a pair such as `(20, 'epoch')`; None never stops.
        out: folder for what extensions write, made by `run`.
        extensions: extensions to begin with.

    Attributes:
        observation (dict): what was reported in the current iteration.
        reporter (Reporter): what values are reported to.
    """

    def __init__(
        self, updater: Any, stop_trigger: Any = None, out: str | os.PathLike = "result", extensions: Iterable = ()
    ) -> None:
        self.updater = updater
        self.stop_trigger = get_trigger(stop_trigger)
        self.out = out
        self.observation: dict[str, Any] = {}
        self.reporter = Reporter()
        for name, optimizer in updater.get_all_optimizers().items():
            self.reporter.add_observer(name, optimizer.target)
            self.reporter.add_observers(name, optimizer.target.namedlinks(skipself=True))
        self._extensions: dict[str, _Entry] = {}
        self._started_at: float | None = None
        self._elapsed_before = 0.0
        self._final_elapsed_time: float | None = None
        updater.connect_trainer(self)
        for extension in extensions:
            self.extend(extension)

    @property
    def is_before_training(self) -> bool:
        """Whether no update was made yet."""
        return self.updater.iteration == 0

    @property
    def elapsed_time(self) -> float:
        """Seconds of training so far, those before a snapshot included; final once `run` is over.

        Raises:
            RuntimeError: before `run`.
        """
        if self._final_elapsed_time is not None:
            return self._final_elapsed_time
        if self._started_at is None:
            raise RuntimeError("Trainer: training has not been started yet, so no time has elapsed")
        return time.perf_counter() - self._started_at + self._elapsed_before

    def extend(
        self,
        extension: Any,
        name: str | None = None,
        trigger: Any = None,
        priority: int | None = None,
        *,
        call_before_training: bool = False,
    ) -> None:
        """Adds an extension. A name that is taken gets a number: `'LogReport_1'`.

        Args:
            extension: called with the trainer; its attributes `name` (or `default_name`, or `__name__`), `trigger`
                and `priority` serve where the arguments are None.
            name: its name in this trainer.
            trigger: when to call it; every iteration if nothing says otherwise.
            priority: higher ones are called earlier in an iteration.
            call_before_training: whether to call it once before the first update.

        Raises:
            TypeError: if there is no name for it.
            ValueError: if the name is 'training'.
        """
        name = name or _name_of(extension)
        if name == "training":
            raise ValueError("Trainer: 'training' is not allowed as the name of an extension")
        if trigger is None:
            trigger = getattr(extension, "trigger", (1, "iteration"))
        if priority is None:
            priority = getattr(extension, "priority", PRIORITY_READER)
        extension.name = self._free_name(name)
        self._extensions[extension.name] = _Entry(extension, get_trigger(trigger), priority, call_before_training)

    def get_extension(self, name: str) -> Any:
        """The extension of a name.

        Raises:
            ValueError: if there is none.
        """
        if name not in self._extensions:
            raise ValueError(f"Trainer: no extension is called {name!r}; there are {sorted(self._extensions)}")
        return self._extensions[name].extension

    def run(self) -> None:
        """Trains until the stop trigger is due. A trainer runs once.

        Raises:
            RuntimeError: if it ran before.
        """
        if self._final_elapsed_time is not None:
            raise RuntimeError("Trainer: cannot run a training loop twice; make a new trainer")
        os.makedirs(self.out, exist_ok=True)
        # `sorted` is stable: extensions of one priority are called in the order in which they were added.
        entries = sorted(self._extensions.values(), key=lambda entry: -entry.priority)
        self._started_at = time.perf_counter()
        try:
            self._begin(entries)
            self._loop(entries)
        except Exception as error:
            for handle in _methods(entries, "on_error"):
                handle(self, error, error.__traceback__)
            raise
        finally:
            for finalize in [*_methods(entries, "finalize"), self.updater.finalize]:
                finalize()
        self._final_elapsed_time = self.elapsed_time

    def _begin(self, entries: list[_Entry]) -> None:
        for initialize in _methods(entries, "initialize"):
            initialize(self)
        if self.is_before_training:
            self.observation = {}
            with self.reporter.scope(self.observation):
                for entry in entries:
                    if entry.call_before_training:
                        entry.extension(self)

    def _loop(self, entries: list[_Entry]) -> None:
        while not self.stop_trigger(self):
            self.observation = {}
            with self.reporter.scope(self.observation):
                self.updater.update()
                for entry in entries:
                    if entry.trigger(self):
                        entry.extension(self)

    def _free_name(self, name: str) -> str:
        candidate, number = name, 0
        while candidate in self._extensions:
            number += 1
            candidate = f"{name}_{number}"
        return candidate

    def serialize(self, serializer: Any) -> None:
        """Writes or reads updater, triggers and extensions, under Chainer's names."""
        self.updater.serialize(serializer["updater"])
        _serialize(self.stop_trigger, serializer["stop_trigger"])
        for name, entry in self._extensions.items():
            _serialize(entry.extension, serializer["extensions"][name])
            _serialize(entry.trigger, serializer["extension_triggers"][name])
        if isinstance(serializer, Serializer):
            serializer("_snapshot_elapsed_time", self.elapsed_time)
        else:
            self._elapsed_before = float(serializer("_snapshot_elapsed_time", 0.0))


def _name_of(extension: Any) -> str:
    for attribute in ("name", "default_name", "__name__"):
        name = getattr(extension, attribute, None)
        if name is not None:
            return name
    raise TypeError(f"Trainer: expected a name for the extension, a {type(extension).__name__} that has none")


def _methods(entries: list[_Entry], name: str) -> list[Callable[..., None]]:
    """The extensions' methods of a name; plain functions have none, and `make_extension` may set None."""
    found = (getattr(entry.extension, name, None) for entry in entries)
    return [method for method in found if method is not None]


def _serialize(value: Any, serializer: Any) -> None:
    if hasattr(value, "serialize"):
        value.serialize(serializer)
