"""Where a verification ran: what somebody needs who gets other numbers."""

import importlib.metadata
import os
import platform

PACKAGES = ("dwbridge", "numpy", "numba", "onnx", "onnxruntime", "onnxruntime-gpu", "cupy-cuda13x", "cupy-cuda12x")


def environment() -> dict[str, str]:
    """Python, machine, number of processors, and the version of each package that is installed and takes part.

    >>> sorted(set(environment()) & {'python', 'machine', 'onnx'})
    ['machine', 'onnx', 'python']
    """
    system = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "processors": str(os.cpu_count()),
    }
    return system | {package: version for package in PACKAGES if (version := _version(package)) is not None}


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
