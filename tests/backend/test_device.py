"""Devices: names, errors, and arrays that stay where they are."""

import builtins
import importlib.util

import numpy as np
import pytest

from dwbridge.backend import CpuDevice, compute_dtype, copyto, get_array_module, get_device, is_array, is_floating


def test_names_of_the_cpu() -> None:
    for specifier in ("@numpy", "-1", -1, np.int64(-2), CpuDevice()):
        assert get_device(specifier) == CpuDevice()
    assert str(CpuDevice()) == "@numpy"
    assert repr(CpuDevice()) == "<CpuDevice (numpy)>"
    assert len({CpuDevice(), CpuDevice()}) == 1


@pytest.mark.parametrize("name", ["@numpy:0", "@cupy", "@foo", "cpu", "@cupy:x", ""])
def test_names_of_nothing(name: str) -> None:
    with pytest.raises(ValueError, match="expected '@numpy', '@cupy:N' or an integer as device"):
        get_device(name)


@pytest.mark.parametrize("specifier", [None, np, 1.5, (0,)])
def test_specifiers_of_another_kind(specifier: object) -> None:
    with pytest.raises(TypeError, match="a device specifier is a Device, an integer or a string, got"):
        get_device(specifier)


@pytest.mark.skipif(importlib.util.find_spec("cupy") is not None, reason="CuPy is installed")
@pytest.mark.parametrize("specifier", [0, "@cupy:0", "0"])
def test_a_gpu_without_cupy_says_what_to_install(specifier: object) -> None:
    with pytest.raises(RuntimeError, match=r"needs CuPy.*install dwbridge with its extra 'cuda13'"):
        get_device(specifier)


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
