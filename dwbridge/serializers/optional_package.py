"""Packages that only one file format needs: imported when that format is used, and named with their extra if absent."""

import importlib
from types import ModuleType


def import_for(package: str, extra: str, purpose: str) -> ModuleType:
    """The package.

    Args:
        package: name to import.
        extra: the extra of dwbridge that installs it.
        purpose: what it is needed for.

    Raises:
        RuntimeError: if it cannot be imported; the message says how to install it.

    Example:
        >>> import_for('no_such_package', 'hdf5', 'HDF5 files')  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        RuntimeError: HDF5 files need no_such_package, ...: pip install "dwbridge[hdf5]"
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise RuntimeError(
            f"{purpose} need {package}, which cannot be imported ({error}): "
            f'install dwbridge with its extra {extra!r}: pip install "dwbridge[{extra}]"'
        ) from error
