"""Archives that lie, are damaged, or would run code: refused with a reason, without large allocations."""

import io
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest

from dwbridge.serializers import ArchiveError, NpzArchive, NpzDeserializer, load_npz, save_npz


class Box:
    """Loads one array."""

    def __init__(self, array=None):
        self.array = array

    def serialize(self, serializer):
        self.array = serializer("x", self.array)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npy_saying(shape, body=b"", descr="<f4"):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue() + body


def archive(members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as zipped:
        for name, data in members.items():
            zipped.writestr(name, data)
    file.seek(0)
    return file


def load(file, array=None):
    box = Box(array)
    load_npz(file, box)
    return box.array


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was executed",))


@pytest.mark.parametrize("value", [Bomb(), 5, "x", [None], {"a": 1}])
def test_pickled_member_is_refused_by_name(value):
    body = pickle.dumps(np.asarray(value, dtype=object))
    with pytest.raises(ArchiveError, match="x: this member would have to be unpickled"):
        load(archive({"x.npy": npy_saying((), body, "|O")}))


def test_pickled_member_is_refused_for_an_array_too():
    file = archive({"x.npy": npy_saying((2,), pickle.dumps(np.array([1, Bomb()], dtype=object)), "|O")})
    with pytest.raises(ArchiveError, match="x: this member would have to be unpickled"):
        load(file, np.zeros(2, np.float32))


def test_archive_that_numpy_opened_with_pickle_allowed_is_read_by_our_rules():
    file = archive({"x.npy": npy_saying((), pickle.dumps(np.asarray(Bomb(), dtype=object)), "|O")})
    with np.load(file, allow_pickle=True) as opened, pytest.raises(ArchiveError, match="unpickled"):
        NpzDeserializer(opened).load(Box())


@pytest.mark.parametrize("descr", [[("a", "|O")], [("a", "<f4")], "f4,f4", "(9,)f4", "<U0", "<q4", "<f99999999999"])
def test_type_of_no_numbers_or_strings_is_refused(descr):
    with pytest.raises(ArchiveError, match=r"x: expected the header of an .npy file: .* is no type|has no size"):
        load(archive({"x.npy": npy_saying((1,), b"abcd", descr)}))


@pytest.mark.parametrize(
    "shape", [(10**9,), (1 << 40, 1 << 40), (10**30,), (3,)], ids=["huge", "product", "beyond 64 bits", "short"]
)
def test_shape_that_the_member_cannot_hold(shape):
    file = archive({"x.npy": npy_saying(shape, b"\0" * 16)})
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match=r"x: an array of shape .* does not have the 16 bytes"):
            load(file)
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


def test_negative_size():
    with pytest.raises(ArchiveError, match=r"x: .*\(-1, -4\) is no shape"):
        load(archive({"x.npy": npy_saying((-1, -4), b"\0" * 16)}))


def test_empty_array_that_cannot_be_made():
    with pytest.raises(ArchiveError, match=r"x: no array of shape .* can be made"):
        load(archive({"x.npy": npy_saying((1 << 40, 1 << 40, 0))}))


def test_header_of_python_2():
    file = archive({"x.npy": npy_saying((2,), b"\0" * 8).replace(b"(2,), ", b"(2L,),")})
    assert load(file).tolist() == [0, 0]


def test_size_in_the_directory_that_deflate_cannot_reach():
    data = bytearray(archive({"x.npy": npy(np.zeros(1000, np.float32))}).getvalue())
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 1 << 31)
    with pytest.raises(ArchiveError, match=r"x: .* bytes in the archive cannot hold the 2147483648 that it promises"):
        load(io.BytesIO(bytes(data)))


def test_shape_is_compared_with_the_parameters_before_the_array_is_read():
    file = archive({"x.npy": npy(np.zeros((4000, 1000), np.float32))})
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"x: expected an array of shape \(2, 3\), the file has .*\(4000, 1000\)"):
            load(file, np.zeros((2, 3), np.float32))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00v\x00{}",
        npy_saying((2,))[:-3],
        b"\x93NUMPY\x01\x00\x06\x00import",
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b" " * 20_000,
        b"\x93NUMPY\x01\x00\x10\x27" + b"(" * 10_000,
        npy_saying((2,)).replace(b"<f4", b"<z9"),
        b"not an array at all",
    ],
)
def test_broken_header(member):
    with pytest.raises(ArchiveError, match="x: "):
        load(archive({"x.npy": member}))


def test_damaged_bytes_are_found_by_the_checksum():
    data = bytearray(archive({"x.npy": npy(np.arange(1000.0))}, zipfile.ZIP_STORED).getvalue())
    data[500] ^= 1
    with pytest.raises(ArchiveError, match="x: the archive is damaged here: Bad CRC-32"):
        load(io.BytesIO(bytes(data)))


def test_members_of_one_name():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("x.npy", npy(np.zeros(1)))
        zipped.writestr("x", npy(np.ones(1)))
    with pytest.raises(ArchiveError, match="some occur twice"):
        load(file)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(method):
    with pytest.raises(ArchiveError, match="x: expected a stored or deflated member"):
        load(archive({"x.npy": npy(np.zeros(100))}, method))


def test_encrypted_member():
    data = bytearray(archive({"x.npy": npy(np.zeros(4))}).getvalue())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ArchiveError, match=r"x: cannot be read from the archive: .*encrypted"):
        load(io.BytesIO(bytes(data)))


@pytest.mark.parametrize("data", [b"", b"no zip", npy(np.zeros(3)), b"PK\x05\x06" + b"\xff" * 30])
def test_no_archive(data):
    with pytest.raises(ArchiveError, match=r"expected an \.npz archive"):
        load(io.BytesIO(data))


def whole_file():
    file = io.BytesIO()
    save_npz(file, {"x": np.arange(20, dtype=np.float32), "y": np.asarray(None), "z": np.asarray("text")})
    return file.getvalue()


def read_everything(data):
    try:
        with NpzArchive(io.BytesIO(data)) as opened:
            return {name: opened[name] for name in opened}
    except ArchiveError:
        return None


def test_truncated_anywhere():
    data = whole_file()
    assert read_everything(data) is not None
    assert all(read_everything(data[:end]) is None for end in range(len(data)))


def test_any_byte_changed_raises_nothing_else():
    data = whole_file()
    for i in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            changed = data[:i] + bytes([data[i] ^ flip]) + data[i + 1 :]
            read_everything(changed)
