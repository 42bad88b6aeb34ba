"""Copies of a tree of links, and what one tree takes over from another: elements, gradients.

copy mode    parameters                         arrays              the link's name
'share'      new ones, without gradient         the original's      None
'copy'       deep copies                        equal, separate     kept
'init'       deep copies, initialized anew      drawn again         kept
"""

import copy
from typing import TYPE_CHECKING, Any, Self

from dwbridge.backend import copyto, is_array
from dwbridge.links.hierarchy import Hierarchy

if TYPE_CHECKING:
    from dwbridge.links.sequential import Sequential

_MODES = ("init", "copy", "share")


class Copying(Hierarchy):
    """Copying of trees of links."""

    def copy(self, mode: str = "share") -> Self:
        """A copy of the tree.

        Args:
            mode: `'share'` shares the parameters' arrays and the persistent values; `'copy'` copies everything;
                `'init'` does too, and initializes the parameters that had arrays again.

        Raises:
            ValueError: for any other mode.
        """
        if mode == "share":
            return self._shared()
        _check_mode(mode)
        clone = copy.deepcopy(self)
        if mode == "init":
            for param in clone.params(include_uninit=False):
                param.initialize(param.shape)
        return clone

    def _shared(self) -> Self:
        clone = copy.copy(self)
        clone._params = set(self._params)
        clone._persistent = set(self._persistent)
        clone.name = None
        for name in clone._params:
            param = copy.copy(vars(clone)[name])
            param.grad = None
            vars(clone)[name] = param
        return clone

    def repeat(self, n_repeat: int, mode: str = "init") -> "Sequential":
        """A `Sequential` of that many copies of this link.

        Args:
            n_repeat: how many; none if it is not positive.
            mode: as for `copy`.

        Raises:
            ValueError: for an unknown mode.
        """
        from dwbridge.links.sequential import Sequential  # a Sequential is a link

        repeated = Sequential()
        if n_repeat <= 0:
            return repeated
        _check_mode(mode)
        for _ in range(n_repeat):
            link: Any = self.copy(mode)
            repeated.append(link)
        return repeated

    def copyparams(self, link: Any, copy_persistent: bool = True) -> None:
        """Takes over the elements of another tree's parameters, between devices too. Gradients stay.

        Args:
            link: a tree with the same names.
            copy_persistent: whether persistent values are taken over too: arrays element by element, others as deep
                copies.

        Raises:
            KeyError: if the other tree lacks a name.
            ValueError: if a shape differs.
        """
        source, target = vars(link), vars(self)
        for name in sorted(self._params):
            target[name].copydata(source[name])
        for name in sorted(self._persistent) if copy_persistent else ():
            if is_array(target[name]) and is_array(source[name]):
                copyto(target[name], source[name])
            else:
                target[name] = copy.deepcopy(source[name])
        for name, child in self._named_children():
            child.copyparams(link._child(name), copy_persistent)

    def addgrads(self, link: Any) -> None:
        """Adds the gradients of another tree to this one's.

        A gradient that this tree lacks becomes the other's array itself; one that the other lacks changes nothing. A
        parameter of this tree without an array is initialized with the other's shape (its gradient is then NaN, and
        stays NaN under addition, unless `cleargrads` was called before).

        Args:
            link: a tree with the same names.

        Raises:
            KeyError: if the other tree lacks a name.
            RuntimeError: if a parameter of the other tree is uninitialized, and its gradient was not cleared.
        """
        source, target = vars(link), vars(self)
        for name in sorted(self._params):
            target[name].addgrad(source[name])
        for name, child in self._named_children():
            child.addgrads(link._child(name))


def _check_mode(mode: str) -> None:
    if mode not in _MODES:
        raise ValueError(f"The 'mode' argument should be either 'init','copy', or 'share'. But {mode} was given.")
