"""Sequential: callables in a row, each fed with what the one before returned.

Layers may be links or any callables; the links among them are the children. The children's names, and with them the
keys of snapshots, do not follow the order of the layers: Chainer's `insert` looks for the last link before the new
one but finds the first, so `Sequential(A, B, C, D)` calls its children A: '0', B: '3', C: '2', D: '1'. Snapshots that
Chainer wrote load only if this is kept, so it is.
"""

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dwbridge.links.chain_list import ChainList
from dwbridge.links.link import Link
from dwbridge.links.printed_tree import printed_tree

Layer = Callable[..., Any]


class Sequential(ChainList):
    """A network that is a row of callables. It is a mutable sequence of them.

    Args:
        layers: links, functions, any callables. One that returns a tuple gives the next one that many arguments.

    Raises:
        ValueError: if a layer is not callable.

    Example:
        >>> import numpy as np
        >>> from dwbridge.functions import relu
        >>> from dwbridge.links import Linear
        >>> model = Sequential(Linear(4, 3), relu, Linear(3, 2))
        >>> model(np.zeros((5, 4), np.float32)).shape
        (5, 2)
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        self._layers: list[Layer] = []
        self.extend(layers)

    def forward(self, *x: Any) -> Any:
        """Calls the layers in their order.

        Raises:
            RuntimeError: if there are none.
        """
        if not self._layers:
            raise RuntimeError("Sequential does not have any layer.")
        y: Any = x
        for layer in self._layers:
            y = layer(*y) if isinstance(y, tuple) else layer(y)
        return y

    def __str__(self) -> str:
        return printed_tree(type(self).__name__, ((i, _printed(layer)) for i, layer in enumerate(self._layers)))

    # -- a sequence of layers -------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._layers)

    def __getitem__(self, i: Any) -> Any:
        return self._layers[i]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._layers)

    def __reversed__(self) -> Iterator[Any]:
        return reversed(self._layers)

    def __contains__(self, item: object) -> bool:
        return item in self._layers

    def __setitem__(self, i: Any, layer: Any) -> None:
        if i >= len(self):
            raise ValueError(f"{i} should be less than {len(self)}")
        _check_callable(layer)
        if self._layers[i] is not layer:
            del self[i]
            self.insert(i, layer)

    def __delitem__(self, i: Any) -> None:
        layer = self._layers.pop(i)
        if isinstance(layer, Link):
            position = next(j for j, child in enumerate(self._children) if child.name == layer.name)
            del self._children[position]
            self._rename()

    def insert(self, i: int, layer: Layer) -> None:
        """Inserts a layer before a position.

        Raises:
            IndexError: if the position is outside the row.
            ValueError: if the layer is not callable.
        """
        count = len(self._layers)
        if not -count <= i <= count:
            raise IndexError(f"Index out of range: {i}")
        _check_callable(layer)
        i += count if i < 0 else 0
        if isinstance(layer, Link):
            self._children.insert(self._child_position(i), layer)
            self._rename()
        self._layers.insert(i, layer)

    def _child_position(self, i: int) -> int:
        # Behind the layer-index of the FIRST link before i (see the top of this file); a leading function counts.
        if i == 0:
            return 0
        return 1 + next((j for j, layer in enumerate(self._layers[:i]) if isinstance(layer, Link)), 0)

    def append(self, layer: Layer) -> None:
        """Appends a layer."""
        self.insert(len(self), layer)

    def extend(self, layers: Iterable[Layer]) -> None:
        """Appends several layers."""
        for layer in layers:
            self.append(layer)

    def remove(self, layer: Layer) -> None:
        """Removes the first layer that equals the given one.

        Raises:
            ValueError: if there is none.
        """
        if layer not in self:
            raise ValueError(f"There is no layer object that is same as {layer}")
        del self[self.index(layer)]

    def pop(self, i: int = -1) -> Any:
        """Removes the layer at a position and returns it."""
        layer = self._layers[i]
        del self[i]
        return layer

    def clear(self) -> None:
        """Removes all layers. Every second child stays registered, as in Chainer, whose snapshots have it so."""
        del self._children[::2]
        self._layers = []

    def index(self, layer: Layer, start: int | None = None, end: int | None = None) -> int:
        """Position of the first layer that equals the given one, counted from `start`."""
        return self._layers[start:end].index(layer)

    def count(self, layer: Layer) -> int:
        """How many layers equal the given one."""
        return self._layers.count(layer)

    def __add__(self, other: Any) -> "Sequential":
        _check_sequential(other)
        return Sequential(*self, *other)

    def __iadd__(self, other: Any) -> "Sequential":
        _check_sequential(other)
        self.extend(list(other))
        return self

    # -- by the layers' types -------------------------------------------------------------------------------------

    def count_by_layer_type(self, type_name: str) -> int:
        """How many layers are links of a class, or functions, of that name."""
        return sum(_type_name(layer) == type_name for layer in self._layers)

    def remove_by_layer_type(self, type_name: str) -> None:
        """Removes all layers that are links of a class, or functions, of that name."""
        for layer in [layer for layer in self._layers if _type_name(layer) == type_name]:
            self.remove(layer)

    def flatten(self) -> "Sequential":
        """A new row, in which every Sequential is replaced by its layers."""
        flat = Sequential()
        for layer in self._layers:
            flat.extend(layer.flatten() if isinstance(layer, Sequential) else [layer])
        return flat

    # -- copying --------------------------------------------------------------------------------------------------

    def copy(self, mode: str = "share") -> "Sequential":
        """A new plain Sequential of copies: of links by `mode` (see `Link.copy`), of others by `copy.copy`."""
        return Sequential(*(x.copy(mode) if isinstance(x, Link) else copy.copy(x) for x in self._layers))

    def copyparams(self, link: Any, copy_persistent: bool = True) -> None:
        """Takes over the elements of another Sequential's parameters, layer by layer; see `Link.copyparams`.

        Raises:
            ValueError: if the other is no Sequential.
        """
        if not isinstance(link, Sequential):
            raise ValueError(
                f"Objects other than Sequential object cannot be copied to a Sequential object, got {type(link)}"
            )
        for i, layer in enumerate(self._layers):
            if isinstance(layer, Link):
                layer.copyparams(link[i], copy_persistent)

    def __reduce__(self) -> Any:
        if any(getattr(layer, "__name__", None) == "<lambda>" for layer in self._layers):
            raise ValueError(
                "This Sequential object has at least one lambda function as its component. "
                "Lambda function can not be pickled: use functools.partial instead"
            )
        return super().__reduce__()


def _check_callable(layer: Any) -> None:
    if not callable(layer):
        raise ValueError(f"All elements of a Sequential class should be callable. But given {layer} is not callable.")


def _check_sequential(other: Any) -> None:
    if not isinstance(other, Sequential):
        raise ValueError(f"add (+) operator supports only objects of Sequential class, but {type(other)} is given.")


def _type_name(layer: Any) -> str:
    return type(layer).__name__ if isinstance(layer, Link) else layer.__name__


def _printed(layer: Any) -> str:
    if getattr(layer, "__name__", None) == "<lambda>":
        return inspect.getsource(layer).strip().rstrip(",")
    return str(layer)
