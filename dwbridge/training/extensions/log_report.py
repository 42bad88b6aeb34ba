"""A log: the means of all observations over every epoch, in memory and as a JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dwbridge.reporter import DictSummary
from dwbridge.serializers import Serializer
from dwbridge.serializers.atomic import write_atomically
from dwbridge.training.extension import Extension
from dwbridge.training.triggers import get_trigger


class LogReport(Extension):
    """Adds up the observations of every iteration and logs their means when its trigger is due.

    An entry has the means, and 'epoch', 'iteration' and 'elapsed_time' (seconds). The file holds the list of all
    entries and is replaced as a whole, so that a reader never sees half of it.

    Args:
        keys: names of the values to log; all for None.
        trigger: when to log. Leave the trigger of `Trainer.extend` alone: this extension has to see every iteration.
        postprocess: called with every new entry; may change it.
        filename: the file in the trainer's `out`; None writes none. `'log_{epoch}'` is filled from the entry.

    Attributes:
        log (list of dict): the entries so far.
    """

    def __init__(
        self,
        keys: Sequence[str] | None = None,
        trigger: Any = (1, "epoch"),
        postprocess: Callable[[dict[str, Any]], None] | None = None,
        filename: str | None = "log",
    ) -> None:
        self._keys = keys
        self._log_trigger = get_trigger(trigger)
        self._postprocess = postprocess
        self._filename = filename
        self._summary = DictSummary()
        self.log: list[dict[str, Any]] = []

    def __call__(self, trainer: Any) -> None:
        observation = trainer.observation
        keys = observation if self._keys is None else [key for key in self._keys if key in observation]
        self._summary.add({key: observation[key] for key in keys})
        if trainer.is_before_training or self._log_trigger(trainer):
            self._add_entry(trainer)

    def _add_entry(self, trainer: Any) -> None:
        entry: dict[str, Any] = {name: float(mean) for name, mean in self._summary.compute_mean().items()}
        entry["epoch"] = trainer.updater.epoch
        entry["iteration"] = trainer.updater.iteration
        entry["elapsed_time"] = trainer.elapsed_time
        if self._postprocess is not None:
            self._postprocess(entry)
        self.log.append(entry)
        self._summary = DictSummary()
        if self._filename is not None:
            self._write(Path(trainer.out) / self._filename.format(**entry))

    def _write(self, path: os.PathLike) -> None:
        text = json.dumps(self.log, indent=4)
        write_atomically(path, lambda file: file.write(text.encode()))

    def serialize(self, serializer: Any) -> None:
        """Writes or reads the log and the sums since its last entry, under Chainer's names."""
        if hasattr(self._log_trigger, "serialize"):
            self._log_trigger.serialize(serializer["_trigger"])
        self._summary.serialize(serializer["_summary"])
        if isinstance(serializer, Serializer):
            serializer("_log", json.dumps(self.log))
        else:
            self.log = json.loads(str(serializer("_log", "")))
