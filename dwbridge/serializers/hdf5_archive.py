"""Reading HDF5 files that nobody vouches for: nothing outside the file is opened, no foreign code decodes it.

HDF5 can point anywhere: a soft or external link to another place, a dataset whose elements lie in another file
(external storage) or are gathered from other datasets (virtual), a filter that the library loads as a plugin. None of
that is in a snapshot, so a dataset is read only if hard links lead to it, its elements lie in this file, HDF5's own
filters (or LZF, which h5py brings) packed them, and the file has enough bytes for the shape that it claims.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from dwbridge.serializers.npz_archive import DEFLATE_RATIO, ArchiveError
from dwbridge.serializers.optional_package import import_for

FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}


class DatasetHeader(NamedTuple):
    """What a dataset says about its array. None has no shape: `()` and objects stand for it, as in NumPy."""

    shape: tuple[int, ...]
    dtype: np.dtype


class Hdf5Archive(Mapping[str, np.ndarray]):
    """The arrays below a group by name (`'conv/W'`), each checked, then read, when it is asked for.

    Args:
        group: an `h5py.Group`, such as an open `h5py.File`.

    Raises:
        ArchiveError: on access, if a dataset is linked, virtual, stored outside, packed by a foreign filter, claims
            more than the file can hold, or holds something else than numbers.
        KeyError: on access, if there is no dataset of that name.

    Example:
        >>> import io, h5py
        >>> with h5py.File(io.BytesIO(), 'w') as file:
        ...     file['conv/W'] = np.arange(3)
        ...     archive = Hdf5Archive(file)
        ...     list(archive), archive['conv/W'].tolist()
        (['conv/W'], [0, 1, 2])
    """

    def __init__(self, group: Any) -> None:
        self.h5py = import_for("h5py", "hdf5", "HDF5 files")
        self.group = group

    def __iter__(self) -> Iterator[str]:
        return self._names(self.group, "")

    def _names(self, group: Any, prefix: str) -> Iterator[str]:
        for key in group:
            child = self._child(group, key, prefix + key)
            if isinstance(child, self.h5py.Group):
                yield from self._names(child, f"{prefix}{key}/")
            else:
                yield prefix + key

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and isinstance(self.find(name), self.h5py.Dataset)

    def find(self, name: str) -> Any:
        """The group or dataset of a name, reached over hard links only; None if there is none."""
        found = self.group
        for part in name.strip("/").split("/"):
            if not part:
                continue  # the group itself, or a doubled slash
            # Not `part in found`: that follows links, into other files too.
            link = found.get(part, getlink=True) if isinstance(found, self.h5py.Group) else None
            if link is None:
                return None
            found = self._child(found, part, name)
        return found

    def _child(self, group: Any, key: str, name: str) -> Any:
        link = group.get(key, getlink=True)
        if not isinstance(link, self.h5py.HardLink):
            raise ArchiveError(f"{name}: {type(link).__name__}s, which lead elsewhere, are not followed")
        return group[key]

    def header(self, name: str) -> DatasetHeader:
        """Shape and type of a dataset, checked, without reading its array."""
        dataset = self._dataset(name)
        if dataset.shape is None:
            return DatasetHeader((), np.dtype(object))
        _check_storage(name, dataset, self.h5py)
        return DatasetHeader(dataset.shape, dataset.dtype)

    def __getitem__(self, name: str) -> np.ndarray:
        if self.header(name).dtype.hasobject:
            return np.asarray(None)
        try:
            return np.asarray(self._dataset(name)[()])
        except (OSError, RuntimeError, ValueError, MemoryError) as error:
            raise ArchiveError(f"{name}: the file is damaged here: {error}") from error

    def _dataset(self, name: str) -> Any:
        found = self.find(name)
        if not isinstance(found, self.h5py.Dataset):
            raise KeyError(f"{name} is not a dataset in the file")
        return found


def _check_storage(name: str, dataset: Any, h5py: Any) -> None:
    plan = dataset.id.get_create_plist()
    if dataset.dtype.kind not in "biufcS" and not (dataset.dtype.kind == "V" and dataset.dtype.fields is None):
        raise ArchiveError(f"{name}: expected a dataset of numbers, got one of type {dataset.dtype}")
    if plan.get_layout() == h5py.h5d.VIRTUAL:
        raise ArchiveError(f"{name}: virtual datasets, whose elements lie in other datasets, are not read")
    if plan.get_external_count():
        raise ArchiveError(f"{name}: datasets whose elements lie in another file are not read")
    for index in range(plan.get_nfilters()):
        code = plan.get_filter(index)[0]
        if code not in FILTERS:
            raise ArchiveError(f"{name}: expected the filters {', '.join(FILTERS.values())}, got number {code}")
    _check_size(name, dataset, plan)


def _check_size(name: str, dataset: Any, plan: Any) -> None:
    size = math.prod(dataset.shape) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    if size > stored * (DEFLATE_RATIO if plan.get_nfilters() else 1):
        raise ArchiveError(f"{name}: the {stored} bytes in the file cannot hold the {size} of shape {dataset.shape}")
    if dataset.chunks and size and any(c > s for c, s in zip(dataset.chunks, dataset.shape, strict=True)):
        raise ArchiveError(f"{name}: chunks of shape {dataset.chunks} are larger than the array, {dataset.shape}")
