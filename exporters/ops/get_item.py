"""get_item <-> Slice for slices, then Gather for each integer and for an array of integers.

Axes that are taken whole are not written. An end that is left out is the largest int64 (the smallest, where the step is
negative), as ONNX recommends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import carried
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.get_item import GetItem

_ROLES = ((1, "starts"), (2, "ends"), (3, "axes"), (4, "steps"))
_LAST, _FIRST = np.iinfo(np.int64).max, np.iinfo(np.int64).min


def write(function: GetItem, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    (x,) = inputs
    entries = _by_axis(function.slices, len(x.shape))
    cuts = {axis: entry for axis, entry in enumerate(entries) if isinstance(entry, slice) and entry != slice(None)}
    takes = {axis: entry for axis, entry in enumerate(entries) if not isinstance(entry, slice)}
    if any(entry.ndim for entry in takes.values()) and len(takes) > 1:
        raise UnsupportedError("an array of integers beside another integer index; index in two steps")
    value: Any = x
    if cuts or not takes:
        (value,) = _write_slice(value, cuts, graph)
    for axis in sorted(takes, reverse=True):
        (value,) = graph.node("Gather", [value, takes[axis]], axis=axis)
    return (value,)


def _write_slice(value: Any, cuts: dict[int, slice], graph: GraphWriter) -> Sequence[str]:
    bounds = [_bounds(cut) for cut in cuts.values()]
    starts, ends, steps = (np.array([b[i] for b in bounds], dtype=np.int64) for i in range(3))
    return graph.node("Slice", [value, starts, ends, np.array(list(cuts), dtype=np.int64), steps])


def _bounds(cut: slice) -> tuple[int, int, int]:
    step = 1 if cut.step is None else int(cut.step)
    start = (0 if step > 0 else _LAST) if cut.start is None else int(cut.start)
    stop = (_LAST if step > 0 else _FIRST) if cut.stop is None else int(cut.stop)
    return start, stop, step


def _by_axis(slices: tuple[Any, ...], ndim: int) -> list[Any]:
    """One slice or int64 array for each axis of x."""
    if any(entry is None for entry in slices):
        raise UnsupportedError("an index with None; use reshape")
    count = len([entry for entry in slices if entry is not Ellipsis])
    entries: list[Any] = []
    for entry in slices if Ellipsis in [s for s in slices if s is Ellipsis] else (*slices, Ellipsis):
        entries.extend([slice(None)] * (ndim - count) if entry is Ellipsis else [_entry(entry)])
    return entries


def _entry(entry: Any) -> Any:
    if isinstance(entry, slice):
        return entry
    array = np.asarray(entry)
    if array.dtype.kind not in "iu":
        raise UnsupportedError(f"an index of {array.dtype}; only slices and integers are written")
    return array.astype(np.int64)


def read(node: Node, graph: Graph) -> Reading:
    slices = _slices(*(graph.constant(node, i, role) if node.input(i) else None for i, role in _ROLES))
    return Reading.of_function(f"get_item {slices}", lambda x: F.get_item(x, slices), node.input(0))


def _slices(starts: Any, ends: Any, axes: Any, steps: Any) -> tuple[slice, ...]:
    axes = list(range(len(starts))) if axes is None else [int(a) for a in axes]
    steps = [1] * len(starts) if steps is None else [int(s) for s in steps]
    if min(axes, default=0) < 0:
        raise UnsupportedError(f"negative axes are not supported, got {axes}")
    slices = [slice(None)] * (max(axes, default=-1) + 1)
    for axis, start, end, step in zip(axes, starts, ends, steps):
        slices[axis] = slice(int(start), None if int(end) in (_LAST, _FIRST) else int(end), step)
    return tuple(slices)


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    x, *bounds = inputs
    return [carried(x, errors[0])[_slices(*bounds, *[None] * (4 - len(bounds)))]]


def read_gather(node: Node, graph: Graph) -> Reading:
    indices, axis = graph.constant(node, 1, "indices"), node.attribute("axis", 0)
    return Reading.of_function(f"get_item, axis {axis}", lambda x: F.get_item(x, _at(indices, axis)), node.input(0))


def _at(indices: np.ndarray, axis: int) -> tuple[Any, ...]:
    if axis < 0:
        return (Ellipsis, indices, *[slice(None)] * (-axis - 1))
    return (*[slice(None)] * axis, indices)


def bound_gather(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """Exact."""
    indices = inputs[1]
    assert indices is not None
    return [np.take(carried(inputs[0], errors[0]), indices.astype(np.int64), axis=node.attribute("axis", 0))]


translation = Translation(GetItem, "Slice", write, read, bound, note="constant bounds")
gather_translation = Translation(None, "Gather", None, read_gather, bound_gather, note="constant indices")
