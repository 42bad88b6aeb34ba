"""Snapshots as safetensors, with the same keys as `.npz`: `'predictor/conv/W'`, without a leading slash.

The format holds tensors only. None and text, which a trainer's snapshot has too, are kept in the file's metadata, under
the entry 'dwbridge': a JSON object with `none` (a list of keys) and `text` (key to string). Other readers see the
tensors. Needs the package safetensors, the extra of that name. Format: https://github.com/huggingface/safetensors
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from dwbridge.serializers.archive_deserializer import ArchiveDeserializer, Ignored, is_none
from dwbridge.serializers.atomic import write_atomically
from dwbridge.serializers.dictionary import as_numpy, serialize
from dwbridge.serializers.npz_archive import ArchiveError
from dwbridge.serializers.optional_package import import_for

__all__ = ["SafetensorsArchive", "load_safetensors", "save_safetensors"]

#: name in a file -> NumPy's name; bfloat16 is of ml_dtypes
TYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "I8": "int8",
    "U16": "uint16",
    "I16": "int16",
    "U32": "uint32",
    "I32": "int32",
    "U64": "uint64",
    "I64": "int64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
}
METADATA = "dwbridge"


def save_safetensors(file: str | os.PathLike[str] | BinaryIO, obj: Any) -> None:
    """Saves an object (a link, an optimizer, a trainer, or a dictionary of arrays) as safetensors.

    A file given by its path is written beside its place and renamed: the old file or the new one is there, whole.

    Args:
        file: path or binary file.
        obj: what has a `serialize` method, or a dictionary of arrays.

    Raises:
        RuntimeError: if the package safetensors is not there.
        TypeError: if a value is no array of real numbers, number, text or None.
    """
    data = _packed({key: as_numpy(value) for key, value in (obj if isinstance(obj, dict) else serialize(obj)).items()})
    if isinstance(file, str | os.PathLike):
        write_atomically(file, lambda opened: opened.write(data))
    else:
        file.write(data)


def _packed(arrays: Mapping[str, np.ndarray]) -> bytes:
    tensors, none, text = {}, [], {}
    for key, array in arrays.items():
        if is_none(array):
            none.append(key)
        elif array.dtype.kind == "U" and array.shape == ():
            text[key] = array.item()
        else:
            tensors[key] = _tensor(key, array)
    metadata = {METADATA: json.dumps({"none": none, "text": text})} if none or text else None
    return import_for("safetensors.numpy", "safetensors", "safetensors files").save(tensors, metadata)


def _tensor(key: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.name not in TYPES.values():
        raise TypeError(f"{key}: expected an array of real numbers, text or None, got one of type {array.dtype}")
    little = array.dtype.newbyteorder("<") if array.dtype.kind in "iuf" else array.dtype
    return np.asarray(array, little, order="C")


class SafetensorsArchive(Mapping[str, np.ndarray]):
    """The arrays of a safetensors file by name. The file is read as a whole; the package checks that it is sound.

    Args:
        data: the file's contents.

    Raises:
        RuntimeError: if the package safetensors is not there.
        ArchiveError: if the file is broken; on access, if a tensor's type is not one of NumPy's or bfloat16.
        KeyError: on access, if there is no tensor of that name.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> save_safetensors(file, {'x': np.arange(3)})
        >>> SafetensorsArchive(file.getvalue())['x'].tolist()
        [0, 1, 2]
    """

    def __init__(self, data: bytes) -> None:
        package = _safetensors()
        try:
            self._tensors: dict[str, Any] = dict(package.deserialize(data))
            size = int.from_bytes(data[:8], "little")
            kept = json.loads(json.loads(data[8 : 8 + size]).get("__metadata__", {}).get(METADATA, "{}"))
            self._kept = _without_tensors(kept)
        except (package.SafetensorError, ValueError, TypeError, AttributeError) as error:
            raise ArchiveError(f"expected a safetensors file, got a file that is none: {error}") from error

    def __iter__(self) -> Iterator[str]:
        return iter({**self._tensors, **self._kept})

    def __len__(self) -> int:
        return len({**self._tensors, **self._kept})

    def __getitem__(self, name: str) -> np.ndarray:
        if name in self._kept:
            return self._kept[name]
        if name not in self._tensors:
            raise KeyError(f"{name} is not a tensor in the file")
        tensor = self._tensors[name]
        return np.frombuffer(tensor["data"], _dtype(name, tensor["dtype"])).reshape(tensor["shape"])


def _without_tensors(kept: dict[str, Any]) -> dict[str, np.ndarray]:
    none = {str(key): np.asarray(None) for key in kept.get("none", [])}
    return none | {key: np.asarray(str(value)) for key, value in kept.get("text", {}).items()}


def _dtype(name: str, code: str) -> np.dtype:
    if code not in TYPES:
        raise ArchiveError(f"{name}: expected a tensor of one of {', '.join(TYPES)}, got {code}")
    if code == "BF16":
        import ml_dtypes  # onnx, which is a dependency, brings it; NumPy has no such type

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(TYPES[code]).newbyteorder("<")


def load_safetensors(
    file: str | os.PathLike[str] | BinaryIO,
    obj: Any,
    path: str = "",
    strict: bool = True,
    ignore_names: Ignored | Sequence[Ignored] | None = None,
) -> None:
    """Loads an object from a safetensors file. A load that fails changes nothing in links.

    Args:
        file: path or binary file.
        obj: what has a `serialize` method.
        path: what the object's keys start with in the file, slash included.
        strict: a missing key is an error; otherwise the value is kept.
        ignore_names: full keys to skip, as strings or predicates, one or a list.

    Raises:
        RuntimeError: if the package safetensors is not there.
        FileNotFoundError, KeyError, ValueError, TypeError: see `ArchiveDeserializer`.
    """
    data = Path(file).read_bytes() if isinstance(file, str | os.PathLike) else file.read()
    ArchiveDeserializer(SafetensorsArchive(data), path, strict, ignore_names).load(obj)


def _safetensors() -> Any:
    return import_for("safetensors", "safetensors", "safetensors files")
