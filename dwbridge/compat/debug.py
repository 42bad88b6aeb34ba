"""Chainer's debug mode, and what its `utils` raise, warn and clean up with."""

import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn

from dwbridge.compat.cuda import should_use_cudnn, should_use_cudnn_tensor_core
from dwbridge.configuration import using_config

__all__ = [
    "DebugMode",
    "experimental",
    "should_use_cudnn",
    "should_use_cudnn_tensor_core",
    "tempdir",
]


def DebugMode(debug: bool) -> contextlib.AbstractContextManager[None]:
    """Debug mode in a `with` block (deprecated; use `using_config('debug', ...)`)."""
    warnings.warn(
        'chainer.DebugMode is deprecated. Use chainer.using_config("debug", ...) instead.', DeprecationWarning
    )
    return using_config("debug", debug)


def experimental(api_name: str) -> None:
    """Warns that something may change."""
    warnings.warn(f"{api_name} is experimental. The interface can change in the future.", FutureWarning)


def raise_from(exc_type: type[Exception], message: str, orig_exc: BaseException) -> NoReturn:
    """Raises an error that tells of another in its message.

    >>> raise_from(ValueError, 'no number', TypeError('a list'))
    Traceback (most recent call last):
    ValueError: no number
    <BLANKLINE>
    (caused by)
    TypeError: a list
    """
    caused = f"{message}\n\n(caused by)\n{type(orig_exc).__name__}: {orig_exc}\n"
    raise exc_type(caused).with_traceback(orig_exc.__traceback__) from None


@contextlib.contextmanager
def tempdir(*, ignore_errors: bool = False, **options: Any) -> Iterator[str]:
    """A temporary folder that is gone after the `with` block; the options are those of `tempfile.mkdtemp`."""
    folder = tempfile.mkdtemp(**options)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=ignore_errors)
