"""Configuration: one set of entries for the process, over which every thread lays its own.

`config.entry` reads the thread's value where it has one and the process's value otherwise; assigning to `config.entry`
sets the thread's. `using_config` does so for the length of a `with` block.
"""

import contextlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np


class Mixed16:
    """The type of `mixed16`: parameters are stored in float16, what must not lose digits stays in float32.

    NumPy takes it for float16; `get_dtype` gives float32 in its place where it is asked to.
    """

    dtype = np.dtype(np.float16)

    def __repr__(self) -> str:
        return "dtype('mixed16')"


#: as `config.dtype`: 16 bits, but for what `get_dtype(map_mixed16=...)` asks for
mixed16 = Mixed16()


class GlobalConfig:
    """The process's entries, seen by every thread that has no value of its own.

    Entries that Chainer reads from the environment at start are read here as well; its names of them are in brackets.

    Attributes:
        debug (bool): arrays are searched for NaN after every forward and backward computation [CHAINER_DEBUG].
        dtype: default floating type of parameters, or `mixed16` [CHAINER_DTYPE, or DWBRIDGE_DTYPE before it].
        enable_backprop (bool): computations record how to differentiate them.
        keep_graph_on_report (bool): reported variables keep their graph [CHAINER_KEEP_GRAPH_ON_REPORT].
        kernels (str): `'auto'`, `'compiled'` or `'numpy'`; see `dwbridge.kernels`.
        num_threads (int): threads of the compiled kernels [DWBRIDGE_NUM_THREADS; else the cores of this process].
        reuse_buffers (bool): large arrays get memory that earlier ones had; see `dwbridge.kernels.buffers`
            [DWBRIDGE_REUSE_BUFFERS].
        train (bool): dropout drops, batch normalization uses the batch's statistics.
        type_check (bool): functions check their inputs' dtypes and shapes [CHAINER_TYPE_CHECK].

    Chainer's other entries are there with its defaults, and change nothing, because what they choose between does not
    exist here: `autotune`, `compute_mode`, `cudnn_deterministic`, `cudnn_fast_batch_normalization`
    [CHAINER_CUDNN_FAST_BATCH_NORMALIZATION], `in_recomputing`, `lazy_grad_sum` [CHAINER_LAZY_GRAD_SUM],
    `schedule_func`, `use_cudnn` [CHAINER_USE_CUDNN], `use_cudnn_tensor_core`, `use_ideep` [CHAINER_USE_IDEEP],
    `use_static_graph`, `warn_nondeterministic`.
    """

    debug: bool
    dtype: Any
    enable_backprop: bool
    kernels: str
    num_threads: int
    reuse_buffers: bool
    train: bool
    type_check: bool
    keep_graph_on_report: bool

    def __init__(self, **entries: Any) -> None:
        self._view: type[LocalConfig]
        vars(self)["_view"] = type("LocalConfig", (LocalConfig,), {})
        for name, value in entries.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # A function among a class's attributes would become a method.
        setattr(self._view, name, staticmethod(value) if callable(value) else value)

    def __delattr__(self, name: str) -> None:
        delattr(self._view, name)

    def show(self, file: IO[str] | None = None) -> None:
        """Prints every entry and its value, to standard output or a file."""
        _print_entries(self, vars(self._view), file)


class LocalConfig(threading.local):
    """One thread's view: its own entries over the process's.

    The process's are attributes of the view's class, where Python looks by itself: functions ask often, and a property
    or `__getattr__` would take several times as long.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __new__(cls, global_config: GlobalConfig) -> Any:
        return super().__new__(global_config._view, global_config)  # type: ignore[call-arg]  # for every thread's __init__

    def __init__(self, global_config: GlobalConfig) -> None:
        """Nothing: a thread begins with no entries of its own."""

    def show(self, file: IO[str] | None = None) -> None:
        """Prints every entry and the value that this thread sees, to standard output or a file."""
        _print_entries(self, vars(type(self)) | vars(self), file)


def _print_entries(config: Any, names: Iterable[str], file: IO[str] | None) -> None:
    shown = sorted(name for name in names if not name.startswith("_"))
    width = max(map(len, shown))
    for name in shown:
        print(f"{name:<{width}} {getattr(config, name)}", file=file or sys.stdout)


def _flag(variable: str, default: bool) -> bool:
    return bool(int(os.environ.get(variable, str(int(default)))))


def _threads_from_environment() -> int:
    text = os.environ.get("DWBRIDGE_NUM_THREADS", "")
    if not text:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"DWBRIDGE_NUM_THREADS must be a positive integer, got {text!r}")
    return int(text)


def _dtype_from_environment() -> Any:
    name = os.environ.get("DWBRIDGE_DTYPE", os.environ.get("CHAINER_DTYPE", "float32"))
    if name == "mixed16":
        return mixed16
    if name not in ("float16", "float32", "float64"):
        raise TypeError(f"CHAINER_DTYPE must be float16, float32, float64 or mixed16, got {name!r}")
    return np.dtype(name)


global_config = GlobalConfig(
    autotune=False,
    compute_mode=None,
    cudnn_deterministic=False,
    cudnn_fast_batch_normalization=_flag("CHAINER_CUDNN_FAST_BATCH_NORMALIZATION", False),
    debug=_flag("CHAINER_DEBUG", False),
    dtype=_dtype_from_environment(),
    enable_backprop=True,
    in_recomputing=False,
    keep_graph_on_report=_flag("CHAINER_KEEP_GRAPH_ON_REPORT", False),
    kernels="auto",
    lazy_grad_sum=_flag("CHAINER_LAZY_GRAD_SUM", False),
    num_threads=_threads_from_environment(),
    reuse_buffers=_flag("DWBRIDGE_REUSE_BUFFERS", True),
    schedule_func=None,
    train=True,
    type_check=_flag("CHAINER_TYPE_CHECK", True),
    use_cudnn=os.environ.get("CHAINER_USE_CUDNN", "auto"),
    use_cudnn_tensor_core="auto",
    use_ideep=os.environ.get("CHAINER_USE_IDEEP", "never"),
    use_static_graph=True,
    warn_nondeterministic=False,
)

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
    entries = vars(config)
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


def get_dtype(dtype: Any = None, map_mixed16: Any = None) -> np.dtype:
    """The given dtype, or `config.dtype` for None.

    Args:
        dtype: a dtype, its name, `mixed16`, or None.
        map_mixed16: what `mixed16` stands for; None for float16.

    Example:
        >>> get_dtype(mixed16), get_dtype(mixed16, map_mixed16='float32')
        (dtype('float16'), dtype('float32'))
    """
    dtype = config.dtype if dtype is None else dtype
    if isinstance(dtype, Mixed16):
        dtype = Mixed16.dtype if map_mixed16 is None else map_mixed16
    return np.dtype(dtype)


def is_debug() -> bool:
    """Whether this thread searches for NaN: `config.debug`."""
    return bool(config.debug)


def set_debug(debug: bool) -> None:
    """Sets this thread's `config.debug`."""
    config.debug = debug
