"""Reports: values that code deep inside a network hands to whoever watches it.

A `Reporter` that is entered with `with` is current for its thread; `report({'loss': loss}, self)` writes into its
observation, a dictionary, under the name by which the reporter knows the observer: `'main/predictor/loss'`. Without a
current reporter, `report` does nothing. `Summary` and `DictSummary` form means over many observations.
"""

from __future__ import annotations

import contextlib
import json
import threading
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from dwbridge.autograd import Variable
from dwbridge.backend import get_array_module, on_device_of
from dwbridge.configuration import config
from dwbridge.serializers import Serializer

_current = threading.local()


class Reporter:
    """Collects values under names.

    Attributes:
        observation: the dictionary that values are written to.

    Example:
        >>> reporter = Reporter()
        >>> observer = object()
        >>> reporter.add_observer('main', observer)
        >>> observation = {}
        >>> with reporter.scope(observation):
        ...     report({'loss': 0.5}, observer)
        >>> observation
        {'main/loss': 0.5}
    """

    def __init__(self) -> None:
        self._observer_names: dict[int, str] = {}
        self.observation: dict[str, Any] = {}

    def __enter__(self) -> None:
        _reporters().append(self)

    def __exit__(self, *exception: object) -> None:
        _reporters().pop()

    @contextlib.contextmanager
    def scope(self, observation: dict[str, Any]) -> Iterator[None]:
        """Makes this reporter current and writes to the given dictionary, for the length of a `with` block."""
        with self, _writing_to(self, observation):
            yield

    def add_observer(self, name: str, observer: object) -> None:
        """Names an observer; observers are told apart by identity."""
        self._observer_names[id(observer)] = name

    def add_observers(self, prefix: str, observers: Iterable[tuple[str, object]]) -> None:
        """Names many: `observers` are pairs (name, observer), as `Link.namedlinks` gives them."""
        for name, observer in observers:
            self.add_observer(prefix + name, observer)

    def report(self, values: dict[str, Any], observer: object = None) -> None:
        """Writes values, under the observer's name if there is one.

        Variables are written without the graph that made them, unless `config.keep_graph_on_report` is set.

        Raises:
            KeyError: if this reporter does not know the observer.
        """
        if not config.keep_graph_on_report:
            values = {name: _without_graph(value) for name, value in values.items()}
        prefix = "" if observer is None else self._name_of(observer) + "/"
        self.observation.update({prefix + name: value for name, value in values.items()})

    def _name_of(self, observer: object) -> str:
        try:
            return self._observer_names[id(observer)]
        except KeyError:
            raise KeyError(
                f"Reporter: this {type(observer).__name__} is not registered; known observers: "
                f"{sorted(self._observer_names.values())}"
            ) from None


def get_current_reporter() -> Reporter:
    """The reporter that was entered last in this thread.

    Raises:
        IndexError: if there is none.
    """
    reporters = _reporters()
    if not reporters:
        raise IndexError("no reporter is current in this thread: enter one with `with reporter:`")
    return reporters[-1]


def report(values: dict[str, Any], observer: object = None) -> None:
    """Writes values to the current reporter; does nothing where there is none."""
    reporters = _reporters()
    if reporters:
        reporters[-1].report(values, observer)


def report_scope(observation: dict[str, Any]) -> contextlib.AbstractContextManager[None]:
    """A `with` block in which the current reporter writes to the given dictionary.

    Raises:
        IndexError: if no reporter is current.

    Example:
        >>> observation = {}
        >>> with Reporter(), report_scope(observation):
        ...     report({'x': 1})
        >>> observation
        {'x': 1}
    """
    return _writing_to(get_current_reporter(), observation)


@contextlib.contextmanager
def _writing_to(reporter: Reporter, observation: dict[str, Any]) -> Iterator[None]:
    before, reporter.observation = reporter.observation, observation
    try:
        yield
    finally:
        reporter.observation = before


def _reporters() -> list[Reporter]:
    if not hasattr(_current, "reporters"):
        _current.reporters = []
    return _current.reporters


def _without_graph(value: Any) -> Any:
    return Variable(value.array, name=value.name) if isinstance(value, Variable) else value


class Summary:
    """Mean and standard deviation of scalars, formed as they come.

    Example:
        >>> summary = Summary()
        >>> summary.add(1.0)
        >>> summary.add(4.0, weight=2)
        >>> summary.compute_mean()
        3.0
    """

    def __init__(self) -> None:
        self._x: Any = 0.0
        self._x2: Any = 0.0
        self._n: Any = 0

    def add(self, value: Any, weight: Any = 1) -> None:
        """Adds a scalar or 0-dimensional array, with a weight."""
        # No in-place addition: a 0-dimensional array that was added first would be changed by the second.
        with on_device_of(value):
            self._x = self._x + weight * value
            self._x2 = self._x2 + weight * value * value
            self._n = self._n + weight

    def compute_mean(self) -> Any:
        """Sum of weight * value over the sum of weights."""
        with on_device_of(self._x):
            return self._x / self._n

    def make_statistics(self) -> tuple[Any, Any]:
        """Mean and (population) standard deviation."""
        mean = self.compute_mean()
        # The difference of two rounded sums can fall below zero where all values are equal.
        xp = get_array_module(mean)
        with on_device_of(mean):
            return mean, xp.sqrt(xp.maximum(self._x2 / self._n - mean * mean, 0.0))

    def serialize(self, serializer: Any) -> None:
        """Writes or reads the running sums; warns where a file does not have them."""
        try:
            self._x = serializer("_x", self._x)
            self._x2 = serializer("_x2", self._x2)
            self._n = serializer("_n", self._n)
        except KeyError:
            warnings.warn("Summary: the file holds no previous statistics")


class DictSummary:
    """One `Summary` for every name in the dictionaries that are added.

    Scalars, 0-dimensional arrays, variables of them, and pairs (value, weight) count; everything else is passed over.

    Example:
        >>> summary = DictSummary()
        >>> summary.add({'loss': 1.0, 'note': 'ignored'})
        >>> summary.add({'loss': 2.0})
        >>> summary.compute_mean()
        {'loss': 1.5}
    """

    def __init__(self) -> None:
        self._summaries: dict[str, Summary] = {}

    def add(self, d: dict[str, Any]) -> None:
        """Adds the scalars of a dictionary.

        Raises:
            ValueError: if the weight of a pair is no scalar.
        """
        for name, value in d.items():
            value, weight = value if isinstance(value, tuple) else (value, 1)
            value, weight = _array_of(value), _array_of(weight)
            if not _is_number(weight):
                raise ValueError(f"DictSummary: expected a scalar weight for {name!r}, got {type(weight).__name__}")
            if _is_number(value):
                self._summaries.setdefault(name, Summary()).add(value, weight)

    def compute_mean(self) -> dict[str, Any]:
        """The mean for every name."""
        return {name: summary.compute_mean() for name, summary in self._summaries.items()}

    def make_statistics(self) -> dict[str, Any]:
        """For every name the mean, and under `name + '.std'` the standard deviation."""
        statistics = {}
        for name, summary in self._summaries.items():
            statistics[name], statistics[name + ".std"] = summary.make_statistics()
        return statistics

    def serialize(self, serializer: Any) -> None:
        """Writes or reads all summaries; warns where a file does not have them."""
        if isinstance(serializer, Serializer):
            names = list(self._summaries)
            serializer("_names", json.dumps(names))
        else:
            names = _saved_names(serializer)
            self._summaries = {name: Summary() for name in names}
        for index, name in enumerate(names):
            self._summaries[name].serialize(serializer["_summaries"][str(index)])


def _saved_names(serializer: Any) -> list[str]:
    try:
        return json.loads(str(serializer("_names", "")))
    except KeyError:
        warnings.warn("DictSummary: the file holds no names of statistics")
        return []


def _array_of(value: Any) -> Any:
    return value.array if isinstance(value, Variable) else value


def _is_number(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return False
    return bool(np.isscalar(value)) or getattr(value, "ndim", -1) == 0
