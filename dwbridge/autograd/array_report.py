"""How variables look: `repr`, `str`, and the report of `debug_print`."""

from __future__ import annotations

from typing import Any

import numpy as np

from dwbridge.backend import Array, CpuDevice, get_array_module


def printed(array: Array | None, name: str | None, separator: str) -> str:
    """`variable name([...])`, aligned like an array of NumPy; with commas, an array of no elements says its shape.

    >>> printed(np.array([1., 2.]), 'x', ', ')
    'variable x([1., 2.])'
    """
    prefix = f"variable {name}" if name else "variable"
    if array is None:
        return f"{prefix}(None)"
    array = CpuDevice().send(array)
    if array.size == 0 and array.shape != (0,) and separator == ", ":
        return f"{prefix}([], shape={array.shape})"
    return f"{prefix}({np.array2string(array, separator=separator, prefix=f'{prefix}(')})"


def debug_report(summary: str, array: Array | None, grad: Array | None) -> str:
    """What `Variable.debug_print` says: where the array is, its shape and type, mean and deviation of it and of grad.

    >>> print(debug_report('<variable x>', np.ones(2), None))
    <variable x>
    - device: CPU
    - backend: <class 'numpy.ndarray'>
    - shape: (2,)
    - dtype: float64
    - statistics: mean=1.00000000, std=0.00000000
    - grad: None
    """
    on_cpu = isinstance(array, np.ndarray)  # whose own `device` is 'cpu'; Chainer says CPU
    facts: dict[str, Any] = {
        "device": None if array is None else "CPU" if on_cpu else array.device,
        "backend": None if array is None else type(array),
        "shape": None if array is None else array.shape,
        "dtype": None if array is None else array.dtype,
        "statistics": None if array is None else _statistics(array),
        "grad": _statistics(grad) if grad is not None and grad.any() else grad if grad is None else 0,
    }
    return "\n".join([summary, *(f"- {name}: {fact}" for name, fact in facts.items())])


def _statistics(array: Array) -> str:
    xp = get_array_module(array)
    return f"mean={float(xp.mean(array)):.8f}, std={float(xp.std(array)):.8f}"
