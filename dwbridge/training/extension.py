"""Extensions: what a trainer calls after its updates. Any callable that takes the trainer will do."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

PRIORITY_WRITER = 300
"""For extensions that write to the observation."""
PRIORITY_EDITOR = 200
"""For extensions that change what others wrote."""
PRIORITY_READER = 100
"""For extensions that only read it, or do not care."""


class Extension:
    """What extensions have in common.

    Attributes:
        trigger: when to call it, unless `Trainer.extend` is told otherwise.
        priority (int): higher ones are called earlier in an iteration.
        name (str): its name in the trainer, set by `Trainer.extend`.
    """

    trigger: Any = (1, "iteration")
    priority: int = PRIORITY_READER
    name: str | None = None

    @property
    def default_name(self) -> str:
        """The name if none is given: that of the class."""
        return type(self).__name__

    def __call__(self, trainer: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what to do when it is called")

    def initialize(self, trainer: Any) -> None:
        """Called once before the first update, also of a resumed training."""

    def finalize(self) -> None:
        """Called once at the end, also after an error."""

    def on_error(self, trainer: Any, exc: Exception, tb: TracebackType | None) -> None:
        """Called when training fails, before `finalize`."""

    def serialize(self, serializer: Any) -> None:
        """Writes or reads what the extension remembers; nothing by default."""


def make_extension(
    trigger: Any = None,
    default_name: str | None = None,
    priority: int | None = None,
    finalizer: Callable[[], None] | None = None,
    initializer: Callable[[Any], None] | None = None,
    on_error: Callable[..., None] | None = None,
) -> Callable[[Any], Any]:
    """A decorator that gives a function the attributes of an extension.

    Example:
        >>> @make_extension(trigger=(1, 'epoch'))
        ... def greet(trainer):
        ...     print('one more epoch')
        >>> greet.trigger, greet.default_name, greet.priority
        ((1, 'epoch'), 'greet', 100)
    """

    def decorate(function: Any) -> Any:
        function.trigger = Extension.trigger if trigger is None else trigger
        function.default_name = default_name or function.__name__
        function.priority = Extension.priority if priority is None else priority
        function.finalize = finalizer
        function.initialize = initializer
        function.on_error = on_error
        return function

    return decorate
