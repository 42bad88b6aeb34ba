"""Snapshots in NumPy's `.npz` format, with Chainer's keys: `'predictor/conv/W'`, without a leading slash.

What Chainer writes is read; what is written here, Chainer reads. Reading never unpickles.
"""

import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, BinaryIO, TypeAlias

import numpy as np

from dwbridge.backend import copyto, is_array
from dwbridge.serializers.atomic import write_atomically
from dwbridge.serializers.dictionary import DictionarySerializer, serialize
from dwbridge.serializers.npz_archive import NpzArchive
from dwbridge.serializers.pickled_none import PICKLED_NONE
from dwbridge.serializers.serializer import Deserializer

__all__ = ["DictionarySerializer", "NpzDeserializer", "load_npz", "save_npz", "serialize"]

Ignored: TypeAlias = str | Callable[[str], bool]


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
    elif _is_none(array):
        np.lib.format.write_array_header_1_0(member, {"descr": "|O", "fortran_order": False, "shape": ()})
        member.write(PICKLED_NONE)
    else:
        raise TypeError(f"{key}: expected an array of numbers or strings, or None, got one of Python objects")


class NpzDeserializer(Deserializer):
    """Loads from the arrays of an `.npz` archive.

    `load` changes nothing if it fails: what was written so far is taken back.

    Args:
        npz: a `NpzArchive`, what `numpy.load` returns for an archive, or a mapping of arrays.
        path: what every key starts with; it ends in a slash.
        strict: a missing key is an error; otherwise the value is kept.
        ignore_names: full keys to skip, as strings or predicates, one or a list.

    Raises:
        KeyError: if a key is missing and `strict`.
        ValueError: if a saved array has another shape; an `ArchiveError` if the file is broken or would have to be
            unpickled.
        TypeError: if a saved number does not fit the type of the scalar that it is loaded into.
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
        self.npz = NpzArchive.over(zipped) if isinstance(zipped, zipfile.ZipFile) else npz
        self.path = path
        self.strict = strict
        self.ignore_names = ignore_names
        self._undo: list[Callable[[], Any]] = []

    def __getitem__(self, key: str) -> "NpzDeserializer":
        child = NpzDeserializer(self.npz, f"{self.path}{key.strip('/')}/", self.strict, self.ignore_names)
        child._undo = self._undo
        return child

    def load(self, obj: Any) -> None:
        """Loads into an object, or, if that fails, leaves its arrays, persistents and parameters as they were."""
        self._undo.clear()
        try:
            obj.serialize(self)
        except BaseException:
            while self._undo:
                self._undo.pop()()
            raise
        self._undo.clear()

    def on_failure(self, undo: Callable[[], Any]) -> None:
        """Notes how to take back a change; `load` calls these in reverse if it fails."""
        self._undo.append(undo)

    def __call__(self, key: str, value: Any) -> Any:
        key = self.path + key.lstrip("/")
        if (not self.strict and key not in self.npz) or self._is_ignored(key):
            return value
        if is_array(value):
            return self._into_array(key, value)
        saved = self.npz[key]
        if _is_none(saved):
            return None
        return saved if value is None else _as_type_of(value, saved, key)

    def _is_ignored(self, key: str) -> bool:
        names = self.ignore_names
        if names is None:
            return False
        return any(_matches(name, key) for name in (names if isinstance(names, list | tuple) else [names]))

    def _into_array(self, key: str, value: Any) -> Any:
        if isinstance(self.npz, NpzArchive):
            header = self.npz.header(key)
            if not header.dtype.hasobject:
                _check_shape(key, header.shape, value.shape)  # before the array is read
        saved = self.npz[key]
        if _is_none(saved):
            return None
        _check_shape(key, saved.shape, value.shape)
        before = value.copy()
        self.on_failure(lambda: copyto(value, before))
        copyto(value, _typed_like(value, saved))
        return value


def _matches(name: Any, key: str) -> bool:
    if isinstance(name, str):
        return name == key
    if callable(name):
        return bool(name(key))
    raise ValueError(f"ignore_names needs to be a callable, string or list of them, got {type(name).__name__}")


def _is_none(saved: np.ndarray) -> bool:
    return saved.dtype.hasobject and saved.shape == () and saved.item() is None


def _check_shape(key: str, saved: tuple[int, ...], shape: tuple[int, ...]) -> None:
    # NumPy broadcasts on assignment, and so does Chainer when it loads.
    try:
        fits = np.broadcast_shapes(saved, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{key}: expected an array of shape {shape}, the file has one of shape {saved}")


def _typed_like(value: Any, saved: np.ndarray) -> np.ndarray:
    # The npy format has no name for bfloat16 and writes it as two raw bytes.
    raw = saved.dtype.kind == "V" and saved.dtype.itemsize == value.dtype.itemsize
    return saved.view(value.dtype) if raw and value.dtype.name == "bfloat16" else saved


def _as_type_of(value: Any, saved: np.ndarray, key: str) -> Any:
    """The saved value as a new one of the old value's type, if that loses nothing."""
    wanted = type(value)
    exact = np.issubdtype(saved.dtype, np.integer) and wanted is int  # Python's integers hold any
    if np.issubdtype(saved.dtype, np.number) and not exact and not np.can_cast(saved.dtype, wanted, casting="safe"):
        raise TypeError(
            f"{key}: Cannot safely deserialize from numpy array with dtype={saved.dtype} "
            f"into a variable of type {wanted}."
        )
    return wanted(saved)


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
        FileNotFoundError, KeyError, ValueError, TypeError: see `NpzDeserializer`.
    """
    with NpzArchive(file) as archive:
        NpzDeserializer(archive, path, strict, ignore_names).load(obj)
