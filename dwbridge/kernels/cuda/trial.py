"""Whether the CUDA kernels run here: a small depthwise convolution, compiled, launched, and compared with NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from dwbridge.backend import GpuDevice, using_device
from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import depthwise
from dwbridge.kernels.errors import CannotCompileError
from dwbridge.kernels.reference import depthwise as reference

WINDOW = Window2D.of(3, 1, 1, 1)


def problem(device: GpuDevice) -> str | None:
    """Why the kernels do not run on a device, in one line; None where they were just seen to."""
    # Small integers: every product and sum is exact, in any order.
    x, W = (
        np.arange(size, dtype=np.float32).reshape(shape) for size, shape in ((128, (1, 2, 8, 8)), (18, (1, 2, 3, 3)))
    )
    try:
        with using_device(device):
            y: Any = depthwise.forward(device.send(x), device.send(W), None, WINDOW).get()
    except CannotCompileError as error:
        return f"a kernel does not compile: {_first_line(error)}"
    except Exception as error:  # CuPy has many, and a missing compiler or missing headers are among them
        return f"a kernel does not run: {_first_line(error)}"
    if not np.array_equal(y, reference.forward(x, W, None, WINDOW)):
        return f"a kernel gives wrong numbers: {y.ravel()[:4]} ..."
    return None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
