"""What a model is verified on: seeded standard normal inputs at several batch sizes, and arrays that the user gives.

The batch axis is the first axis of an input whose first dimension is symbolic. An axis elsewhere that carries the same
symbol gets the same size. Every other symbolic dimension has to be named by `input_shapes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dwbridge.backend import is_cupy_array, is_floating
from dwbridge.exporters.errors import BridgeError
from dwbridge.exporters.graph_reader import Graph, ValueInfo

Dimension = int | str | None
Shape = Sequence[Dimension]


@dataclass(frozen=True)
class Feed:
    """One set of inputs.

    Attributes:
        batch: the first dimension of the first input (1 for a scalar).
        inputs: `'random'` or `'given'`.
        arrays: `{graph input: array of the model's dtype}`.
    """

    batch: int
    inputs: str
    arrays: dict[str, np.ndarray]


def random_feeds(
    graph: Graph, batches: Sequence[int], seed: int, input_shapes: Mapping[str, Shape] | Shape | None = None
) -> list[Feed]:
    """Standard normal inputs, the same for the same seed and batch size whatever else is asked for.

    Args:
        graph: the model's graph.
        batches: batch sizes. A model without a symbolic batch axis gets one feed, of its own size.
        seed: seed of the random numbers.
        input_shapes: `{input: shape}`, or the one shape of a model with one input. An integer fixes a symbolic
            dimension, the batch axis too; None or a string leaves it as the model has it.

    Raises:
        BridgeError: if a symbolic dimension is left over, a shape does not fit the model's, or an input is not of a
            floating type.
    """
    inputs = runtime_inputs(graph)
    shapes = {value.name: _pinned(value, shape) for value, shape in _paired(inputs, input_shapes)}
    if not any(shape and not isinstance(shape[0], int) for shape in shapes.values()):
        batches = batches[:1]  # one feed: nothing in the shapes depends on the number
    return [_random_feed(inputs, shapes, batch, seed) for batch in batches]


def given_feed(graph: Graph, args: Any) -> Feed:
    """The user's arrays as a feed.

    Args:
        graph: the model's graph.
        args: an array or `Variable`, a sequence of them in the order of the graph's inputs, or a dict by input name.

    Raises:
        BridgeError: if number, names, dtypes or shapes are not those of the graph's inputs.
    """
    inputs = runtime_inputs(graph)
    arrays = _by_name(inputs, args)
    for value in inputs:
        _check_fits(value, arrays[value.name])
    return Feed(_batch(list(arrays.values())), "given", arrays)


def runtime_inputs(graph: Graph) -> list[ValueInfo]:
    """The graph's inputs that have no initializer: those that a caller has to give."""
    return [value for value in graph.inputs if value.name not in graph.constants]


def _random_feed(inputs: Sequence[ValueInfo], shapes: dict[str, tuple[Dimension, ...]], batch: int, seed: int) -> Feed:
    symbols: dict[Dimension, int] = {
        shape[0]: batch for shape in shapes.values() if shape and not isinstance(shape[0], int)
    }
    random = np.random.default_rng([seed, batch])
    arrays = {value.name: _normal(value, _sizes(value, shapes[value.name], symbols), random) for value in inputs}
    return Feed(_batch(list(arrays.values())), "random", arrays)


def _normal(value: ValueInfo, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    if not is_floating(value.dtype):
        raise BridgeError(
            f"input {value.name!r}: expected a floating type to draw random values for, came {value.dtype}; "
            "give args, and batches=()"
        )
    return random.standard_normal(shape).astype(value.dtype)


def _sizes(value: ValueInfo, shape: tuple[Dimension, ...], symbols: Mapping[Dimension, int]) -> tuple[int, ...]:
    sizes = tuple(size if isinstance(size, int) else symbols.get(size) for size in shape)
    if None in sizes:
        unknown = ", ".join(repr(dim) for dim, size in zip(shape, sizes) if size is None)
        raise BridgeError(
            f"input {value.name!r} of shape {_text(shape)}: expected a size for every dimension but the batch, "
            f"came none for {unknown}; give input_shapes"
        )
    return tuple(size for size in sizes if size is not None)


def _paired(
    inputs: Sequence[ValueInfo], input_shapes: Mapping[str, Shape] | Shape | None
) -> list[tuple[ValueInfo, Shape | None]]:
    """Every input with the shape that was given for it, None where none was."""
    if input_shapes is None:
        return [(value, None) for value in inputs]
    names = [value.name for value in inputs]
    if not isinstance(input_shapes, Mapping):
        if len(names) != 1:
            raise BridgeError(f"input_shapes: expected a shape for each of the inputs {names}, by name, came one shape")
        input_shapes = {names[0]: input_shapes}
    unknown = sorted(set(input_shapes) - set(names))
    if unknown:
        raise BridgeError(f"input_shapes: expected names among the inputs {names}, came {unknown}")
    return [(value, input_shapes.get(value.name)) for value in inputs]


def _pinned(value: ValueInfo, shape: Shape | None) -> tuple[Dimension, ...]:
    """The model's dimensions, with the given sizes in place of symbols."""
    own = tuple(_named(dim, axis, value) for axis, dim in enumerate(value.shape))
    if shape is None:
        return own
    fits = len(own) == len(shape) and all(
        not (isinstance(dim, int) and isinstance(given, int)) or dim == given for dim, given in zip(own, shape)
    )
    if not fits:
        raise BridgeError(f"input {value.name!r}: expected a shape that fits {_text(own)}, came {_text(shape)}")
    return tuple(given if isinstance(given, int) else dim for dim, given in zip(own, shape))


def _named(dim: Dimension, axis: int, value: ValueInfo) -> Dimension:
    # Unknown sizes have no name, or the same odd one (Paddle writes '?' and -1): they are not therefore equal.
    unknown = dim in (None, "", "?") or (isinstance(dim, int) and dim < 0)
    return f"axis {axis} of {value.name}" if unknown else dim


def _by_name(inputs: Sequence[ValueInfo], args: Any) -> dict[str, np.ndarray]:
    names = [value.name for value in inputs]
    if not isinstance(args, Mapping):
        args = list(args) if isinstance(args, tuple | list) else [args]
        if len(args) != len(names):
            raise BridgeError(f"args: expected {len(names)} arrays, for the inputs {names}, came {len(args)}")
        args = dict(zip(names, args))
    if set(args) != set(names):
        raise BridgeError(f"args: expected arrays for the inputs {names}, came {sorted(args)}")
    return {name: _as_numpy(args[name]) for name in names}


def _as_numpy(value: Any) -> np.ndarray:
    array = getattr(value, "array", value)
    return array.get() if is_cupy_array(array) else np.asarray(array)


def _check_fits(value: ValueInfo, array: np.ndarray) -> None:
    fits = len(value.shape) == array.ndim and all(
        not isinstance(dim, int) or dim < 0 or dim == size for dim, size in zip(value.shape, array.shape)
    )
    if not fits or array.dtype != value.dtype:
        raise BridgeError(
            f"input {value.name!r}: expected {np.dtype(value.dtype).name} of shape {_text(value.shape)}, "
            f"came {array.dtype.name} of shape {_text(array.shape)}"
        )


def _batch(arrays: Sequence[np.ndarray]) -> int:
    return arrays[0].shape[0] if arrays and arrays[0].ndim else 1


def _text(shape: Sequence[Dimension]) -> str:
    return f"({', '.join(map(str, shape))})"
