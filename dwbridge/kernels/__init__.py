"""Kernels: arrays in, arrays out; and the seam through which they are chosen.

An operator names its kernels, `kernels_for('depthwise', x, W)`, and gets a module with the routines of that name. Which
module is decided by where the arrays are and by `config.kernels`: `'auto'` takes the first that is there, `'compiled'`
and `'numpy'` force one. The NumPy reference is always there. It computes through the array's own library, so it also
serves CuPy arrays as long as there are no CUDA kernels.

Every module of one name has the same routines; `dwbridge.kernels.reference` documents them.
"""

from __future__ import annotations

import functools
import importlib
from types import ModuleType

from dwbridge.backend import Array, is_cupy_array
from dwbridge.configuration import config

#: operator -> implementation -> module. A new implementation of an operator is one entry here.
MODULES: dict[str, dict[str, str]] = {
    "depthwise": {"numpy": "dwbridge.kernels.reference.depthwise"},
    "convolution": {"numpy": "dwbridge.kernels.reference.convolution"},
    "linear": {"numpy": "dwbridge.kernels.reference.linear"},
    "average_pooling": {"numpy": "dwbridge.kernels.reference.average_pooling"},
    "max_pooling": {"numpy": "dwbridge.kernels.reference.max_pooling"},
}

#: (where the arrays are, config.kernels) -> implementations, best first.
PREFERENCE: dict[tuple[str, str], tuple[str, ...]] = {
    ("cpu", "auto"): ("compiled", "numpy"),
    ("cpu", "compiled"): ("compiled",),
    ("cpu", "numpy"): ("numpy",),
    ("gpu", "auto"): ("cuda", "numpy"),
    ("gpu", "compiled"): ("cuda",),
    ("gpu", "numpy"): ("numpy",),
}


def kernels_for(operator: str, *arrays: Array) -> ModuleType:
    """The module whose routines compute an operator on these arrays.

    Raises:
        ValueError: if `config.kernels` is none of 'auto', 'compiled', 'numpy'.
        RuntimeError: if `config.kernels` forces an implementation that the operator does not have.

    Example:
        >>> import numpy as np
        >>> kernels_for('depthwise', np.zeros((1, 1, 3, 3))).__name__
        'dwbridge.kernels.reference.depthwise'
    """
    home = "gpu" if any(map(is_cupy_array, arrays)) else "cpu"
    return _module(operator, home, config.kernels)


@functools.cache
def _module(operator: str, home: str, choice: str) -> ModuleType:
    if (home, choice) not in PREFERENCE:
        raise ValueError(f"config.kernels must be 'auto', 'compiled' or 'numpy', got {choice!r}")
    implementations = MODULES[operator]
    for name in PREFERENCE[home, choice]:
        if name in implementations:
            return importlib.import_module(implementations[name])
    raise RuntimeError(f"there are no {choice} kernels for {operator} on the {home}: set config.kernels to 'auto'")
