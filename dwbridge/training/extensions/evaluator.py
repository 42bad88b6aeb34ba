"""Means of what a link reports over a data set, without training on it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from dwbridge.backend import get_device
from dwbridge.configuration import no_backprop_mode, using_config
from dwbridge.reporter import DictSummary, Reporter, report, report_scope
from dwbridge.training.convert import concat_examples
from dwbridge.training.extension import PRIORITY_WRITER, Extension
from dwbridge.training.iterators import Iterator


class Evaluator(Extension):
    """Runs a link over a data set in inference mode and reports the means: `'validation/main/loss'`.

    Inference mode is `config.train = False` and no graph. Every batch counts alike, as in Chainer, so a smaller last
    batch weighs more than its examples; give an iterator whose batches have one size where that matters.

    Args:
        iterator: of the data, with `repeat=False`, or a dictionary of iterators with one called `'main'`.
        target: link to evaluate, or a dictionary of links; one alone is called `'main'`.
        converter: makes arrays from a batch.
        device: where the batches go; they stay where they are for None.
        eval_hook: called with this evaluator before every evaluation.
        eval_func: called with a batch's arrays; the main target for None.
    """

    trigger = (1, "epoch")
    priority = PRIORITY_WRITER
    default_name = "validation"

    def __init__(
        self,
        iterator: Iterator | dict[str, Iterator],
        target: Any,
        converter: Callable[..., Any] = concat_examples,
        device: Any = None,
        eval_hook: Callable[[Evaluator], None] | None = None,
        eval_func: Callable[..., Any] | None = None,
    ) -> None:
        self._iterators = iterator if isinstance(iterator, dict) else {"main": iterator}
        self._targets: dict[str, Any] = target if isinstance(target, dict) else {"main": target}
        self.converter = converter
        self.device = None if device is None else get_device(device)
        self.eval_hook = eval_hook
        self.eval_func = eval_func
        for name, each in self._iterators.items():
            if getattr(each, "repeat", False):
                warnings.warn(f"Evaluator: the iterator {name!r} repeats, so that an evaluation may never end")

    def get_iterator(self, name: str) -> Any:
        """The iterator of a name."""
        return self._iterators[name]

    def get_target(self, name: str) -> Any:
        """The link of a name."""
        return self._targets[name]

    def __call__(self, trainer: Any = None) -> dict[str, Any]:
        """Evaluates, reports and returns the means. It works without a trainer, too."""
        reporter = Reporter()
        prefix = "" if self.name is None else self.name + "/"
        for name, target in self._targets.items():
            reporter.add_observer(prefix + name, target)
            reporter.add_observers(prefix + name, target.namedlinks(skipself=True))
        with reporter, using_config("train", False):
            result = self.evaluate()
        report(result)
        return result

    def evaluate(self) -> dict[str, Any]:
        """The means over the main iterator, by name: what subclasses override."""
        iterator = self._iterators["main"]
        iterator.reset()  # type: ignore[attr-defined]  # every iterator that can be evaluated twice has it
        if self.eval_hook is not None:
            self.eval_hook(self)
        summary = DictSummary()
        for batch in iterator:
            observation: dict[str, Any] = {}
            with report_scope(observation), no_backprop_mode():
                self._call(self.converter(batch, self.device))
            summary.add(observation)
        return summary.compute_mean()

    def _call(self, arrays: Any) -> None:
        function = self.eval_func or self._targets["main"]
        if isinstance(arrays, tuple):
            function(*arrays)
        elif isinstance(arrays, dict):
            function(**arrays)
        else:
            function(arrays)

    def finalize(self) -> None:
        """Finalizes the iterators."""
        for iterator in self._iterators.values():
            iterator.finalize()
