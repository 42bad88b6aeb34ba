"""Where arrays live: devices, the array library of an array, transfers, ChainerX's names, floating types."""

from dwbridge.backend.arrays import (
    Array,
    are_on_one_gpu,
    are_together,
    are_where_they_compute,
    copyto,
    get_array_module,
    has_nan,
    is_array,
    is_cupy_array,
    on_device_of,
    place_of,
)
from dwbridge.backend.chainerx import (
    ChainerxDevice,
    from_chainerx,
    from_chx,
    to_chainerx,
    to_chx,
    with_chainerx_name,
    without_chainerx_name,
)
from dwbridge.backend.device import CpuDevice, Device, Intel64Device
from dwbridge.backend.dtypes import compute_dtype, is_floating
from dwbridge.backend.gpu_device import GpuDevice
from dwbridge.backend.specifiers import get_device, get_device_from_array, using_device
from dwbridge.backend.tagged import ChainerxArray, common_tag, like, tagged, untagged

__all__ = [
    "Array",
    "ChainerxArray",
    "ChainerxDevice",
    "CpuDevice",
    "Device",
    "GpuDevice",
    "Intel64Device",
    "are_on_one_gpu",
    "are_together",
    "are_where_they_compute",
    "common_tag",
    "compute_dtype",
    "copyto",
    "from_chainerx",
    "from_chx",
    "get_array_module",
    "get_device",
    "get_device_from_array",
    "has_nan",
    "is_array",
    "is_cupy_array",
    "is_floating",
    "like",
    "on_device_of",
    "place_of",
    "tagged",
    "to_chainerx",
    "to_chx",
    "untagged",
    "using_device",
    "with_chainerx_name",
    "without_chainerx_name",
]
