"""Compiling kernels with Numba: once per machine, kept on disk, and never in the way.

`kernel` makes an entry point that Python calls, `routine` and `subroutine` functions that kernels call. Nothing is
compiled before the first call with given types. What was compiled is kept below `cache_folder()`, in a folder named
after the contents of this package's sources and the versions of the compilers, so that it cannot be stale. A cache that
cannot be read or written is as good as none: the kernel is compiled for this process, and one line in the log says so.

Flags: no GIL; errors as NumPy (no exception for a division by zero); products and sums may be fused, and nothing else
that would change how NaN, infinity and signed zero pass.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core import caching

from dwbridge.kernels.errors import CannotCompileError

FLAGS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}, "no_cfunc_wrapper": True}

#: The folder of all that kernels are made of.
SOURCES = Path(__file__).parent

logger = logging.getLogger(__name__)


def routine(function: Callable[..., Any]) -> Any:
    """A function for kernels to call, which becomes a part of each of them: it is never compiled by itself."""
    return numba.njit(inline="always", **FLAGS)(function)


def subroutine(function: Callable[..., Any]) -> Any:
    """A function for kernels to call, which is compiled by itself, once for all of them in a process.

    In place of `routine` where it is long, or called from many places: Numba takes seconds for a few hundred lines.
    """
    _make_name_unique(function, ())
    return numba.njit(no_cpython_wrapper=True, **FLAGS)(function)


def _make_name_unique(function: Callable[..., Any], constants: tuple[Any, ...]) -> None:
    """Puts what a closure holds into its name.

    Numba's own number, which keeps closures of one name apart, counts from one in each process: of two that were
    compiled in two processes, a third would load the code of one for both.
    """
    held = constants, _plain_values(function)
    if any(held):
        function.__qualname__ += "_" + hashlib.sha256(repr(held).encode()).hexdigest()[:16]


def _plain_values(function: Callable[..., Any]) -> tuple[str, ...]:
    """What a closure is over, routines excepted: how they are written changes from process to process."""
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return tuple(repr(value) for value in cells if isinstance(value, int | float | str | tuple))


class Kernel:
    """An entry point: a function that is compiled when it is first called with given types.

    Args:
        function: what to compile. It may be a closure over integers and routines.
        constants: what decides about the routines that the function is a closure over.
        fused: whether products and sums may be fused into operations that round once.
        source: the function whose name and line it is known by, if that is another one.

    Raises:
        CannotCompileError: from a call, if Numba cannot compile it for the arguments.
    """

    __name__: str

    def __init__(
        self,
        function: Callable[..., Any],
        constants: tuple[Any, ...] = (),
        fused: bool = True,
        source: Callable[..., Any] | None = None,
    ) -> None:
        if source is None:
            _make_name_unique(function, constants)
        functools.update_wrapper(self, source or function)
        self.function, self.constants, self.fused = source or function, constants, fused
        flags = FLAGS if fused else {**FLAGS, "fastmath": False}
        self.body = routine(function)
        self.dispatcher = numba.njit(**flags)(function)
        self.dispatcher._cache = _Cache(self.function)
        self.dispatcher._cache.constants = constants

    def __call__(self, *args: Any) -> Any:
        try:
            return self.dispatcher(*args)
        except Exception as error:
            if tuple(map(numba.typeof, args)) in self.dispatcher.overloads:
                raise
            raise CannotCompileError(f"{self.__name__}: {error}") from error

    def compile_for(self, *args: Any) -> None:
        """Compiles without a call."""
        try:
            self.dispatcher.compile(tuple(map(numba.typeof, args)))
        except Exception as error:
            raise CannotCompileError(f"{self.__name__}: {error}") from error


kernel = Kernel


def rounding_kernel(function: Callable[..., Any]) -> Kernel:
    """A kernel whose operations each round, as NumPy's do."""
    return Kernel(function, fused=False)


@functools.cache
def cache_folder() -> Path:
    """Where compiled kernels are kept: below NUMBA_CACHE_DIR if it is set, else the user's cache folder."""
    chosen = numba.config.CACHE_DIR or os.environ.get("XDG_CACHE_HOME")
    root = Path(chosen) if chosen else Path.home() / ".cache"
    return root / "dwbridge" / _fingerprint()


def _fingerprint() -> str:
    """Of everything that decides what a kernel compiles to, except the processor, which is in Numba's own key."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(path.relative_to(SOURCES).as_posix().encode() + path.read_bytes())
    flags = (numba.__version__, llvmlite.__version__, platform.python_version(), numba.config.BOUNDSCHECK)
    digest.update(repr(flags).encode())
    return digest.hexdigest()[:16]


class _Locator(caching._CacheLocator):
    """Numba's question where a function's compiled code lies, answered with `cache_folder`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.line = function.__code__.co_firstlineno
        path = Path(function.__code__.co_filename).with_suffix("")
        inside = path.is_relative_to(SOURCES)
        self.file = "-".join(path.relative_to(SOURCES).parts) if inside else path.name

    def get_cache_path(self) -> str:
        return str(cache_folder())

    def get_source_stamp(self) -> str:
        return cache_folder().name

    def get_disambiguator(self) -> str:
        return f"{self.file}-{self.line}"

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Locator:
        return cls(function)


class _CacheImpl(caching.CompileResultCacheImpl):
    _locator_classes = (_Locator,)


class _Cache(caching.FunctionCache):
    """Numba's cache of one function, where damage and missing rights are no errors."""

    _impl_class = _CacheImpl
    constants: tuple[Any, ...] = ()

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return sig, codegen.magic_tuple(), (self.constants, _plain_values(self._py_func))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:
            _say_once("cannot be read", repr(error))
            self._forget()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception as error:
            _say_once("cannot be written", repr(error))

    def _forget(self) -> None:
        try:
            self.flush()
        except OSError as error:
            _say_once("cannot be written", repr(error))


@functools.cache
def _say_once(what: str, why: str) -> None:
    logger.warning("the cache of compiled kernels in %s %s (%s): compiling for this process", cache_folder(), what, why)
