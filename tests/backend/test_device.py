"""Devices: names, errors, and arrays that stay where they are."""

import builtins
import sys

import numpy as np
import pytest

from dwbridge.backend import (
    ChainerxDevice,
    CpuDevice,
    GpuDevice,
    Intel64Device,
    compute_dtype,
    copyto,
    get_array_module,
    get_device,
    get_device_from_array,
    is_array,
    is_floating,
    using_device,
)


def test_names_of_the_cpu() -> None:
    for specifier in ("@numpy", "-1", -1, np.int64(-2), np.int8(-1), CpuDevice()):
        assert get_device(specifier) == CpuDevice()
    assert str(CpuDevice()) == "@numpy"
    assert repr(CpuDevice()) == "<CpuDevice (numpy)>"
    assert len({CpuDevice(), CpuDevice()}) == 1


@pytest.mark.parametrize("name", ["@numpy:0", "@cupy", "@foo", "@cupy:x", "@cupy:-1", "@intel64:0", "@"])
def test_names_of_nothing(name: str) -> None:
    with pytest.raises(ValueError, match="expected '@numpy', '@cupy:N', '@intel64' or an integer as device"):
        get_device(name)


@pytest.mark.parametrize("name", ["numpy", "cpu", "", "native:x", "intel64", "native:-1"])
def test_names_without_at_are_chainerxs(name: str) -> None:
    with pytest.raises(RuntimeError, match=rf"expected 'native:N' or 'cuda:N' as ChainerX's device, got '{name}'"):
        get_device(name)


@pytest.mark.parametrize("specifier", [None, np, 1.5, (0,), ("native", 0), np.array(-1), np.True_])
def test_specifiers_of_another_kind(specifier: object) -> None:
    with pytest.raises(TypeError, match="a device specifier is a Device, an integer or a string, got"):
        get_device(specifier)


@pytest.mark.parametrize("specifier", [0, True, np.int32(1), "@cupy:0", "0", " 1", "cuda:0", "cuda"])
def test_a_gpu_without_cupy_says_what_to_install(specifier: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(RuntimeError, match=r"needs CuPy.*install dwbridge with its extra 'cuda13'"):
        get_device(specifier)


def test_intel64_is_understood_and_not_there() -> None:
    for make in (Intel64Device, lambda: get_device("@intel64")):
        with pytest.raises(RuntimeError, match="iDeep is not available: use the device '@numpy'"):
            make()
    assert Intel64Device.from_array(np.zeros(1)) is None


def test_device_of_arrays() -> None:
    assert CpuDevice.from_array(np.zeros(1)) == CpuDevice()
    assert CpuDevice.from_array([1]) is None
    assert GpuDevice.from_array(np.zeros(1)) is None
    assert ChainerxDevice.from_array(np.zeros(1)) is None
    assert get_device_from_array() == get_device_from_array(np.zeros(1), [1]) == CpuDevice()


def test_using_a_device() -> None:
    with using_device("@numpy"):
        pass
    with using_device("native:0"):
        pass
    CpuDevice().use()
    with pytest.raises(ValueError, match="@foo"):
        using_device("@foo")
    with pytest.raises(RuntimeError, match="a device is no context manager: use `with using_device"), CpuDevice():
        pass


def test_sending_lists() -> None:
    x = np.ones(3)
    sent = CpuDevice().send([x, None, x])
    assert sent[0] is x
    assert sent[1:] == [None, x]
    assert CpuDevice().send((x,)) == (x,)
    assert CpuDevice().send(None) is None
    np.testing.assert_array_equal(CpuDevice().send(2.5), np.array(2.5))
    with pytest.raises(TypeError, match="expected an array or a scalar to send to @numpy, got object"):
        CpuDevice().send(object())


def test_sending_to_the_cpu_keeps_the_array() -> None:
    x = np.ones(3)
    assert CpuDevice().send(x) is x
    assert get_array_module(x) is np


def test_no_import_of_cupy_to_tell_arrays_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: object, **kwargs: object) -> object:
        assert not name.startswith("cupy")
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert is_array(np.zeros(1))
    assert not is_array([0.0])


def test_copyto_keeps_the_destinations_type() -> None:
    dst = np.zeros(3, np.float16)
    copyto(dst, np.array([1.0, 2.0, 0.1]))
    np.testing.assert_array_equal(dst, np.array([1, 2, 0.1], np.float16))


def test_floating_types() -> None:
    import ml_dtypes

    assert all(map(is_floating, (np.float16, np.float32, np.float64, ml_dtypes.bfloat16)))
    assert not any(map(is_floating, (np.int32, np.bool_, np.complex64)))
    assert compute_dtype(ml_dtypes.bfloat16) == np.float32
    assert compute_dtype(np.int16) == np.int16
