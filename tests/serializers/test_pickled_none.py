"""The pickle of None is recognised in every form that NumPy ever wrote, and nothing else is."""

import pickle
import pickletools

import numpy as np
import pytest

from dwbridge.serializers.pickled_none import PICKLED_NONE, is_pickled_none

PROTOCOLS = [2, 3, 4, 5]
PYTHON_2 = (
    b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03"
    b"(K\x01)cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb"
    b"\x89]Natb."
)


def pickled(value, protocol):
    return pickle.dumps(np.asarray(value, dtype=object), protocol=protocol)


def with_module(data, old, new):
    """The pickle as a NumPy writes it whose core module has the other name; text lengths and frame follow."""
    data = data.replace(bytes([len(old)]) + old, bytes([len(new)]) + new).replace(b"c" + old, b"c" + new)
    if data[2:3] == b"\x95":
        data = data[:3] + (len(data) - 11).to_bytes(8, "little") + data[11:]
    return data


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("core", [b"numpy.core.multiarray", b"numpy._core.multiarray"])
def test_every_protocol_and_module_name(protocol, core):
    data = pickled(None, protocol)
    for name in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        data = with_module(data, name, core)
    assert core in data
    assert is_pickled_none(data)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_without_memo(protocol):
    assert is_pickled_none(pickletools.optimize(pickled(None, protocol)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_from_the_pickler_written_in_python(protocol):
    assert is_pickled_none(pickle._dumps(np.asarray(None), protocol=protocol))


def test_from_python_2():
    assert is_pickled_none(PYTHON_2)


def test_what_we_write_is_recognised_and_read_by_numpy():
    assert is_pickled_none(PICKLED_NONE)
    assert pickle.loads(PICKLED_NONE).item() is None


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("value", [1, "x", [None], [None, None], print, False, {}, b"b"])
def test_other_pickles_are_not_none(protocol, value):
    assert not is_pickled_none(pickled(value, protocol))


def test_no_single_byte_can_be_changed_into_a_call_of_something_else():
    for i in range(len(PICKLED_NONE)):
        for byte in (0, ord("R"), ord("c"), ord("o"), ord("i"), 0x93):
            changed = PICKLED_NONE[:i] + bytes([byte]) + PICKLED_NONE[i + 1 :]
            if is_pickled_none(changed):
                assert _globals(changed) == _globals(PICKLED_NONE)


def _globals(data):
    return [argument for opcode, argument, _ in pickletools.genops(data) if opcode.name == "GLOBAL"]


@pytest.mark.parametrize("data", [b"", b"N.", PICKLED_NONE[:-1], PICKLED_NONE + b".", b"\x80" * 600])
def test_other_bytes_are_not_none(data):
    assert not is_pickled_none(data)
