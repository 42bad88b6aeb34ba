"""Saving and loading HDF5: the layout that Chainer writes, what comes back, and what is refused."""

import io
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest

from dwbridge import links as L
from dwbridge.links import Chain
from dwbridge.serializers import HDF5Deserializer, HDF5Serializer, load_hdf5, save_hdf5


class Values:
    """An object whose attributes are saved, some under a child's name."""

    def __init__(self, **values):
        self.__dict__.update(values)

    def serialize(self, serializer):
        for name, value in list(vars(self).items()):
            target = serializer["child"] if name.startswith("c") else serializer
            setattr(self, name, target(name, value))


def saved(obj, **arguments):
    file = io.BytesIO()
    save_hdf5(file, obj, **arguments)
    file.seek(0)
    return file


def test_layout_is_a_group_per_link_and_gzip_4_above_one_element():
    model = Chain(conv=L.DepthwiseConvolution2D(2, 2, 3), later=L.Linear(None, 1))
    with h5py.File(saved(model), "r") as file:
        W = file["conv/W"]
        assert isinstance(file["conv"], h5py.Group)
        assert (W.compression, W.compression_opts, W.dtype) == ("gzip", 4, np.float32)
        np.testing.assert_array_equal(W[()], model.conv.W.array)
        assert file["later/b"].compression is None  # one element
        assert file["later/W"].shape is None  # h5py.Empty
        assert file["later/W"].dtype == np.float32


@pytest.mark.parametrize("compression", [0, 9, None])
def test_level_of_compression(compression):
    with h5py.File(saved({"x": np.zeros(100)}, compression=compression), "r") as file:
        assert file["x"].compression_opts == compression


def test_chain_comes_back_with_what_was_not_initialized():
    source = Chain(bn=L.BatchNormalization(4), later=L.Linear(None, 2), ready=L.Linear(None, 2))
    source.ready(np.ones((1, 3), np.float32))
    source.bn(np.random.normal(size=(5, 4)).astype(np.float32))
    target = Chain(bn=L.BatchNormalization(4), later=L.Linear(None, 2), ready=L.Linear(None, 2))
    load_hdf5(saved(source), target)
    np.testing.assert_array_equal(target.bn.avg_mean, source.bn.avg_mean)
    assert target.bn.N == source.bn.N
    np.testing.assert_array_equal(target.ready.W.array, source.ready.W.array)
    assert target.later.W.array is None


ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(12, dtype=np.float16).reshape(3, 4)[::-1, ::2],
    np.zeros((0, 3), np.int32),
    np.asarray(2.5),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.zeros(100_000),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_arrays_come_back(array):
    target = Values(x=None)
    load_hdf5(saved({"x": array}), target)
    assert target.x.dtype == array.dtype
    np.testing.assert_array_equal(target.x, array)


def test_bfloat16_comes_back():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    target = Values(a=np.zeros(3, bfloat16))
    load_hdf5(saved(Values(a=np.arange(3).astype(bfloat16))), target)
    assert target.a.astype(np.float32).tolist() == [0, 1, 2]


def test_scalars_come_back_in_their_types():
    target = Values(i=0, f=0.0, b=False, n=None, c=0)
    load_hdf5(saved(Values(i=3, f=2.5, b=True, n=None, c=7)), target)
    assert vars(target) == {"i": 3, "f": 2.5, "b": True, "n": None, "c": 7}
    assert [type(value) for value in vars(target).values()] == [int, float, bool, type(None), int]


def test_number_that_would_lose_something():
    with pytest.raises(TypeError, match=r"f: Cannot safely deserialize .*dtype=float64 into .*int"):
        load_hdf5(saved(Values(f=1.5)), Values(f=1))


@pytest.mark.parametrize("value", ["text", np.array(["a"])])
def test_text_is_a_type_error(value):
    with pytest.raises(TypeError, match=r"child/c: expected numbers or None, HDF5 has no conversion path .*'<U"):
        save_hdf5(io.BytesIO(), Values(c=value))


def test_objects_are_a_type_error():
    with pytest.raises(TypeError, match="o: expected numbers or None, HDF5 has no conversion path"):
        save_hdf5(io.BytesIO(), {"o": np.array([object()])})


def test_missing_value():
    with pytest.raises(KeyError, match="b is not a dataset in the file"):
        load_hdf5(saved(Values(a=1)), Values(a=0, b=2))
    target = Values(a=0, b=2, c=3)
    load_hdf5(saved(Values(a=1)), target, strict=False)
    assert vars(target) == {"a": 1, "b": 2, "c": 3}


def test_missing_group():
    with pytest.raises(ValueError, match="Inexistent group is specified: child"):
        load_hdf5(saved(Values(a=1)), Values(c=2))


def test_path_reads_a_part():
    target = Values(a=0)
    load_hdf5(saved({"updater/model:main/a": np.asarray(1)}), target, path="updater/model:main/")
    assert target.a == 1


@pytest.mark.parametrize("ignored", ["child/c", lambda key: key.endswith("c"), ["x", "child/c"]])
def test_ignored_keys_keep_their_values(ignored):
    target = Values(a=0, c=0)
    load_hdf5(saved(Values(a=1, c=1)), target, ignore_names=ignored)
    assert vars(target) == {"a": 1, "c": 0}
    load_hdf5(saved(Values(a=2)), target, ignore_names=ignored)  # the ignored value's group may be missing
    assert vars(target) == {"a": 2, "c": 0}


def test_shape_mismatch():
    with pytest.raises(ValueError, match=r"a: expected an array of shape \(2, 3\), the file has one of shape \(3, 2\)"):
        load_hdf5(saved(Values(a=np.zeros((3, 2)))), Values(a=np.zeros((2, 3))))


def test_failed_load_changes_nothing():
    a = np.zeros(3)
    with pytest.raises(ValueError, match="b: expected an array of shape"):
        load_hdf5(saved(Values(a=np.ones(3), b=np.ones(2))), Values(a=a, b=np.zeros(5)))
    assert a.tolist() == [0, 0, 0]


def test_saving_to_a_path_is_atomic(tmp_path):
    path = tmp_path / "model.h5"
    save_hdf5(path, {"a": np.asarray(1)})
    before = path.read_bytes()
    with pytest.raises(TypeError, match="o: expected numbers"):
        save_hdf5(str(path), {"a": np.asarray(2), "o": np.asarray("text")})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.h5"]


def test_loading_from_a_path(tmp_path):
    save_hdf5(tmp_path / "m", Values(a=1))
    target = Values(a=0)
    load_hdf5(str(tmp_path / "m"), target)
    assert target.a == 1
    with pytest.raises(FileNotFoundError):
        load_hdf5(tmp_path / "none.h5", target)


def test_serializers_take_any_group():
    with h5py.File(io.BytesIO(), "w") as file:
        HDF5Serializer(file.create_group("sub"), compression=None).save(Values(a=1, c=2))
        assert file["sub/child/c"][()] == 2
        target = Values(a=0, c=0)
        deserializer = HDF5Deserializer(file["sub"])
        deserializer.load(target)
        assert vars(target) == {"a": 1, "c": 2}
        assert deserializer["child"].group == file["sub/child"]
        assert deserializer["nothing"].group is None


def test_without_h5py_the_extra_is_named(tmp_path):
    program = (
        "import sys; sys.modules['h5py'] = None\n"
        "from dwbridge import serializers\n"
        "for call in (lambda: serializers.save_hdf5('x.h5', {}), lambda: serializers.load_hdf5('x.h5', None),\n"
        "             lambda: serializers.HDF5Serializer(None), lambda: serializers.HDF5Deserializer(None)):\n"
        "    try: call()\n"
        "    except RuntimeError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path)
    lines = run.stdout.splitlines()
    assert len(lines) == 4, run.stderr
    assert all(line.startswith("HDF5 files need h5py") and 'pip install "dwbridge[hdf5]"' in line for line in lines)
    assert not os.listdir(tmp_path)
