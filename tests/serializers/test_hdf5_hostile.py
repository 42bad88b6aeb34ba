"""HDF5 files that nobody vouches for: nothing outside the file is opened, and no claim is believed unread."""

import io

import h5py
import numpy as np
import pytest

from dwbridge.serializers import ArchiveError, load_hdf5


class One:
    """An object with the value `x`, in the group `g`."""

    def __init__(self, x=None):
        self.x = x

    def serialize(self, serializer):
        self.x = serializer["g"]("x", self.x)


def forged(make):
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        make(opened)
    file.seek(0)
    return file


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["g/x"] = np.arange(4.0)
    return path


def refused(make, message, value=None):
    target = One(value)
    with pytest.raises(ArchiveError, match=message):
        load_hdf5(forged(make), target, strict=False)
    assert target.x is value


def test_external_link(secret):
    refused(lambda file: file.create_group("g").__setitem__("x", h5py.ExternalLink(secret, "g/x")), "g/x: ExternalLink")


def test_group_behind_an_external_link(secret):
    refused(lambda file: file.__setitem__("g", h5py.ExternalLink(secret, "g")), "g/?: ExternalLinks, which lead else")


def test_soft_link():
    def make(file):
        file["other"] = np.arange(4.0)
        file.create_group("g")["x"] = h5py.SoftLink("/other")

    refused(make, "g/x: SoftLinks, which lead elsewhere, are not followed")


def test_dangling_soft_link_is_not_taken_for_a_missing_value():
    refused(lambda file: file.create_group("g").__setitem__("x", h5py.SoftLink("/nothing")), "g/x: SoftLinks")


def test_external_storage(tmp_path):
    raw = tmp_path / "raw"
    raw.write_bytes(np.arange(4.0).tobytes())

    def make(file):
        file.create_dataset("g/x", (4,), "f8", external=[(str(raw), 0, 32)])

    refused(make, "g/x: datasets whose elements lie in another file are not read")
    refused(make, "g/x: datasets whose elements lie in another file are not read", np.zeros(4))


def test_virtual_dataset(secret):
    def make(file):
        layout = h5py.VirtualLayout((4,), "f8")
        layout[:] = h5py.VirtualSource(str(secret), "g/x", (4,))
        file.create_virtual_dataset("g/x", layout)

    refused(make, "g/x: virtual datasets, whose elements lie in other datasets, are not read")


def test_foreign_filter():
    def make(file):
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((4,))
        plan.set_filter(h5py.h5z.FILTER_SCALEOFFSET, 0, (2, 2))
        space = h5py.h5s.create_simple((4,))
        h5py.h5d.create(file.create_group("g").id, b"x", h5py.h5t.NATIVE_INT32, space, plan)

    refused(make, "g/x: expected the filters deflate, shuffle, fletcher32, lzf, got number 6")


@pytest.mark.parametrize(
    "filters", [{"shuffle": True, "fletcher32": True, "compression": "gzip"}, {"compression": "lzf"}]
)
def test_own_filters_are_read(filters):
    target = One()
    load_hdf5(forged(lambda file: file.create_dataset("g/x", data=np.arange(9.0), **filters)), target)
    assert target.x.tolist() == list(range(9))


def test_elements_that_were_never_written():
    refused(
        lambda file: file.create_dataset("g/x", (1 << 20, 1 << 20), "f8", chunks=(8, 8), compression="gzip"),
        r"g/x: the 0 bytes in the file cannot hold the 8796093022208 of shape \(1048576, 1048576\)",
    )


def test_chunks_larger_than_the_array():
    def make(file):
        dataset = file.create_dataset("g/x", (2,), "f8", chunks=(1 << 20,), maxshape=(None,), compression="gzip")
        dataset[:] = 1

    refused(make, r"g/x: chunks of shape \(1048576,\) are larger than the array, \(2,\)")


def test_shape_is_compared_before_the_array_is_read(monkeypatch):
    file = forged(lambda file: file.create_dataset("g/x", data=np.zeros(100_000)))
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda *_: pytest.fail("the array was read"))
    with pytest.raises(
        ValueError, match=r"g/x: expected an array of shape \(2,\), the file has one of shape \(100000,\)"
    ):
        load_hdf5(file, One(np.zeros(2)))


@pytest.mark.parametrize("type", [h5py.string_dtype(), np.dtype([("a", "f4")]), h5py.ref_dtype])
def test_types_that_are_no_numbers(type):
    refused(lambda file: file.create_dataset("g/x", (2,), type), "g/x: expected a dataset of numbers, got one of type")


def test_group_in_the_place_of_a_value():
    with pytest.raises(KeyError, match="g/x is not a dataset in the file"):
        load_hdf5(forged(lambda file: file.create_group("g/x")), One())


def test_value_in_the_place_of_a_group():
    with pytest.raises((KeyError, ValueError), match="g/x is not a dataset|Inexistent group"):
        load_hdf5(forged(lambda file: file.create_dataset("g", data=1)), One())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + bytes(500)])
def test_files_of_another_kind(data):
    with pytest.raises(ArchiveError, match="expected an HDF5 file, got a file that is none"):
        load_hdf5(io.BytesIO(data), One())


def test_damaged_elements():
    file = forged(lambda file: file.create_dataset("g/x", data=np.random.normal(size=500), compression="gzip"))
    with h5py.File(file, "r") as opened:
        start = opened["g/x"].id.get_chunk_info(0).byte_offset
    data = bytearray(file.getvalue())
    data[start : start + 200] = bytes(200)
    with pytest.raises(ArchiveError, match="g/x: the file is damaged here"):
        load_hdf5(io.BytesIO(data), One())
