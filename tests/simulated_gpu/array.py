"""CuPy's array on a simulated device: NumPy's memory, CuPy's manners.

What NumPy would do without being asked, and CuPy does not, is an error here as it is there: an array of main memory
among the operands, a conversion to NumPy, an array of another device. What a user asks for, `get` and `item`, `bool`,
`float` and `int`, is counted.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from simulated_gpu.allocations import Memory
from simulated_gpu.device import Device
from simulated_gpu.names import ATTRIBUTES, FUNCTIONS, METHODS, SAME, UFUNCS, Signature
from simulated_gpu.transfers import note

_METHODS = {name: Signature(name, parameters) for name, parameters in METHODS.items()}


class ndarray:
    """An array of a simulated device."""

    __array_priority__ = 100
    memory: np.ndarray
    device: Device

    def __new__(cls, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None, order: str = "C") -> Any:
        return of(unwritten(np.empty(shape, dtype, order)), cls)

    def __array_finalize__(self, source: Any) -> None:
        """For subclasses."""

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or ufunc.__name__ not in (*UFUNCS, "matmul"):
            return NotImplemented
        return wrapped(getattr(ufunc, method)(*map(plain, inputs), **{k: plain(v) for k, v in options.items()}))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function.__name__ not in (*FUNCTIONS, *SAME):
            return NotImplemented
        return call(function, *args, **options)

    # -- what leaves the device ---------------------------------------------------------------------------------------

    def get(self, *_: Any, **__: Any) -> np.ndarray:
        note("get")
        return self.memory.copy()

    def item(self) -> Any:
        note("item")
        return self.memory.item()

    def tolist(self) -> Any:
        note("tolist")
        return self.memory.tolist()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __index__(self) -> int:
        return operator.index(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def set(self, values: np.ndarray) -> None:
        note("upload")
        self.memory[...] = values

    # -- what does not ------------------------------------------------------------------------------------------------

    @property
    def data(self) -> Memory:
        return Memory(self.memory, self.device.id)

    @property
    def T(self) -> Any:
        return self._part(self.memory.T)

    @property
    def dtype(self) -> np.dtype:
        return self.memory.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        return self.memory.shape

    @property
    def _c_contiguous(self) -> bool:
        return self.memory.flags.c_contiguous

    def __getattr__(self, name: str) -> Any:
        if name in ATTRIBUTES:
            return getattr(self.memory, name)
        if name not in _METHODS:
            raise AttributeError(f"the simulated array has no {name!r}: if CuPy's has, give it a line in names.py")
        value = getattr(self.memory, name)

        def method(*args: Any, **options: Any) -> Any:
            _METHODS[name].check(args, options)
            with np.errstate(all="ignore"):
                return self._part(value(*map(plain, args), **{key: plain(given) for key, given in options.items()}))

        return method

    def view(self, kind: Any = None) -> Any:
        if isinstance(kind, type) and issubclass(kind, ndarray):
            return of(self.memory, kind, self)
        return self._part(self.memory.view() if kind is None else self.memory.view(kind))

    def __getitem__(self, place: Any) -> Any:
        return self._part(self.memory[index(place, read=True)])

    def _part(self, found: Any) -> Any:
        """A view is where this array is; anything else is made on the current device."""
        if isinstance(found, np.ndarray) and np.may_share_memory(found, self.memory):
            return of(found, ndarray, self)
        plain(self)
        return wrapped(found)

    def copy(self, order: Any = "C") -> Any:
        return of(self.memory.copy(order))

    def __setitem__(self, place: Any, values: Any) -> None:
        plain(self)[index(place, read=False)] = plain(values)

    def __len__(self) -> int:
        return len(self.memory)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return repr(self.memory)

    def __format__(self, form: str) -> str:
        return format(self.item(), form) if form else str(self)

    def __reduce__(self) -> Any:
        return asarray, (self.get(),)

    def __copy__(self) -> Any:
        with self.device:
            return self.copy()

    def __deepcopy__(self, _: Any) -> Any:
        return self.__copy__()

    __hash__ = None  # type: ignore[assignment]


def of(memory: np.ndarray, kind: type = ndarray, source: Any = None) -> Any:
    """The array of this memory, on the current device or on that of another array."""
    array = object.__new__(kind)
    array.memory, array.device = memory, Device() if source is None else source.device
    array.__array_finalize__(source)
    return array


def unwritten(memory: np.ndarray) -> np.ndarray:
    """The memory, filled with what is not a number, as far as its type knows one."""
    memory.reshape(-1, order="A").view(np.uint8)[...] = 0xFF
    return memory


def asarray(values: Any, dtype: Any = None) -> Any:
    """An array of the current device; what lies in main memory is copied to it."""
    if isinstance(values, ndarray):
        values = values if values.device == Device() else values.copy()
        return values if dtype is None or values.dtype == dtype else values.astype(dtype)
    if isinstance(values, list | tuple) and any(isinstance(value, ndarray) for value in values):
        return of(np.array([plain(value) for value in values], dtype))
    note("upload")
    return of(np.array(values, dtype))


def plain(value: Any) -> Any:
    """An operand as NumPy takes it.

    Raises:
        TypeError: for an array of main memory.
        ValueError: for an array of another device than the current one.
    """
    if isinstance(value, ndarray):
        if value.device != Device():
            raise ValueError(
                f"Array device must be same as the current device: array device = {value.device.id} "
                f"while current = {Device.current}"
            )
        return value.memory
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value


def index(place: Any, read: bool) -> Any:
    """An index. Lists and arrays of NumPy go to the device; what a mask takes has a size that is waited for."""
    if isinstance(place, tuple):
        return tuple(index(part, read) for part in place)
    if isinstance(place, list | np.ndarray):
        note("upload")
    if read and getattr(place, "dtype", None) == np.dtype(bool):
        note("synchronize")
    return plain(place) if isinstance(place, ndarray) else place


def wrapped(result: Any) -> Any:
    """A result as CuPy gives it: on the device, scalars as arrays without axes."""
    if isinstance(result, np.ndarray | np.generic):
        return of(np.asarray(result))
    if type(result) in (list, tuple):
        return type(result)(map(wrapped, result))
    return result


def call(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A function of NumPy on arrays of the device, which does not warn of what is no number."""
    with np.errstate(all="ignore"):
        return wrapped(function(*map(plain, args), **{key: plain(value) for key, value in options.items()}))


def _give_operators() -> None:
    def operator_of(function: Any) -> Any:
        return lambda *operands: call(function, *operands)

    def inplace_of(function: Any) -> Any:
        def inplace(self: Any, other: Any) -> Any:
            with np.errstate(all="ignore"):
                function(plain(self), plain(other))
            return self

        return inplace

    two = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift")
    for name in two:
        function, stem = getattr(operator, name), name.rstrip("_")

        def forward(self: Any, other: Any, function: Any = function) -> Any:
            return call(function, self, other)

        def reflected(self: Any, other: Any, function: Any = function) -> Any:
            return call(function, other, self)

        setattr(ndarray, f"__{stem}__", forward)
        setattr(ndarray, f"__r{stem}__", reflected)
        setattr(ndarray, f"__i{stem}__", inplace_of(getattr(operator, "i" + stem)))
    for name in ("lt", "le", "eq", "ne", "gt", "ge", "neg", "pos", "abs", "invert"):
        setattr(ndarray, f"__{name}__", operator_of(getattr(operator, name)))


_give_operators()
