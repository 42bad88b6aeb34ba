"""The tree of links: walking it, naming what is in it, and doing one thing to every parameter of it.

A link's own parameters come first, by name; then its children, in the order of `_named_children`. Paths are relative
to the link that is asked: its own `W` is '/W', its child's '/conv/W'.
"""

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dwbridge.autograd import Parameter
from dwbridge.links.registration import Registration

if TYPE_CHECKING:
    from dwbridge.links.link import Link


class Hierarchy(Registration):
    """A link seen as the root of a tree of links."""

    def _named_children(self) -> Iterator[tuple[str, "Link"]]:
        """(name, link) of every child; links that have children override this and `_child`."""
        return iter(())

    def _child(self, name: str) -> Any:
        """The child of a name."""
        raise KeyError(name)

    def children(self) -> Iterator["Link"]:
        """Every child."""
        for _, child in self._named_children():
            yield child

    def links(self, skipself: bool = False) -> Iterator["Link"]:
        """Every link of the tree, this one first (or left out)."""
        for _, link in self.namedlinks(skipself):
            yield link

    def namedlinks(self, skipself: bool = False) -> Iterator[tuple[str, "Link"]]:
        """(path, link) of every link of the tree. This link's own path is '/'."""
        if not skipself:
            yield "/", self  # type: ignore[misc]  # the one subclass that is made is Link
        for name, child in self._named_children():
            yield f"/{name}", child
            for path, link in child.namedlinks(True):
                yield f"/{name}{path}", link

    def params(self, include_uninit: bool = True) -> Iterator[Parameter]:
        """Every parameter of the tree.

        Args:
            include_uninit: whether those without an array, whose shape is not known yet, are among them.
        """
        values = vars(self)
        for name in sorted(self._params):  # not by `_own_params`: optimizers walk the tree several times in a step
            param = values[name]
            if include_uninit or param.array is not None:
                yield param
        for _, child in self._named_children():
            yield from child.params(include_uninit)

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter) of every parameter of the tree; see `params`."""
        for name, param in self._own_params(include_uninit):
            yield f"/{name}", param
        for name, child in self._named_children():
            for path, param in child.namedparams(include_uninit):
                yield f"/{name}{path}", param

    def _own_params(self, include_uninit: bool) -> Iterator[tuple[str, Parameter]]:
        for name in sorted(self._params):
            param = vars(self)[name]
            if include_uninit or param.array is not None:
                yield name, param

    def count_params(self) -> int:
        """Number of elements of all parameters. Those without an array are left out, with a UserWarning each."""
        size = 0
        for path, param in self.namedparams():
            if param.array is None:
                warnings.warn(
                    f"Parameter '{path}' has not been initialized, so the resulting count will not include "
                    "the number of parameters in it.",
                    stacklevel=2,
                )
            else:
                size += param.size
        return size

    def cleargrads(self) -> None:
        """Forgets the gradients of all parameters. Call it before every backward."""
        for param in self.params():
            param.cleargrad()

    def zerograds(self) -> None:
        """Sets the gradients of all parameters to zeros (deprecated; use `cleargrads`)."""
        message = "Link.zerograds is deprecated. Use Link.cleargrads instead."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        for param in self.params():
            param.zerograd()

    def enable_update(self) -> None:
        """Lets optimizers update all parameters."""
        self._set_updates(True)

    def disable_update(self) -> None:
        """Keeps optimizers from updating any parameter."""
        self._set_updates(False)

    def _set_updates(self, enabled: bool) -> None:
        for param in self.params():
            if param.update_rule is not None:
                param.update_rule.enabled = enabled

    @property
    def update_enabled(self) -> bool:
        """Whether at least one parameter has an update rule that is enabled."""
        rules = (param.update_rule for param in self.params())
        return any(rule is not None and rule.enabled for rule in rules)
