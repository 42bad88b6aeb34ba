"""Hooks around every function, forward and backward."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dwbridge.autograd.function_node import FunctionNode


class FunctionHook:
    """Called before and after each function: of a `with` block (this thread's), or of one function (`add_hook`).

    Subclasses override what they need. `in_data` are the input arrays (None where backward did not keep one),
    `out_grad` the arrays of the outputs' gradients or None.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> class Names(FunctionHook):
        ...     name = 'Names'
        ...     def forward_preprocess(self, function, in_data):
        ...         print(function.label)
        >>> with Names():
        ...     y = F.relu(np.zeros(3, 'f'))
        ReLU
    """

    name = "FunctionHook"

    def __enter__(self) -> FunctionHook:
        if self.name in _hooks.named:
            raise KeyError(f"hook {self.name} already exists")
        _hooks.named[self.name] = self
        self.added(None)
        return self

    def __exit__(self, *_: Any) -> None:
        _hooks.named.pop(self.name).deleted(None)

    def added(self, function: FunctionNode | None) -> None:
        """The hook was added: to a function, or for the thread (None)."""

    def deleted(self, function: FunctionNode | None) -> None:
        """The hook was removed."""

    def forward_preprocess(self, function: FunctionNode, in_data: Sequence[Any]) -> None:
        """Before a forward computation."""

    def forward_postprocess(self, function: FunctionNode, in_data: Sequence[Any]) -> None:
        """After a forward computation."""

    def backward_preprocess(self, function: FunctionNode, in_data: Sequence[Any], out_grad: Sequence[Any]) -> None:
        """Before a backward computation."""

    def backward_postprocess(self, function: FunctionNode, in_data: Sequence[Any], out_grad: Sequence[Any]) -> None:
        """After a backward computation."""


class _Hooks(threading.local):
    def __init__(self) -> None:
        self.named: dict[str, FunctionHook] = {}


_hooks = _Hooks()


def hooks_of(function: FunctionNode) -> tuple[FunctionHook, ...]:
    """The hooks that a function calls: the thread's, then its own, which replace the thread's of the same name."""
    named, local = _hooks.named, function._local_hooks
    return tuple((named | (local or {})).values()) if named or local else ()
