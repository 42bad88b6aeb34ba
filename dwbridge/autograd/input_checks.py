"""What every application of a function asks of its inputs: arrays of one device, of types that it takes."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import type_check
from dwbridge.autograd.type_memory import passed, remember, remembered_attributes
from dwbridge.backend import Array, are_on_one_gpu, is_array, place_of


def check_devices(label: str, arrays: tuple[Array, ...]) -> None:
    """Checks that the inputs of a function of this name are arrays, and live together.

    Raises:
        TypeError: if not.
    """
    if are_on_one_gpu(arrays):
        return
    for array in arrays:
        if not is_array(array):
            raise TypeError(f"{label} expects arrays, got {type(array).__name__}")
    places = [place_of(array) for array in arrays]
    if len(set(places)) > 1:
        raise TypeError(
            f"incompatible array types are mixed in {label}: expected arrays of one device, got {', '.join(places)}"
        )


def check_types(function: Any, arrays: tuple[Array, ...]) -> None:
    """A function's `check_type_forward`, or the memory that it passed.

    Raises:
        type_check.InvalidType: if the arrays are none that it takes.
    """
    kind: Any = type(function)
    attributes = remembered_attributes(kind)
    key: Any = None
    if attributes is not None:
        key = (kind, tuple([(a.shape, a.dtype) for a in arrays]), *[getattr(function, name) for name in attributes])
        if passed(key):
            return
    names = function.input_names
    with type_check.get_function_check_context(function):
        function.check_type_forward(type_check.type_infos(arrays, names) if names else type_check.get_types(arrays))
    if key is not None:
        remember(key)
