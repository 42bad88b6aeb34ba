"""Where arrays live: devices, the array library of an array, transfers, floating types."""

from dwbridge.backend.arrays import Array, copyto, get_array_module, is_array, is_cupy_array
from dwbridge.backend.device import CpuDevice, Device, GpuDevice, get_device, get_device_from_array
from dwbridge.backend.dtypes import compute_dtype, is_floating

__all__ = [
    "Array",
    "CpuDevice",
    "Device",
    "GpuDevice",
    "compute_dtype",
    "copyto",
    "get_array_module",
    "get_device",
    "get_device_from_array",
    "is_array",
    "is_cupy_array",
    "is_floating",
]
