"""ChainerX's names: the same memory under another name, and results that keep it."""

import copy
import pickle

import numpy as np
import pytest

from dwbridge.backend import (
    ChainerxArray,
    ChainerxDevice,
    CpuDevice,
    Device,
    common_tag,
    copyto,
    from_chainerx,
    from_chx,
    get_array_module,
    get_device,
    get_device_from_array,
    is_array,
    tagged,
    to_chainerx,
    to_chx,
)


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


@pytest.fixture
def x() -> np.ndarray:
    return np.arange(6, dtype=np.float32).reshape(2, 3)


def test_there_and_back_is_the_same_memory(x: np.ndarray) -> None:
    named = to_chx(x)
    assert named.device_name == "native:0"
    back = from_chx(named)
    assert type(back) is np.ndarray
    assert address(x) == address(named) == address(back)
    named[0, 0] = 7
    assert x[0, 0] == back[0, 0] == 7


def test_names_that_are_there_already_change_nothing(x: np.ndarray) -> None:
    named = to_chx(x)
    assert to_chx(named) is named
    assert from_chx(x) is x
    assert get_device("native:0").send(named) is named


def test_old_names() -> None:
    assert to_chainerx is to_chx
    assert from_chainerx is from_chx


def test_lists_and_none(x: np.ndarray) -> None:
    first, nothing, again = to_chx([x, None, x])
    assert first is again
    assert nothing is None
    assert isinstance(to_chx((x,)), tuple)
    assert from_chx(None) is None
    assert to_chx(1.5).device_name == "native:0"


def test_what_is_no_array() -> None:
    with pytest.raises(TypeError, match="expected an array or a scalar to send to @numpy, got dict"):
        to_chx({})
    with pytest.raises(TypeError, match="expected an array to take ChainerX's name off, got float"):
        from_chx(1.5)


def test_it_is_a_numpy_array(x: np.ndarray) -> None:
    named = to_chx(x)
    assert is_array(named)
    assert get_array_module(named) is np
    assert repr(to_chx(np.float32([1, 2]))) == "array([1., 2.], dtype=float32, device='native:0')"


@pytest.mark.parametrize(
    "compute",
    [
        lambda x: x * 2,
        lambda x: np.ones((2, 3), np.float32) + x,
        lambda x: x[1:],
        lambda x: x.sum(axis=0),
        lambda x: x @ x.T,
        np.zeros_like,
        copy.copy,
        copy.deepcopy,
        lambda x: pickle.loads(pickle.dumps(x)),
    ],
)
def test_results_keep_the_name(x: np.ndarray, compute: object) -> None:
    result = compute(tagged(x, "native:1"))  # type: ignore[operator]
    assert type(result) is ChainerxArray
    assert result.device_name == "native:1"
    np.testing.assert_array_equal(from_chx(result), compute(x))  # type: ignore[operator]


def test_the_device(x: np.ndarray) -> None:
    device = get_device("native")
    assert isinstance(device, ChainerxDevice)
    assert (str(device), repr(device), device.xp) == ("native:0", "<ChainerxDevice native:0>", np)
    assert device.fallback_device == CpuDevice()
    assert device == ChainerxDevice.from_fallback_device(CpuDevice()) == get_device("native:0")
    assert device != CpuDevice()
    assert device != get_device("native:1")
    assert get_device_from_array(x, to_chx(x)) == device == ChainerxDevice.from_array(to_chx(x))
    assert CpuDevice.from_array(to_chx(x)) is None
    assert device.is_array_supported(to_chx(x))
    assert not device.is_array_supported(x)


def test_only_cpu_and_gpu_have_such_names() -> None:
    with pytest.raises(RuntimeError, match="only CPU and GPU devices have ChainerX's names, got native:0"):
        ChainerxDevice.from_fallback_device(get_device("native:0"))


def test_sending(x: np.ndarray) -> None:
    named = get_device("native:0").send(x)
    assert address(named) == address(x)
    assert get_device("native:1").send(named).device_name == "native:1"
    assert named.device_name == "native:0"
    plain = CpuDevice().send(named)
    assert type(plain) is np.ndarray
    assert address(plain) == address(x)


def test_several_names_do_not_mix(x: np.ndarray) -> None:
    assert common_tag((x, x)) is None
    assert common_tag((x, to_chx(x))) == "native:0"
    with pytest.raises(TypeError, match=r"mixed: expected one ChainerX device, got \['native:0', 'native:1'\]"):
        common_tag((to_chx(x), tagged(x, "native:1")))


def test_copyto_keeps_the_name(x: np.ndarray) -> None:
    named = to_chx(np.zeros((2, 3), np.float16))
    copyto(named, x)
    assert named.device_name == "native:0"
    np.testing.assert_array_equal(named, x)


def test_a_device_says_what_it_lacks() -> None:
    with pytest.raises(NotImplementedError):
        Device().send(np.zeros(1))
    with pytest.raises(NotImplementedError):
        Device().xp  # noqa: B018
