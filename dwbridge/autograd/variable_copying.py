"""Copies of variables: shallow ones share the array's cell, deep ones and pickles carry array, gradient and name.

A place in the graph is not part of a variable's value: every copy is a leaf.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

from dwbridge.autograd.array_holder import ArrayHolder
from dwbridge.autograd.variable_node import VariableNode

if TYPE_CHECKING:
    from dwbridge.autograd.variable import Variable


class VariableCopying(ArrayHolder):
    """An array holder with `copy.copy`, `copy.deepcopy` and `pickle`."""

    _grad_var: Variable | None

    def __copy__(self) -> Self:
        clone = type(self).__new__(type(self))
        clone.__dict__.update(self.__dict__)
        clone._node = VariableNode(clone, self.name, self.array, self._node.requires_grad)
        return clone

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        state = copy.deepcopy(self.__getstate__(), memo)
        clone = type(self).__new__(type(self))
        memo[id(self)] = clone
        clone.__setstate__(state)
        return clone

    def __getstate__(self) -> dict[str, Any]:
        # The place in the graph is not part of a variable's value.
        state = {key: value for key, value in self.__dict__.items() if key not in ("_node", "_grad_var")}
        grad = self._grad_var
        return state | {
            "node": (self.name, self._node.requires_grad),
            "grad_array": None if grad is None else grad.array,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        from dwbridge.autograd.variable import Variable  # it inherits from here

        state = dict(state)
        name, requires_grad = state.pop("node")
        grad = state.pop("grad_array")
        self.__dict__.update(state)
        self._grad_var = None if grad is None else Variable(grad)
        self._node = VariableNode(self, name, self.array, requires_grad)
