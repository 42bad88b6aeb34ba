"""Snapshots in HDF5, laid out as Chainer does: a group for every link, a dataset for every value.

Datasets of more than one element are packed by gzip; None is an empty dataset (`h5py.Empty('f')`). HDF5 has no type for
NumPy's text, so what saves text (a trainer with a `LogReport`) cannot be saved in it. Needs h5py, the extra `hdf5`.
"""

import importlib.util
import os
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from dwbridge.serializers.archive_deserializer import ArchiveDeserializer, Ignored
from dwbridge.serializers.atomic import write_atomically
from dwbridge.serializers.dictionary import as_numpy
from dwbridge.serializers.hdf5_archive import Hdf5Archive
from dwbridge.serializers.npz_archive import ArchiveError
from dwbridge.serializers.optional_package import import_for
from dwbridge.serializers.serializer import Serializer

__all__ = ["HDF5Deserializer", "HDF5Serializer", "load_hdf5", "save_hdf5"]

_available = importlib.util.find_spec("h5py") is not None


class HDF5Serializer(Serializer):
    """Saves into an HDF5 group.

    Args:
        group: an `h5py.Group`, such as a file opened for writing.
        compression: gzip level, 0 to 9, for datasets of more than one element; None for none.

    Raises:
        RuntimeError: if h5py is not there.
        TypeError: on saving text, objects, or anything that is no array, scalar or None.

    Example:
        >>> import io, h5py
        >>> with h5py.File(io.BytesIO(), 'w') as file:
        ...     _ = HDF5Serializer(file)['conv']('W', np.zeros((2, 3), np.float32))
        ...     file['conv/W']
        <HDF5 dataset "W": shape (2, 3), type "<f4">
    """

    def __init__(self, group: Any, compression: int | None = 4) -> None:
        self._h5py = _h5py()
        self.group = group
        self.compression = compression

    def __getitem__(self, key: str) -> "HDF5Serializer":
        return HDF5Serializer(self.group.require_group(key.strip("/")), self.compression)

    def __call__(self, key: str, value: Any) -> Any:
        key = key.lstrip("/")
        array = as_numpy(value)
        if value is None or (array.dtype.hasobject and array.shape == () and array.item() is None):
            self.group.create_dataset(key, data=self._h5py.Empty("f"))
        else:
            data = _writable(f"{self.group.name}/{key}".lstrip("/"), array)
            self.group.create_dataset(key, data=data, compression=self.compression if data.size > 1 else None)
        return value


def _writable(key: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind in "biufcS":
        return array
    if array.dtype.name == "bfloat16":
        return np.asarray(array, order="C").view("V2")  # HDF5 has no name for it: two raw bytes, as in .npz files
    raise TypeError(f"{key}: expected numbers or None, HDF5 has no conversion path for dtype {array.dtype.str!r}")


class HDF5Deserializer(ArchiveDeserializer):
    """Loads from an HDF5 group; `ArchiveDeserializer` says how, and what else it raises.

    Args:
        group: an `h5py.Group`, such as a file opened for reading; None stands for one that is not there.
        strict: a missing value is an error; otherwise the value is kept.
        ignore_names: keys below the group to skip, as strings or predicates, one or a list.
        path: what every key starts with; it ends in a slash.

    Raises:
        RuntimeError: if h5py is not there.
        ValueError: if a group is missing and `strict`.
    """

    archive: Hdf5Archive

    def __init__(
        self,
        group: Any,
        strict: bool = True,
        ignore_names: Ignored | Sequence[Ignored] | None = None,
        path: str = "",
    ) -> None:
        super().__init__(Hdf5Archive(group), path, strict, ignore_names)

    @property
    def group(self) -> Any:
        """The group that values are looked for in, or None if there is none."""
        return None if self.archive.group is None else self.archive.find(self.path)

    def __call__(self, key: str, value: Any) -> Any:
        if self.group is None and not self._is_ignored(self.path + key.lstrip("/")):
            if self.strict:
                raise ValueError(f"Inexistent group is specified: {self.path.rstrip('/') or key}")
            return value
        return super().__call__(key, value)


def save_hdf5(filename: str | os.PathLike[str] | BinaryIO, obj: Any, compression: int | None = 4) -> None:
    """Saves an object (a link, an optimizer, or a dictionary of arrays) as HDF5.

    A file given by its path is written beside its place and renamed: the old file or the new one is there, whole.

    Args:
        filename: path, or binary file that can be read, written and sought in.
        obj: what has a `serialize` method, or a dictionary of arrays whose keys may have slashes.
        compression: gzip level for datasets of more than one element; None for none.

    Raises:
        RuntimeError: if h5py is not there.
        TypeError: if a value is no array of numbers, no number, and not None.
    """
    _h5py()
    if isinstance(filename, str | os.PathLike):
        write_atomically(filename, lambda opened: _write(opened, obj, compression))
    else:
        _write(filename, obj, compression)


def _write(file: BinaryIO, obj: Any, compression: int | None) -> None:
    with _h5py().File(file, "w") as opened:
        serializer = HDF5Serializer(opened, compression)
        if isinstance(obj, dict):
            for key, value in obj.items():
                serializer(key, value)
        else:
            serializer.save(obj)


def load_hdf5(
    filename: str | os.PathLike[str] | BinaryIO,
    obj: Any,
    path: str = "",
    strict: bool = True,
    ignore_names: Ignored | Sequence[Ignored] | None = None,
) -> None:
    """Loads an object from an HDF5 file, Chainer's or ours. A load that fails changes nothing in links.

    Args:
        filename: path or binary file.
        obj: what has a `serialize` method.
        path: what the object's keys start with in the file: `'updater/model:main/'` reads the model of a snapshot.
        strict: a missing value is an error; otherwise it is kept.
        ignore_names: full keys to skip, as strings or predicates, one or a list.

    Raises:
        RuntimeError: if h5py is not there.
        FileNotFoundError, KeyError, ValueError, TypeError: see `HDF5Deserializer`.
    """
    h5py = _h5py()
    if isinstance(filename, str | os.PathLike):
        with open(filename, "rb") as opened:
            load_hdf5(opened, obj, path, strict, ignore_names)
        return
    try:
        file = h5py.File(filename, "r")
    except OSError as error:
        raise ArchiveError(f"expected an HDF5 file, got a file that is none: {error}") from error
    with file:
        HDF5Deserializer(file, strict, ignore_names, path).load(obj)


def _h5py() -> Any:
    return import_for("h5py", "hdf5", "HDF5 files")
