"""Hooks around a link's forward: on all links inside a `with` block, or on one link by `Link.add_hook`."""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from dwbridge.links.link import Link

_thread = threading.local()


def link_hooks() -> dict[str, "LinkHook"]:
    """This thread's hooks on all links, by name, in the order in which their `with` blocks were entered."""
    try:
        return _thread.hooks
    except AttributeError:
        _thread.hooks = {}
        return _thread.hooks


@dataclass
class ForwardPreprocessArguments:
    """What a hook learns before a forward computation."""

    link: "Link"
    forward_name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass
class ForwardPostprocessArguments(ForwardPreprocessArguments):
    """What a hook learns after a forward computation: also what it returned."""

    out: Any


class LinkHook:
    """Something to do before and after a link's forward. Subclasses override what they need.

    Attributes:
        name (str): what the hook is registered as; one name is registered once.

    Raises:
        KeyError: on entering a `with` block inside another one of a hook of the same name.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> class Shapes(LinkHook):
        ...     name = 'Shapes'
        ...     def forward_postprocess(self, args):
        ...         print(args.link, args.out.shape)
        >>> linear = Linear(3, 2)
        >>> with Shapes():
        ...     y = linear(np.zeros((4, 3), np.float32))
        Linear(in_size=3, out_size=2, nobias=False) (4, 2)
    """

    name = "LinkHook"

    def __enter__(self) -> Self:
        hooks = link_hooks()
        if self.name in hooks:
            raise KeyError(f"hook {self.name} already exists")
        hooks[self.name] = self
        self.added(None)
        return self

    def __exit__(self, *_: Any) -> None:
        hooks = link_hooks()
        hooks[self.name].deleted(None)
        del hooks[self.name]

    def added(self, link: "Link | None") -> None:
        """Called when the hook is registered, with its link (None: with all links)."""

    def deleted(self, link: "Link | None") -> None:
        """Called when the hook is unregistered, with its link (None: with all links)."""

    def forward_preprocess(self, args: ForwardPreprocessArguments) -> None:
        """Called before a forward computation."""

    def forward_postprocess(self, args: ForwardPostprocessArguments) -> None:
        """Called after a forward computation that did not raise."""
