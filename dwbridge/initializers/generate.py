"""From what a caller gives as initializer to a filled array."""

import contextlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from dwbridge.backend import Array, Device, get_device, is_array
from dwbridge.configuration import get_dtype
from dwbridge.initializers.constant import Constant
from dwbridge.initializers.initializer import Initializer
from dwbridge.initializers.normal import LeCunNormal


def generate_array(
    initializer: Callable[[Array], Any],
    shape: int | tuple[int, ...],
    xp: ModuleType,
    dtype: Any = None,
    device: Any = None,
) -> Array:
    """A new array, filled by an initializer.

    Args:
        initializer: a callable that fills an array in place.
        shape: shape of the array.
        xp: the array library, `numpy` or `cupy`.
        dtype: type of the array; None for the initializer's `dtype`, and where that is None too, `config.dtype`.
        device: where the array is made; None for the library's current device.

    Raises:
        ValueError: if `dtype` is not the initializer's own, or `device` is not one of the library's.

    Example:
        >>> generate_array(Constant(2), (3,), np)
        array([2., 2., 2.], dtype=float32)
    """
    own = getattr(initializer, "dtype", None)
    if dtype is not None and own is not None and np.dtype(dtype) != np.dtype(own):
        raise ValueError(f"dtype mismatch: an array of {np.dtype(dtype)} for an initializer of {np.dtype(own)}")
    home = None if device is None else get_device(device)
    with _entered(home, xp):
        array = xp.empty(shape, dtype=get_dtype(own if dtype is None else dtype))
        initializer(array)
    return array if home is None else home.send(array)


def _entered(device: Device | None, xp: ModuleType) -> contextlib.AbstractContextManager[Any]:
    if device is None:
        return contextlib.nullcontext()
    if device.xp is not xp:
        raise ValueError(f"xp and device are inconsistent: {xp.__name__} has no device {device}")
    return device.create_context()


def _get_initializer(initializer: Any) -> Callable[[Array], Any]:
    """What fills an array: LeCunNormal for None, a Constant for a scalar or an array, else the callable itself."""
    if initializer is None:
        return LeCunNormal()
    if is_array(initializer) or np.isscalar(initializer):
        return Constant(initializer)
    if not callable(initializer):
        raise TypeError(f"invalid type of initializer: {type(initializer)}")
    return initializer


def _check_is_initializer_like(initializer: Any) -> None:
    if initializer is None or isinstance(initializer, Initializer) or callable(initializer):
        return
    if not (is_array(initializer) or np.isscalar(initializer)):
        raise TypeError(
            f"Initializer is of wrong type: {type(initializer)}. Allowed types are Initializer, ndarray and scalar."
        )
