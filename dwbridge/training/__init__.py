"""Training: iterators give batches, an updater takes steps, a `Trainer` runs them and calls extensions."""

from dwbridge.training import extensions, iterators, triggers, updaters
from dwbridge.training.convert import concat_examples
from dwbridge.training.extension import (
    PRIORITY_EDITOR,
    PRIORITY_READER,
    PRIORITY_WRITER,
    Extension,
    make_extension,
)
from dwbridge.training.trainer import Trainer
from dwbridge.training.triggers import get_trigger
from dwbridge.training.updaters import StandardUpdater

__all__ = [
    "PRIORITY_EDITOR",
    "PRIORITY_READER",
    "PRIORITY_WRITER",
    "Extension",
    "StandardUpdater",
    "Trainer",
    "concat_examples",
    "extensions",
    "get_trigger",
    "iterators",
    "make_extension",
    "triggers",
    "updaters",
]
