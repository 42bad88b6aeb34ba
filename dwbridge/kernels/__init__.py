"""Kernels: arrays in, arrays out; and the seam through which they are chosen.

An operator names its kernels, `kernels_for('depthwise', x)`, and gets an object with the routines of that name.
Which implementation stands behind it is decided by where the arrays are and by `config.kernels`: `'auto'` takes the
first that is there, `'compiled'` and `'numpy'` force one.

    reference/   NumPy, always there. It computes through the array's own library, so it serves CuPy arrays too.
    compiled/    Numba, on the CPU.
    cuda/        CUDA C++ through CuPy, on the GPU. An operator that has none is CuPy's, which `'compiled'` allows too.

Arrays that a compiled implementation is not made for are the reference's. Where it cannot be compiled, or Numba is not
there, `'auto'` computes with the reference, and logs that once; `'compiled'` raises. Every implementation of one name
has the same routines; `dwbridge.kernels.reference` documents them.
"""

from __future__ import annotations

import functools
import importlib
import logging
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from dwbridge.backend import Array
from dwbridge.configuration import config
from dwbridge.kernels.errors import CannotCompileError, DeclinedError

logger = logging.getLogger(__name__)

#: implementation -> the folder of its modules
FOLDERS = {"numpy": "reference", "compiled": "compiled", "cuda": "cuda"}

#: operator -> implementations. A new implementation of an operator is one entry here, and a module of its name.
IMPLEMENTATIONS: dict[str, tuple[str, ...]] = {
    "activations": ("numpy", "compiled", "cuda"),
    "average_pooling": ("numpy", "compiled", "cuda"),
    "batch_normalization": ("numpy", "compiled", "cuda"),
    "convolution": ("numpy", "compiled", "cuda"),
    "depthwise": ("numpy", "compiled", "cuda"),
    "layer_normalization": ("numpy", "compiled", "cuda"),
    "linear": ("numpy", "compiled"),
    "max_pooling": ("numpy", "compiled", "cuda"),
    "optimizer_updates": ("numpy", "compiled", "cuda"),
    "reductions": ("numpy", "compiled", "cuda"),
    "softmax_cross_entropy": ("numpy", "compiled", "cuda"),
}

#: operator -> implementation -> module
MODULES: dict[str, dict[str, str]] = {
    operator: {name: f"{__name__}.{FOLDERS[name]}.{operator}" for name in names}
    for operator, names in IMPLEMENTATIONS.items()
}

#: (where the arrays are, config.kernels) -> implementations, best first.
PREFERENCE: dict[tuple[str, str], tuple[str, ...]] = {
    ("cpu", "auto"): ("compiled", "numpy"),
    ("cpu", "compiled"): ("compiled",),
    ("cpu", "numpy"): ("numpy",),
    ("gpu", "auto"): ("cuda", "numpy"),
    ("gpu", "compiled"): ("cuda", "numpy"),
    ("gpu", "numpy"): ("numpy",),
}


class Routines:
    """The routines of a compiled module; one that declines the arrays is the reference's.

    One that cannot be compiled is so too, from then on, unless the compiled ones are `forced`.
    """

    def __init__(self, compiled: ModuleType, reference: ModuleType, forced: bool = False) -> None:
        self.compiled, self.reference, self.forced = compiled, reference, forced
        self.__name__ = compiled.__name__

    def __getattr__(self, name: str) -> Callable[..., Any]:
        plain = getattr(self.reference, name)
        fast = getattr(self.compiled, name, plain)

        def routine(*args: Any) -> Any:
            try:
                return fast(*args)
            except DeclinedError:
                return plain(*args)
            except CannotCompileError as error:
                if self.forced:
                    raise
                logger.warning("%s: the reference computes from now on: %s", self.__name__, error)
                setattr(self, name, plain)
                return plain(*args)

        setattr(self, name, routine)
        return routine


def kernels_for(operator: str, array: Array) -> Any:
    """The module whose routines compute an operator on arrays that live where this one does.

    Raises:
        ValueError: if `config.kernels` is none of 'auto', 'compiled', 'numpy'.
        RuntimeError: if `config.kernels` forces an implementation that the operator does not have.
        ImportError: if `config.kernels` is 'compiled' and Numba cannot be imported.

    Example:
        >>> import numpy as np
        >>> from dwbridge import using_config
        >>> with using_config('kernels', 'numpy'):
        ...     kernels_for('depthwise', np.zeros((1, 1, 3, 3))).__name__
        'dwbridge.kernels.reference.depthwise'
    """
    cupy = sys.modules.get("cupy")
    home = "gpu" if cupy is not None and isinstance(array, cupy.ndarray) else "cpu"
    return _implementation(operator, home, config.kernels)


@functools.cache
def _implementation(operator: str, home: str, choice: str) -> Any:
    if (home, choice) not in PREFERENCE:
        raise ValueError(f"config.kernels must be 'auto', 'compiled' or 'numpy', got {choice!r}")
    modules = MODULES[operator]
    for name in PREFERENCE[home, choice]:
        if name in modules:
            return importlib.import_module(modules[name]) if name == "numpy" else _compiled(operator, name, choice)
    raise RuntimeError(f"there are no {choice} kernels for {operator} on the {home}: set config.kernels to 'auto'")


def _compiled(operator: str, name: str, choice: str) -> Any:
    modules, forced = MODULES[operator], choice == "compiled"
    reference = importlib.import_module(modules["numpy"])
    try:
        return Routines(importlib.import_module(modules[name]), reference, forced)
    except ImportError as error:
        if forced:
            raise
        _say_once(str(error))
        return reference


@functools.cache
def _say_once(why: str) -> None:
    logger.warning("there are no compiled kernels, NumPy computes in their place: %s", why)
