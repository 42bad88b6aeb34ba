"""The graph's view of a variable: shape, dtype and creator, and the array only where a function asked to keep it.

Functions hold the nodes of their inputs, nodes hold their creator; variables are held by the user. So an intermediate
array is freed as soon as its variable is gone, unless backward needs it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from dwbridge.autograd.function_node import FunctionNode
    from dwbridge.autograd.variable import Variable


class VariableNode:
    """A node of the computational graph.

    Attributes:
        data: the array, if a function retains it or the variable did; None otherwise.
        dtype, shape: of the array, kept or not.
        name (str): the variable's name.
        creator_node (FunctionNode): the function whose output this is, or None for a leaf.
        rank (int): length of the longest chain of functions that leads here.
        requires_grad (bool): whether gradients are propagated to it.
    """

    dtype: Any = None
    shape: Any = None
    name: str | None = None
    creator_node: FunctionNode | None = None
    #: label of the old-style function whose backward computed this gradient
    old_style_source: str | None = None
    rank = 0
    data: Any = None

    #: a variable for a node; variables and nodes make each other, and `Variable` fills this in
    make_variable: ClassVar[Callable[[VariableNode], Variable]]

    def __init__(self, variable: Any, name: str | None, array: Any, requires_grad: bool) -> None:
        self._variable: weakref.ref[Variable] = weakref.ref(variable)
        self.requires_grad = requires_grad
        if name is not None:
            self.name = name
        if array is not None:
            self.dtype, self.shape = array.dtype, array.shape

    def set_array(self, array: Any) -> None:
        """Follows the variable to another array, or to none."""
        self.dtype = None if array is None else array.dtype
        self.shape = None if array is None else array.shape
        if self.data is not None:
            self.data = array

    def set_creator_node(self, function: FunctionNode) -> None:
        """Makes this node an output of the function."""
        self.creator_node = function
        self.rank = function.rank + 1

    def check_old_style(self) -> None:
        """Refuses to differentiate a gradient that an old-style function computed from arrays.

        Raises:
            RuntimeError: if this is one.
        """
        if self.old_style_source is not None:
            raise RuntimeError(f'cannot twice-differentiate an old style Function "{self.old_style_source}"')

    def unchain(self) -> None:
        """Makes this node a leaf."""
        self.creator_node = None

    def get_variable_or_none(self) -> Variable | None:
        """The variable of this node, if it still exists."""
        return self._variable()

    def get_variable(self) -> Variable:
        """The variable of this node; a new one around the kept array if the user's is gone."""
        variable = self._variable()
        if variable is None:
            variable = VariableNode.make_variable(self)
            self._variable = weakref.ref(variable)
        return variable

    def retain_data(self) -> None:
        """Keeps the array of the variable, which must still exist."""
        variable = self._variable()
        if variable is None:
            raise RuntimeError("cannot retain the array of a variable that no longer exists")
        self.data = variable.array

    @property
    def label(self) -> str:
        """Shape and dtype, for people."""
        return f"{self.shape}, {self.dtype}"
