"""Axes of a reduction: None, one or several, negative ones counted from the end."""

from __future__ import annotations

from typing import Any

from numpy.lib.array_utils import normalize_axis_index

Axes = tuple[int, ...]


def normalize_axes(axis: Any) -> Axes | None:
    """An axis argument as a tuple, or None for all axes.

    >>> normalize_axes(1), normalize_axes([0, -1]), normalize_axes(None)
    ((1,), (0, -1), None)

    Raises:
        TypeError: if it is no integer, no sequence of integers and not None.
        ValueError: if an axis is given twice.
    """
    if axis is None:
        return None
    axes = (axis,) if not hasattr(axis, "__iter__") else tuple(axis)
    if not all(isinstance(a, int) for a in axes):
        raise TypeError(f"axis must be None, an int or a tuple of int, got {axis!r}")
    if len(set(axes)) != len(axes):
        raise ValueError(f"axes must differ, got {axis!r}")
    return axes


def positive_axes(axes: Axes | None, ndim: int) -> Axes:
    """The axes counted from the front, ascending; all of them for None.

    >>> positive_axes((-1, 0), 3)
    (0, 2)

    Raises:
        numpy.exceptions.AxisError: if there is no such axis.
    """
    if axes is None:
        return tuple(range(ndim))
    return tuple(sorted(normalize_axis_index(a, ndim) for a in axes))


def kept_shape(shape: tuple[int, ...], axes: Axes) -> tuple[int, ...]:
    """The shape of a reduction that keeps its axes with length 1.

    >>> kept_shape((2, 3, 4), (0, 2))
    (1, 3, 1)
    """
    return tuple(1 if i in axes else size for i, size in enumerate(shape))
