"""Arrays that carry the name of a ChainerX device: views of a subclass, which compute like what they are views of.

Kernels never see them: `FunctionNode` takes the names off its inputs and puts them on its outputs.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from dwbridge.backend.arrays import Array, get_array_module


class Tagged:
    """What makes an array one with a ChainerX name.

    Attributes:
        device_name (str): `'native:0'`, `'cuda:1'`, ...
    """

    device_name: str
    view: Any  # of the array type that comes with this one

    def __array_finalize__(self, source: Any) -> None:
        super().__array_finalize__(source)  # type: ignore[misc]  # of the array type that comes with this one
        self.device_name = getattr(source, "device_name", "native:0")

    def __reduce__(self) -> Any:
        return tagged, (untagged(self), self.device_name)


class ChainerxArray(Tagged, np.ndarray):
    """A NumPy array with a ChainerX name.

    >>> x = tagged(np.ones(2, np.float32), 'native:0')
    >>> x * 2
    array([2., 2.], dtype=float32, device='native:0')
    """

    def __repr__(self) -> str:
        return f"{repr(untagged(self)).removesuffix(')')}, device='{self.device_name}')"


@functools.cache
def tagged_type(library: ModuleType) -> type:
    return ChainerxArray if library is np else type("ChainerxArray", (Tagged, library.ndarray), {})


def tagged(array: Array, device_name: str) -> Array:
    """The array under that ChainerX name: itself if it has it, otherwise a view of the same memory."""
    if isinstance(array, Tagged) and array.device_name == device_name:
        return array
    view = array.view(tagged_type(get_array_module(array)))
    view.device_name = device_name
    return view


def untagged(array: Array) -> Array:
    """The array without a ChainerX name: itself if it has none, otherwise a view of the same memory."""
    return array.view(get_array_module(array).ndarray) if isinstance(array, Tagged) else array


def like(array: Array, model: Array) -> Array:
    """The array with the tag of another, or with none if that has none; of the same memory."""
    return tagged(array, model.device_name) if isinstance(model, Tagged) else untagged(array)


def common_tag(arrays: Sequence[Array]) -> str | None:
    """The ChainerX name that arrays have; None if none of them has one. Arrays without one go along with any.

    Raises:
        TypeError: if there are several names.
    """
    names = {array.device_name for array in arrays if isinstance(array, Tagged)}
    if len(names) > 1:
        raise TypeError(f"incompatible array types are mixed: expected one ChainerX device, got {sorted(names)}")
    return names.pop() if names else None
