"""Batches become arrays: examples are stacked along a new first axis."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dwbridge.backend import Array, get_array_module, get_device, is_array


def concat_examples(batch: Sequence[Any], device: Any = None, padding: Any = None) -> Any:
    """Stacks a batch of examples.

    Args:
        batch: examples: arrays or numbers, tuples of them, or dictionaries of them.
        device: where the result goes (a device specifier); it stays where it is for None.
        padding: fills up examples that are smaller than the largest; None demands equal shapes. For tuples and
            dictionaries also one value for each entry.

    Returns:
        An array, a tuple of arrays, or a dictionary of arrays, as the examples are.

    Raises:
        ValueError: if the batch is empty, or shapes differ without padding.

    Example:
        >>> x, t = concat_examples([(np.zeros(3), 1), (np.ones(3), 7)])
        >>> x.shape, t
        ((2, 3), array([1, 7]))
    """
    if len(batch) == 0:
        raise ValueError("concat_examples: expected at least one example, got an empty batch")
    first = batch[0]
    if isinstance(first, tuple):
        paddings = padding if isinstance(padding, tuple) else (padding,) * len(first)
        return tuple(_stack([example[i] for example in batch], device, paddings[i]) for i in range(len(first)))
    if isinstance(first, dict):
        by_key = padding if isinstance(padding, dict) else dict.fromkeys(first, padding)
        return {key: _stack([example[key] for example in batch], device, by_key[key]) for key in first}
    return _stack(batch, device, padding)


def _stack(values: Sequence[Any], device: Any, padding: Any) -> Array:
    if not is_array(values[0]):
        values = [np.asarray(value) for value in values]
    stacked = get_array_module(values[0]).stack(values) if padding is None else _stack_padded(values, padding)
    return stacked if device is None else get_device(device).send(stacked)


def _stack_padded(arrays: Sequence[Array], padding: Any) -> Array:
    xp = get_array_module(arrays[0])
    shape = tuple(np.max([array.shape for array in arrays], axis=0))
    result = xp.full((len(arrays), *shape), padding, dtype=arrays[0].dtype)
    for row, array in zip(result, arrays, strict=True):
        row[tuple(slice(size) for size in array.shape)] = array
    return result
