"""`chainer.backends.cuda`, also called `chainer.cuda`: with CuPy where it works, and quietly without.

Without CuPy `available` is False, the types are stand-ins that no array is an instance of, and what needs a GPU raises
RuntimeError. CuPy is imported when one of the names that depend on it is first asked for.
"""

import functools
import importlib
from types import ModuleType
from typing import Any

import numpy as np

from dwbridge.backend import Array, GpuDevice, get_array_module, is_array, is_cupy_array
from dwbridge.compat.transfer import each, to_cpu

__all__ = [
    "Device",
    "DummyDevice",
    "DummyDeviceType",
    "Event",
    "GpuDevice",
    "Stream",
    "available",
    "check_cuda_available",
    "clear_memo",
    "copy",
    "cuda",
    "cudnn_enabled",
    "cupy",
    "elementwise",
    "fuse",
    "get_array_module",
    "get_device",
    "get_device_from_array",
    "get_device_from_id",
    "get_max_workspace_size",
    "memoize",
    "memory_pool",
    "ndarray",
    "raw",
    "reduce",
    "set_max_workspace_size",
    "should_use_cudnn",
    "should_use_cudnn_tensor_core",
    "to_cpu",
    "to_gpu",
]

cudnn_enabled = False  # no kernel here uses it

# These depend on CuPy; `__getattr__` gives them.
available: bool
cupy: Any
cuda: Any
memory_pool: Any
ndarray: Any
Device: Any
Event: Any
Stream: Any


class _StandIn:
    """In the place of a type of CuPy's."""

    def __init__(self, *args: Any) -> None:
        check_cuda_available()


_NO_CUPY: dict[str, Any] = {name: type(name, (_StandIn,), {}) for name in ("Device", "Event", "Stream", "ndarray")}
_NO_CUPY["cupy"] = object()  # for `xp is cuda.cupy`, which is then always False


class DummyDeviceType:
    """The CPU, where a CUDA device is expected: it does nothing."""

    id = -1

    def __int__(self) -> int:
        return -1

    def __enter__(self) -> "DummyDeviceType":
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def use(self) -> None:
        """Nothing."""

    def synchronize(self) -> None:
        """Nothing."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DummyDeviceType)

    def __hash__(self) -> int:
        return -1


DummyDevice = DummyDeviceType()


@functools.cache
def _cupy() -> ModuleType | None:
    """CuPy, if there is a GPU that it works with."""
    try:
        cupy = importlib.import_module("cupy")
        return cupy if cupy.cuda.runtime.getDeviceCount() > 0 else None
    except Exception:  # whatever is wrong with CUDA: there is none for us, as in Chainer
        return None


def __getattr__(name: str) -> Any:
    cupy = _cupy()
    if name == "available":
        return cupy is not None
    if name in ("Device", "Event", "Stream", "ndarray", "cupy"):
        return _NO_CUPY[name] if cupy is None else _part_of(cupy, name)
    if name in ("cuda", "memory_pool") and cupy is not None:
        return cupy.cuda if name == "cuda" else cupy.get_default_memory_pool()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _part_of(cupy: ModuleType, name: str) -> Any:
    return {"cupy": cupy, "ndarray": cupy.ndarray}.get(name) or getattr(cupy.cuda, name)


def check_cuda_available() -> None:
    """Nothing, where CUDA works.

    Raises:
        RuntimeError: where it does not.
    """
    if _cupy() is None:
        GpuDevice(0)  # says what is missing
        raise RuntimeError("CUDA environment is not correctly set up: CuPy finds no device")


def get_device_from_id(device_id: int | None) -> Any:
    """The CUDA device of a number, to be used in a `with` block; `DummyDevice` for None and negative numbers.

    Raises:
        RuntimeError: for a device, where CUDA does not work.

    Example:
        >>> int(get_device_from_id(-1))
        -1
    """
    if device_id is None or device_id < 0:
        return DummyDevice
    check_cuda_available()
    return __getattr__("Device")(int(device_id))


def get_device_from_array(*arrays: Any) -> Any:
    """The CUDA device of the first array that has one, else `DummyDevice`."""
    return next((array.device for array in arrays if is_cupy_array(array)), DummyDevice)


def get_device(*args: Any) -> Any:
    """The CUDA device of the first number or CuPy array among the arguments, else `DummyDevice`."""
    for value in args:
        if isinstance(value, int | np.integer) and not isinstance(value, bool):
            return get_device_from_id(int(value))
        if is_cupy_array(value):
            return value.device
        if isinstance(value, __getattr__("Device") | DummyDeviceType):
            return value
    return DummyDevice


def to_gpu(array: Any, device: Any = None, stream: Any = None) -> Any:
    """An array, or a list or tuple of arrays, on a GPU; None stays None.

    Args:
        array: arrays or NumPy scalars.
        device: number or device; the current one for None.
        stream: not used; copies are in order.

    Raises:
        RuntimeError: where CUDA does not work.
        TypeError: if something else is among them.
    """
    check_cuda_available()
    number = __getattr__("Device")().id if device is None or device is DummyDevice else int(device)
    return each(array, functools.partial(_to_gpu, GpuDevice(number)))


def _to_gpu(device: GpuDevice, array: Any) -> Array:
    if not (is_array(array) or isinstance(array, np.generic)):
        raise TypeError(f"The array sent to gpu must be an array or a NumPy scalar.\nActual type: {type(array)}.")
    return device.send(np.asarray(array) if isinstance(array, np.generic) else array)


def copy(array: Array, out: Array | None = None, out_device: Any = None, stream: Any = None) -> Array:
    """A copy of an array on the GPU, into `out` if that is given."""
    check_cuda_available()
    copied = to_gpu(array, out_device).copy()
    if out is None:
        return copied
    out[...] = copied
    return out


def memoize(for_each_device: bool = False) -> Any:
    """A decorator that keeps a function's results."""
    return functools.cache if _cupy() is None else __getattr__("cupy").memoize(for_each_device)


def clear_memo() -> None:
    """Forgets the results that `memoize` kept in CuPy."""
    if _cupy() is not None:
        __getattr__("cupy").clear_memo()


def elementwise(in_params: str, out_params: str, operation: str, name: str, **options: Any) -> Any:
    """`cupy.ElementwiseKernel`."""
    check_cuda_available()
    return __getattr__("cupy").ElementwiseKernel(in_params, out_params, operation, name, **options)


def reduce(
    in_params: str,
    out_params: str,
    map_expr: str,
    reduce_expr: str,
    post_map_expr: str,
    identity: Any,
    name: str,
    **options: Any,
) -> Any:
    """`cupy.ReductionKernel`."""
    check_cuda_available()
    kernel = __getattr__("cupy").ReductionKernel
    return kernel(in_params, out_params, map_expr, reduce_expr, post_map_expr, identity, name, **options)


def raw(code: str, name: str, *args: Any, **options: Any) -> Any:
    """`cupy.RawKernel`."""
    check_cuda_available()
    return __getattr__("cupy").RawKernel(code, name, *args, **options)


def fuse(*args: Any, **options: Any) -> Any:
    """A decorator that would fuse a function's operations; the function stays as it is."""
    return args[0] if args and callable(args[0]) else lambda function: function


def get_max_workspace_size() -> int:
    """The workspace that cuDNN may use: none, because it is not used."""
    return 0


def set_max_workspace_size(size: int) -> None:
    """Nothing: cuDNN is not used."""


def should_use_cudnn(level: str, lowest_version: int = 0) -> bool:
    """Whether to use cuDNN: never.

    Raises:
        ValueError: if the level is neither '==always' nor '>=auto'.
    """
    if level not in ("==always", ">=auto"):
        raise ValueError(f"invalid cuDNN use level: {level!r} (must be either of '==always' or '>=auto')")
    return False


def should_use_cudnn_tensor_core(dtype: Any) -> bool:
    """Whether cuDNN should use tensor cores: never."""
    return False
