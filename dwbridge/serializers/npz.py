"""Snapshots in NumPy's `.npz` format, with Chainer's keys: `'predictor/conv/W'`, without a leading slash.

What Chainer writes is read; what is written here, Chainer reads. Reading never unpickles.
"""

import os
import zipfile
from collections.abc import Mapping, Sequence
from typing import IO, Any, BinaryIO

import numpy as np

from dwbridge.serializers.archive_deserializer import ArchiveDeserializer, Ignored, is_none
from dwbridge.serializers.atomic import write_atomically
from dwbridge.serializers.dictionary import DictionarySerializer, serialize
from dwbridge.serializers.npz_archive import NpzArchive
from dwbridge.serializers.pickled_none import PICKLED_NONE

__all__ = ["DictionarySerializer", "NpzDeserializer", "load_npz", "save_npz", "serialize"]


def save_npz(file: str | os.PathLike[str] | BinaryIO, obj: Any, compression: bool = True) -> None:
    """Saves an object (a link, an optimizer, a trainer, or a dictionary of arrays) as `.npz`.

    A file given by its path is written beside its place and renamed: the old file or the new one is there, whole.

    Args:
        file: path (used as it is: no suffix is added) or binary file.
        obj: what has a `serialize` method, or a dictionary of arrays.
        compression: whether the members are deflated.

    Raises:
        TypeError: if a value is no array, scalar, string or None.
    """
    arrays = obj if isinstance(obj, dict) else serialize(obj)
    if isinstance(file, str | os.PathLike):
        write_atomically(file, lambda opened: _write(opened, arrays, compression))
    else:
        _write(file, arrays, compression)


def _write(file: BinaryIO, arrays: Mapping[str, Any], compression: bool) -> None:
    method = zipfile.ZIP_DEFLATED if compression else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", method, allowZip64=True) as zipped:
        for key, value in arrays.items():
            with zipped.open(f"{key}.npy", "w", force_zip64=True) as member:
                _write_array(member, key, np.asanyarray(value))


def _write_array(member: IO[bytes], key: str, array: np.ndarray) -> None:
    if not array.dtype.hasobject:
        np.lib.format.write_array(member, array, allow_pickle=False)
    elif is_none(array):
        np.lib.format.write_array_header_1_0(member, {"descr": "|O", "fortran_order": False, "shape": ()})
        member.write(PICKLED_NONE)
    else:
        raise TypeError(f"{key}: expected an array of numbers or strings, or None, got one of Python objects")


class NpzDeserializer(ArchiveDeserializer):
    """Loads from the arrays of an `.npz` archive; `ArchiveDeserializer` says how, and what it raises.

    Args:
        npz: a `NpzArchive`, what `numpy.load` returns for an archive, or a mapping of arrays.
        path: what every key starts with; it ends in a slash.
        strict: a missing key is an error; otherwise the value is kept.
        ignore_names: full keys to skip, as strings or predicates, one or a list.
    """

    def __init__(
        self,
        npz: Any,
        path: str = "",
        strict: bool = True,
        ignore_names: Ignored | Sequence[Ignored] | None = None,
    ) -> None:
        # A NumPy archive may have been opened with allow_pickle=True: its zip file is read by our rules instead.
        zipped = getattr(npz, "zip", None)
        archive = NpzArchive.over(zipped) if isinstance(zipped, zipfile.ZipFile) else npz
        super().__init__(archive, path, strict, ignore_names)

    @property
    def npz(self) -> Any:
        """The archive, under Chainer's name."""
        return self.archive


def load_npz(
    file: str | os.PathLike[str] | BinaryIO,
    obj: Any,
    path: str = "",
    strict: bool = True,
    ignore_names: Ignored | Sequence[Ignored] | None = None,
) -> None:
    """Loads an object from an `.npz` file, Chainer's or ours. A load that fails changes nothing in links.

    Args:
        file: path or binary file.
        obj: what has a `serialize` method.
        path: what the object's keys start with in the file, slash included: `'updater/model:main/'` reads the model
            out of a trainer's snapshot.
        strict: a missing key is an error; otherwise the value is kept.
        ignore_names: full keys to skip, as strings or predicates, one or a list.

    Raises:
        FileNotFoundError, KeyError, ValueError, TypeError: see `ArchiveDeserializer`.
    """
    with NpzArchive(file) as archive:
        NpzDeserializer(archive, path, strict, ignore_names).load(obj)
