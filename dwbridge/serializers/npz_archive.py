"""Reading `.npz` archives that nobody vouches for: nothing is unpickled, nothing is allocated on a header's word alone.

An archive is a zip of `.npy` members. Before a member's array is made, its header is read under a cap, and
`shape * itemsize` must be exactly the number of bytes that the zip's directory promises, which in turn must be what
deflate can make of the bytes that are really there.
"""

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from dwbridge.serializers.npy_header import LONGEST_HEADER, Header, parse_header
from dwbridge.serializers.pickled_none import LONGEST_NONE, is_pickled_none

MEMBERS = 100_000
DEFLATE_RATIO = 1032  # the most that deflate can reach (zlib's technical notes)

# What zipfile raises on damaged, encrypted (RuntimeError) and exotic (NotImplementedError) archives.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OverflowError)


class ArchiveError(ValueError):
    """A file is no archive, or what it holds is broken, forged, lies elsewhere, or would have to be unpickled."""


class NpzArchive(Mapping[str, np.ndarray]):
    """The arrays of an `.npz` file by name, each read when it is asked for.

    Args:
        file: path, or binary file that can seek. A path's file is closed by `close` or at the end of a `with` block.

    Raises:
        ArchiveError: if the file is no zip archive, or a name occurs twice; on access, if the member is broken.
        KeyError: on access, if there is no member of that name.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> np.savez(file, x=np.arange(3))
        >>> with NpzArchive(file) as archive:
        ...     list(archive), archive['x'].tolist()
        (['x'], [0, 1, 2])
    """

    def __init__(self, file: str | os.PathLike[str] | BinaryIO) -> None:
        try:
            zipped = zipfile.ZipFile(file)
        except _ZIP_ERRORS as error:
            raise ArchiveError(f"expected an .npz archive, got a file that is none: {error}") from error
        self._adopt(zipped)

    @classmethod
    def over(cls, zipped: zipfile.ZipFile) -> "NpzArchive":
        """The archive over a zip file that is open already, as `numpy.load` leaves it in `.zip`."""
        archive = cls.__new__(cls)
        archive._adopt(zipped)
        return archive

    def _adopt(self, zipped: zipfile.ZipFile) -> None:
        self._zip = zipped
        self._headers: dict[str, Header] = {}
        entries = zipped.infolist()
        if len(entries) > MEMBERS:
            raise ArchiveError(f"an .npz archive may have {MEMBERS} members, this one has {len(entries)}")
        self._members = {entry.filename.removesuffix(".npy"): entry for entry in entries}
        if len(self._members) != len(entries):
            raise ArchiveError("an .npz archive's members must have different names, in this one some occur twice")

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __getitem__(self, name: str) -> np.ndarray:
        header = self.header(name)
        with self._opened(name) as member:
            member.read(header.offset)
            if header.dtype.hasobject:
                return np.asarray(None)  # header() accepts no other object array
            array = _empty(name, header)
            _fill(array, member, name)
        return array.T if header.fortran_order else array

    def header(self, name: str) -> Header:
        """Shape and type of a member, without reading its array."""
        if name not in self._headers:
            self._headers[name] = self._read_header(name)
        return self._headers[name]

    def _read_header(self, name: str) -> Header:
        entry = self._entry(name)
        _check_promise(name, entry)
        with self._opened(name) as member:
            start = member.read(LONGEST_HEADER + LONGEST_NONE + 1)
        header = _parsed(name, start)
        if header.dtype.hasobject:
            _check_none(name, header, start[header.offset :])
        elif header.nbytes != entry.file_size - header.offset:
            raise ArchiveError(
                f"{name}: an array of shape {header.shape} and type {header.dtype} does not have the "
                f"{entry.file_size - header.offset} bytes that the archive holds for it"
            )
        return header

    def _entry(self, name: str) -> zipfile.ZipInfo:
        try:
            return self._members[name]
        except KeyError:
            raise KeyError(f"{name} is not a file in the archive") from None

    def _opened(self, name: str) -> "_Member":
        return _Member(self._zip, self._entry(name), name)

    def close(self) -> None:
        """Closes the archive."""
        self._zip.close()

    def __enter__(self) -> "NpzArchive":
        return self

    def __exit__(self, *args: Any) -> None:
        self.close()


class _Member:
    """One open member, whose zip errors say which one it is."""

    def __init__(self, zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
        self._zip, self._entry, self._name = zipped, entry, name

    def __enter__(self) -> "_Member":
        try:
            self._file = self._zip.open(self._entry)
        except _ZIP_ERRORS as error:
            raise ArchiveError(f"{self._name}: cannot be read from the archive: {error}") from error
        return self

    def __exit__(self, *args: Any) -> None:
        self._file.close()

    def read(self, size: int) -> bytes:
        """The next bytes, fewer only at the end."""
        try:
            return self._file.read(size)
        except _ZIP_ERRORS as error:
            raise ArchiveError(f"{self._name}: the archive is damaged here: {error}") from error


def _empty(name: str, header: Header) -> np.ndarray:
    try:
        return np.empty(header.shape[::-1] if header.fortran_order else header.shape, header.dtype)
    except (ValueError, MemoryError, OverflowError) as error:
        raise ArchiveError(f"{name}: no array of shape {header.shape} can be made: {error}") from error


def _fill(array: np.ndarray, member: _Member, name: str, chunk: int = 1 << 20) -> None:
    if not array.nbytes:
        return
    target = array.reshape(-1).view(np.uint8).data
    for start in range(0, len(target), chunk):
        piece = member.read(min(chunk, len(target) - start))
        if len(piece) != min(chunk, len(target) - start):
            raise ArchiveError(f"{name}: the archive ends {len(target) - start - len(piece)} bytes too early")
        target[start : start + len(piece)] = piece
    member.read(1)  # at the end, zipfile compares the checksum


def _check_promise(name: str, entry: zipfile.ZipInfo) -> None:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ArchiveError(f"{name}: expected a stored or deflated member, got compression type {entry.compress_type}")
    ratio = 1 if entry.compress_type == zipfile.ZIP_STORED else DEFLATE_RATIO
    if entry.file_size > ratio * entry.compress_size:
        raise ArchiveError(
            f"{name}: {entry.compress_size} bytes in the archive cannot hold the {entry.file_size} that it promises"
        )


def _parsed(name: str, start: bytes) -> Header:
    try:
        return parse_header(start)
    except ValueError as error:
        raise ArchiveError(f"{name}: expected the header of an .npy file: {error}") from error


def _check_none(name: str, header: Header, body: bytes) -> None:
    if header.shape != () or not is_pickled_none(body):
        raise ArchiveError(
            f"{name}: this member would have to be unpickled, which runs what the file says; "
            "of pickled members only a saved None is read"
        )
