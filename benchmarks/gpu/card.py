"""The device and its software, as a result names them."""

from __future__ import annotations

import sys
from typing import Any


def card(cupy: Any) -> dict[str, Any]:
    """Name, compute capability, memory, second-level cache, driver and runtime (as CUDA writes them: 13020 is 13.2)."""
    device, runtime = cupy.cuda.Device(), cupy.cuda.runtime
    properties = runtime.getDeviceProperties(device.id)
    return {
        "name": properties["name"].decode(),
        "compute_capability": device.compute_capability,
        "memory": properties["totalGlobalMem"],
        "cache": properties["l2CacheSize"],
        "driver": runtime.driverGetVersion(),
        "runtime": runtime.runtimeGetVersion(),
    }


def versions(cupy: Any, torch: Any) -> dict[str, dict[str, str]]:
    """Of everybody who takes part."""
    import numpy as np

    from dwbridge.version import VERSION

    python = sys.version.split()[0]
    own = {"python": python, "dwbridge": VERSION, "numpy": np.__version__, "cupy": cupy.__version__}
    if torch is None:
        return {"dwbridge": own}
    cudnn = str(torch.backends.cudnn.version())
    return {"dwbridge": own, "torch": {"torch": torch.__version__, "cuDNN": cudnn}}
