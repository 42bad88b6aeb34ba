"""Saving and loading safetensors: the same keys and rules as .npz, tensors that others read, and what is refused."""

import io
import json
import os
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy

from dwbridge import links as L
from dwbridge.links import Chain
from dwbridge.serializers import (
    ArchiveError,
    NpzArchive,
    SafetensorsArchive,
    load_safetensors,
    save_npz,
    save_safetensors,
)


class Values:
    """An object whose attributes are saved, some under a child's name."""

    def __init__(self, **values):
        self.__dict__.update(values)

    def serialize(self, serializer):
        for name, value in list(vars(self).items()):
            target = serializer["child"] if name.startswith("c") else serializer
            setattr(self, name, target(name, value))


def saved(obj):
    file = io.BytesIO()
    save_safetensors(file, obj)
    file.seek(0)
    return file


def test_chain_comes_back_under_the_keys_of_npz():
    source = Chain(bn=L.BatchNormalization(4), later=L.Linear(None, 2), ready=L.Linear(3, 2))
    source.add_persistent("note", "größer")
    file = saved(source)
    npz = io.BytesIO()
    save_npz(npz, source)
    assert set(SafetensorsArchive(file.getvalue())) == set(NpzArchive(npz))
    target = Chain(bn=L.BatchNormalization(4), later=L.Linear(None, 2), ready=L.Linear(None, 2))
    target.add_persistent("note", "")
    load_safetensors(file, target)
    np.testing.assert_array_equal(target.ready.W.array, source.ready.W.array)
    assert target.later.W.array is None
    assert target.note == "größer"


ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(12, dtype=np.float16).reshape(3, 4)[::-1, ::2],
    np.arange(4, dtype=">f4"),
    np.zeros((0, 3), np.int32),
    np.asarray(2.5),
    np.array([True, False]),
    np.arange(3).astype(ml_dtypes.bfloat16),
    *(np.arange(3).astype(name) for name in ("i1", "u1", "i2", "u2", "u4", "i8", "u8")),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_come_back(array):
    read = SafetensorsArchive(saved({"x": array}).getvalue())["x"]
    assert (read.dtype, read.shape) == (array.dtype.newbyteorder("="), array.shape)
    np.testing.assert_array_equal(read.astype(float), array.astype(float))


def test_the_package_reads_what_is_written():
    tensors = safetensors.numpy.load(saved({"a/x": np.arange(3.0), "none": np.asarray(None)}).getvalue())
    assert {key: value.tolist() for key, value in tensors.items()} == {"a/x": [0, 1, 2]}


def test_what_the_package_writes_is_read():
    target = Values(c=np.zeros(3))
    load_safetensors(io.BytesIO(safetensors.numpy.save({"child/c": np.arange(3.0)}, {"author": "x"})), target)
    assert target.c.tolist() == [0, 1, 2]


def test_bfloat16_into_float32_and_back():
    target = Values(a=np.zeros(3, np.float32))
    load_safetensors(saved(Values(a=np.arange(3).astype(ml_dtypes.bfloat16))), target)
    assert target.a.tolist() == [0, 1, 2]
    target = Values(a=np.zeros(3, ml_dtypes.bfloat16))
    load_safetensors(saved(Values(a=np.arange(3.0))), target)
    assert target.a.astype(float).tolist() == [0, 1, 2]


def test_scalars_come_back_in_their_types():
    target = Values(i=0, f=0.0, b=False, s="", n=None, c=0)
    load_safetensors(saved(Values(i=3, f=2.5, b=True, s="x", n=None, c=7)), target)
    assert vars(target) == {"i": 3, "f": 2.5, "b": True, "s": "x", "n": None, "c": 7}
    assert [type(value) for value in vars(target).values()] == [int, float, bool, str, type(None), int]


def test_missing_key():
    with pytest.raises(KeyError, match="b is not a tensor in the file"):
        load_safetensors(saved(Values(a=1)), Values(a=0, b=2))
    target = Values(a=0, b=2)
    load_safetensors(saved(Values(a=1)), target, strict=False)
    assert vars(target) == {"a": 1, "b": 2}


def test_path_and_ignored_names():
    target = Values(a=0, c=5)
    load_safetensors(saved({"m/a": 1, "m/child/c": 2}), target, path="m/", ignore_names=["m/child/c"])
    assert vars(target) == {"a": 1, "c": 5}


def test_failed_load_changes_nothing():
    a = np.zeros(3)
    with pytest.raises(ValueError, match=r"b: expected an array of shape \(5,\), the file has one of shape \(2,\)"):
        load_safetensors(saved(Values(a=np.ones(3), b=np.ones(2))), Values(a=a, b=np.zeros(5)))
    assert a.tolist() == [0, 0, 0]


@pytest.mark.parametrize("value", [np.array([1j]), np.array(["a", "b"]), np.array([object()])])
def test_what_is_no_tensor_is_refused(value):
    with pytest.raises(TypeError, match="x: expected an array of real numbers, text or None, got one of type"):
        save_safetensors(io.BytesIO(), {"x": value})


def test_saving_to_a_path_is_atomic(tmp_path):
    path = tmp_path / "model.safetensors"
    save_safetensors(path, Values(a=1))
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save_safetensors(str(path), {"a": np.asarray(2), "o": np.array([1j])})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.safetensors"]
    target = Values(a=0)
    load_safetensors(str(path), target)
    assert target.a == 1


def header(fields):
    text = json.dumps(fields).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04" * 10,
        (1 << 62).to_bytes(8, "little"),
        header({"x": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 4]}}) + bytes(4),
        header({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}),
        header({"__metadata__": {"dwbridge": "no json"}}),
        header({"__metadata__": {"dwbridge": "[1]"}}),
        header({"__metadata__": {"dwbridge": '{"none": 3}'}}),
    ],
)
def test_broken_files(data):
    with pytest.raises(ArchiveError, match="expected a safetensors file, got a file that is none"):
        SafetensorsArchive(data)


def test_types_that_numpy_lacks():
    data = header({"x": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}) + bytes(1)
    with pytest.raises(ArchiveError, match="x: expected a tensor of one of BOOL, .*, got F8_E4M3"):
        SafetensorsArchive(data)["x"]


def test_without_the_package_the_extra_is_named(tmp_path):
    program = (
        "import sys; sys.modules['safetensors'] = None\n"
        "from dwbridge import serializers\n"
        "try: serializers.save_safetensors('x', {})\n"
        "except RuntimeError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    assert run.stdout.startswith("safetensors files need safetensors"), run.stderr
    assert 'pip install "dwbridge[safetensors]"' in run.stdout
    assert not os.listdir(tmp_path)
