"""The hooks of an optimizer or an update rule: callables that run before or after an update, by name."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

Hook = Callable[..., Any]


class Hookable:
    """Two named rows of hooks.

    Args:
        default_to_pre: whether a hook whose own `timing` is unknown goes before the update, with a warning.
    """

    def __init__(self, default_to_pre: bool = False) -> None:
        self._pre: dict[str, Hook] = {}
        self._post: dict[str, Hook] = {}
        self._default_to_pre = default_to_pre

    def add(self, hook: Hook, name: str | None = None, timing: str = "auto") -> None:
        """Adds a hook.

        Args:
            hook: the callable.
            name: what to register it as; None for its `name` or `__name__`.
            timing: `'pre'`, `'post'`, or `'auto'` for the hook's `timing` (`'pre'` if it has none).

        Raises:
            TypeError: if the hook is not callable.
            ValueError: if the timing is unknown, or there is no name.
            KeyError: if there is a hook of that name already.
        """
        if not callable(hook):
            raise TypeError(f"hook function must be callable, got {type(hook).__name__}")
        row = self._pre if self._timing(hook, timing) == "pre" else self._post
        name = getattr(hook, "name", getattr(hook, "__name__", None)) if name is None else name
        if name is None:
            raise ValueError("the name of the hook function is not specified")
        if name in self._pre or name in self._post:
            raise KeyError(f'hook "{name}" already exists')
        row[name] = hook

    def _timing(self, hook: Hook, timing: str) -> str:
        if timing not in ("pre", "post", "auto"):
            raise ValueError(f"timing must be one of ('pre', 'post', 'auto'), got {timing!r}")
        if timing == "auto":
            timing = getattr(hook, "timing", "pre")
        if timing not in ("pre", "post") and self._default_to_pre:
            warnings.warn("Hook timing attribute not in ('pre', 'post'), defaulting timing to 'pre'.", stacklevel=4)
            timing = "pre"
        return timing

    def remove(self, name: str) -> None:
        """Removes a hook.

        Raises:
            KeyError: if there is none of that name.
        """
        del (self._pre if name in self._pre else self._post)[name]

    def __bool__(self) -> bool:
        return bool(self._pre or self._post)

    def at(self, timing: str) -> Iterator[Hook]:
        """The hooks of `'pre'` or `'post'`, in the order in which they were added."""
        if timing not in ("pre", "post"):
            raise ValueError(f"timing must be either 'pre' or 'post', got {timing!r}")
        return iter((*(self._pre if timing == "pre" else self._post).values(),))
