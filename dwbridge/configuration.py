"""Configuration: one set of entries for the process, over which every thread lays its own.

`config.entry` reads the thread's value where it has one and the process's value otherwise; assigning to `config.entry`
sets the thread's. `using_config` does so for the length of a `with` block.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np


class GlobalConfig:
    """The process's entries, seen by every thread that has no value of its own.

    Attributes:
        debug (bool): arrays are searched for NaN after every forward and backward computation.
        dtype: default floating type of parameters (`DWBRIDGE_DTYPE` or `CHAINER_DTYPE` sets it at start).
        enable_backprop (bool): computations record how to differentiate them.
        kernels (str): `'auto'`, `'compiled'` or `'numpy'`; see `dwbridge.kernels`.
        train (bool): dropout drops, batch normalization uses the batch's statistics.
        type_check (bool): functions check their inputs' dtypes and shapes.
        keep_graph_on_report (bool): reported variables keep their graph.
    """

    debug: bool
    dtype: Any
    enable_backprop: bool
    kernels: str
    train: bool
    type_check: bool
    keep_graph_on_report: bool

    def show(self) -> None:
        """Prints every entry and its value."""
        for name in sorted(vars(self)):
            print(f"{name:<21}{getattr(self, name)}")


class LocalConfig:
    """One thread's view: its own entries over the process's."""

    def __init__(self, global_config: GlobalConfig) -> None:
        object.__setattr__(self, "_global", global_config)
        object.__setattr__(self, "_local", threading.local())

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._local, name)
        except AttributeError:
            return getattr(self._global, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._local, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._local, name)

    def show(self) -> None:
        """Prints every entry and the value that this thread sees."""
        for name in sorted(vars(self._global) | vars(self._local)):
            print(f"{name:<21}{getattr(self, name)}")


global_config = GlobalConfig()
global_config.debug = False
global_config.dtype = np.dtype(os.environ.get("DWBRIDGE_DTYPE", os.environ.get("CHAINER_DTYPE", "float32")))
global_config.enable_backprop = True
global_config.kernels = "auto"
global_config.train = True
global_config.type_check = True
global_config.keep_graph_on_report = False

config = LocalConfig(global_config)


@contextlib.contextmanager
def using_config(name: str, value: Any, config: LocalConfig = config) -> Iterator[None]:
    """Sets a configuration entry of this thread for the length of a `with` block.

    Example:
        >>> import dwbridge
        >>> with dwbridge.using_config('train', False):
        ...     dwbridge.config.train
        False
        >>> dwbridge.config.train
        True
    """
    entries = vars(config._local)
    missing = object()
    before = entries.get(name, missing)
    setattr(config, name, value)
    try:
        yield
    finally:
        if before is missing:
            delattr(config, name)
        else:
            setattr(config, name, before)


def no_backprop_mode() -> contextlib.AbstractContextManager[None]:
    """A `with` block in which nothing is recorded for differentiation: `using_config('enable_backprop', False)`."""
    return using_config("enable_backprop", False)


def force_backprop_mode() -> contextlib.AbstractContextManager[None]:
    """A `with` block in which computations are recorded even inside `no_backprop_mode`."""
    return using_config("enable_backprop", True)


def get_dtype(dtype: Any = None) -> np.dtype:
    """The given dtype, or `config.dtype` for None."""
    return np.dtype(config.dtype if dtype is None else dtype)
