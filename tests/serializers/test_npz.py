"""Saving and loading `.npz`: what comes back, by which key, and what is refused."""

import io
import os

import numpy as np
import pytest

from dwbridge.serializers import DictionarySerializer, NpzArchive, NpzDeserializer, load_npz, save_npz


class Values:
    """An object whose attributes are saved, some under a child's name."""

    def __init__(self, **values):
        self.__dict__.update(values)

    def serialize(self, serializer):
        for name, value in list(vars(self).items()):
            target = serializer["/child/"] if name.startswith("c") else serializer
            setattr(self, name, target("/" + name, value))


def saved(obj, **arguments):
    file = io.BytesIO()
    save_npz(file, obj, **arguments)
    file.seek(0)
    return file


ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(12, dtype=np.float16).reshape(3, 4)[::-1, ::2],
    np.zeros((0, 3), np.int32),
    np.asarray(2.5),
    np.array(["a", "größer"]),
    np.array([True, False]),
    np.array([1 + 2j]),
    np.array([], "<U1"),
]


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("compression", [True, False])
def test_arrays_come_back(array, compression):
    with NpzArchive(saved({"x": array}, compression=compression)) as archive:
        read = archive["x"]
    assert read.dtype == array.dtype
    np.testing.assert_array_equal(read, array)


@pytest.mark.parametrize("array", ARRAYS)
def test_numpy_reads_what_is_written_and_we_read_what_numpy_writes(array):
    with np.load(saved({"x": array})) as arrays:
        np.testing.assert_array_equal(arrays["x"], array)
    file = io.BytesIO()
    np.savez_compressed(file, x=array)
    with NpzArchive(file) as archive:
        np.testing.assert_array_equal(archive["x"], array)


def test_file_is_the_same_every_time():
    values = {"x": np.arange(3), "none": np.asarray(None)}
    assert saved(values).getvalue() == saved(values).getvalue()


def test_keys_have_no_leading_slash():
    target = {}
    DictionarySerializer(target).save(Values(a=1, c=2))
    assert sorted(target) == ["a", "child/c"]


def test_scalars_come_back_in_their_types():
    file = saved(Values(i=3, f=2.5, b=True, s="x", n=None, c=7))
    target = Values(i=0, f=0.0, b=False, s="", n=None, c=0)
    load_npz(file, target)
    assert vars(target) == {"i": 3, "f": 2.5, "b": True, "s": "x", "n": None, "c": 7}
    assert [type(value) for value in vars(target).values()] == [int, float, bool, str, type(None), int]


def test_none_leaves_an_array_alone_and_replaces_a_scalar():
    array = np.ones(3, np.float32)
    target = Values(a=array, k=5)
    load_npz(saved(Values(a=None, k=None)), target)
    assert target.a is None
    assert array.tolist() == [1, 1, 1]
    assert target.k is None


def test_none_is_read_from_numpys_own_pickle():
    file = io.BytesIO()
    np.savez(file, x=np.asarray(None))
    with NpzArchive(file) as archive:
        assert archive["x"].item() is None


def test_into_none_comes_the_array():
    target = Values(a=None, k=None)
    load_npz(saved(Values(a=np.arange(2), k=3)), target)
    assert target.a.tolist() == [0, 1]
    assert (target.k.shape, target.k.item()) == ((), 3)


def test_elements_go_into_the_array_whose_type_stays():
    array = np.zeros((2, 3), np.float32)
    target = Values(a=array)
    load_npz(saved(Values(a=np.full((2, 3), 0.1))), target)
    assert target.a is array
    np.testing.assert_array_equal(array, np.full((2, 3), np.float32(0.1)))


def test_bfloat16_comes_back():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    target = Values(a=np.zeros(3, bfloat16))
    load_npz(saved(Values(a=np.arange(3).astype(bfloat16))), target)
    assert target.a.astype(np.float32).tolist() == [0, 1, 2]


def test_lists_of_scalars_come_back():
    target = Values(q=[0, 0])
    load_npz(saved(Values(q=[1, 2])), target)
    assert target.q == [1, 2]


def test_missing_key():
    with pytest.raises(KeyError, match="b is not a file in the archive"):
        load_npz(saved(Values(a=1)), Values(a=0, b=2))
    target = Values(a=0, b=2)
    load_npz(saved(Values(a=1)), target, strict=False)
    assert vars(target) == {"a": 1, "b": 2}


def test_path_is_glued_before_the_key():
    file = saved({"model/a": np.asarray(1)})
    target = Values(a=0)
    load_npz(file, target, path="model/")
    assert target.a == 1
    with pytest.raises(KeyError, match="modela is not a file in the archive"):
        load_npz(file, target, path="model")


@pytest.mark.parametrize(
    "ignored", ["child/c", lambda key: key.endswith("c"), ["child/c"], ("x", lambda key: key == "child/c")]
)
def test_ignored_keys_keep_their_values(ignored):
    target = Values(a=0, c=0)
    load_npz(saved(Values(a=1, c=1)), target, ignore_names=ignored)
    assert vars(target) == {"a": 1, "c": 0}


def test_ignored_names_are_full_keys():
    target = Values(c=0)
    load_npz(saved(Values(c=1)), target, ignore_names="c")
    assert target.c == 1


def test_ignored_names_of_another_kind():
    with pytest.raises(ValueError, match="ignore_names needs to be a callable, string or list of them, got int"):
        load_npz(saved(Values(a=1)), Values(a=0), ignore_names=3)


def test_shape_mismatch():
    with pytest.raises(ValueError, match=r"a: expected an array of shape \(2, 3\), the file has one of shape \(3, 2\)"):
        load_npz(saved(Values(a=np.zeros((3, 2)))), Values(a=np.zeros((2, 3))))


def test_number_that_would_lose_something():
    with pytest.raises(TypeError, match=r"f: Cannot safely deserialize .*dtype=float64 into .*int"):
        load_npz(saved(Values(f=1.5)), Values(f=1))


def test_objects_are_not_written():
    with pytest.raises(TypeError, match=r"Array cannot be converted into an numpy.ndarray"):
        save_npz(io.BytesIO(), Values(o=object()))
    with pytest.raises(TypeError, match="o: expected an array of numbers or strings, or None, got one of Python obj"):
        save_npz(io.BytesIO(), {"o": np.array([object()])})


def test_saving_to_a_path_is_atomic(tmp_path):
    path = tmp_path / "model"
    save_npz(path, {"a": np.asarray(1)})
    before = path.read_bytes()
    with pytest.raises(TypeError, match="o: expected"):
        save_npz(path, {"a": np.asarray(2), "o": np.array([object()])})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model"]


def test_paths_may_be_text_or_path(tmp_path):
    save_npz(str(tmp_path / "m"), {"a": np.asarray(1)})
    target = Values(a=0)
    load_npz(tmp_path / "m", target)
    assert target.a == 1


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_npz(tmp_path / "none.npz", Values(a=0))


def test_deserializer_takes_numpys_archive_and_dictionaries():
    with np.load(saved(Values(a=1))) as opened:
        target = Values(a=0)
        NpzDeserializer(opened).load(target)
        assert target.a == 1
    NpzDeserializer({"a": np.asarray(5)}).load(target)
    assert target.a == 5


class TestFailedLoad:
    """`load` takes back what it did; the failing key is the last one."""

    FILE = saved(Values(a=np.ones(3), b=np.ones((2, 2)))).getvalue()

    def test_arrays_are_as_before(self):
        a, b = np.zeros(3), np.zeros(5)
        with pytest.raises(ValueError, match="b: expected an array of shape"):
            load_npz(io.BytesIO(self.FILE), Values(a=a, b=b))
        assert a.tolist() == [0, 0, 0]

    def test_what_objects_note_is_undone_in_reverse(self):
        log = []

        class Noting:
            def serialize(self, serializer):
                serializer["child"].on_failure(lambda: log.append("first"))
                serializer.on_failure(lambda: log.append("second"))
                serializer("missing", 0)

        with pytest.raises(KeyError):
            load_npz(io.BytesIO(self.FILE), Noting())
        assert log == ["second", "first"]

    def test_nothing_is_undone_after_success(self):
        log = []

        class Noting:
            def serialize(self, serializer):
                serializer.on_failure(lambda: log.append("undone"))
                serializer("a", None)

        with NpzArchive(io.BytesIO(self.FILE)) as archive:
            deserializer = NpzDeserializer(archive)
            deserializer.load(Noting())
            with pytest.raises(KeyError):
                deserializer.load(Values(missing=1))
        assert log == []


def test_archive_is_a_mapping():
    with NpzArchive(saved({"a": np.asarray(1), "b/c": np.asarray(2)})) as archive:
        assert (sorted(archive), len(archive), "a" in archive, "z" in archive) == (["a", "b/c"], 2, True, False)
        assert archive.header("a").shape == ()
        with pytest.raises(KeyError, match="z is not a file in the archive"):
            archive["z"]
