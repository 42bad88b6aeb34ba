"""Snapshots while training: the trainer, or any object, into a file of the trainer's folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from dwbridge.serializers import load_npz, save_npz
from dwbridge.training.extension import Extension

FILENAME = "snapshot_iter_{.updater.iteration}"


class Snapshot(Extension):
    """Saves an object whenever it is called: what `snapshot` and `snapshot_object` return.

    Its name in a trainer is Chainer's, `'_Snapshot'`, so that snapshots of a training resume in either library.
    """

    trigger = (1, "epoch")
    priority = -100  # after all others, so that what they did in this iteration is saved too
    default_name = "_Snapshot"

    def __init__(
        self,
        target: Any,
        filename: str | Callable[[Any], str],
        savefun: Callable[[str, Any], Any],
        condition: Callable[[], bool],
        snapshot_on_error: bool,
        n_retains: int,
        autoload: bool,
    ) -> None:
        self._target = target
        self.filename = filename
        self._savefun = savefun
        self.condition = condition
        self._snapshot_on_error = snapshot_on_error
        self.n_retains = n_retains
        self.autoload = autoload

    def initialize(self, trainer: Any) -> None:
        """Loads the newest snapshot of the folder, if `autoload` is set and there is one."""
        found = self._saved(trainer.out) if self.autoload else []
        if found:
            load_npz(found[-1], self._object(trainer))

    def __call__(self, trainer: Any) -> None:
        if self.condition():
            self._save(trainer)

    def on_error(self, trainer: Any, exc: Exception, tb: TracebackType | None) -> None:
        """Saves what there is, if `snapshot_on_error` is set."""
        if self._snapshot_on_error:
            self._save(trainer)

    def _object(self, trainer: Any) -> Any:
        return trainer if self._target is None else self._target

    def _save(self, trainer: Any) -> None:
        name = self.filename(trainer) if callable(self.filename) else self.filename.format(trainer)
        self._savefun(os.path.join(trainer.out, name), self._object(trainer))
        if self.n_retains > 0:
            for path in self._saved(trainer.out)[: -self.n_retains]:
                path.unlink()

    def _saved(self, folder: str | os.PathLike) -> list[Path]:
        """The files that the name could mean, from the oldest to the newest."""
        if callable(self.filename):
            return []
        start, end = self.filename.split("{")[0], self.filename.split("}")[-1]
        found = [path for path in Path(folder).glob("*") if path.name.startswith(start) and path.name.endswith(end)]
        return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def snapshot(
    savefun: Callable[[str, Any], Any] | None = None,
    filename: str | Callable[[Any], str] = FILENAME,
    *,
    target: Any = None,
    condition: Callable[[], bool] | None = None,
    snapshot_on_error: bool = False,
    n_retains: int = -1,
    autoload: bool = False,
) -> Snapshot:
    """An extension that saves the trainer once per epoch, so that training can go on from the file.

    Args:
        savefun: `savefun(path, object)` writes the file; `save_npz` for None, which is atomic.
        filename: name in the trainer's folder, filled by `filename.format(trainer)`, or a function of the trainer.
        target: what to save; the trainer for None.
        condition: asked before every snapshot, without arguments; False leaves it out.
        snapshot_on_error: whether to save when training fails, too.
        n_retains: how many of the newest snapshots are kept; all if not positive.
        autoload: whether to load the newest snapshot in the folder before training (an `.npz`).

    Example:
        >>> snapshot(filename='epoch_{.updater.epoch}').trigger
        (1, 'epoch')
    """
    return Snapshot(target, filename, savefun or save_npz, condition or _always, snapshot_on_error, n_retains, autoload)


def snapshot_object(
    target: Any, filename: str | Callable[[Any], str], savefun: Callable[[str, Any], Any] | None = None, **options: Any
) -> Snapshot:
    """An extension that saves an object, such as the model, once per epoch: `snapshot` with a target."""
    return snapshot(savefun, filename, target=target, **options)


def _always() -> bool:
    return True
