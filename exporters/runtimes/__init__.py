"""The runtimes on which a model can be verified, by name. The table's order is the order in every report."""

from collections.abc import Sequence

from dwbridge.exporters.errors import BridgeError
from dwbridge.exporters.runtimes.native import NativeCompiled, NativeCuda, NativeNumpy
from dwbridge.exporters.runtimes.onnxruntime import OnnxRuntimeCpu, OnnxRuntimeCuda
from dwbridge.exporters.runtimes.reference import Reference
from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError, Runtime

__all__ = ["RUNTIMES", "NoKernelError", "Run", "RunError", "Runtime", "selected"]

RUNTIMES: dict[str, Runtime] = {
    "native-numpy": NativeNumpy(),
    "native-compiled": NativeCompiled(),
    "native-cuda": NativeCuda(),
    "onnxruntime-cpu": OnnxRuntimeCpu(),
    "onnxruntime-cuda": OnnxRuntimeCuda(),
    "onnxruntime-cuda-tf32": OnnxRuntimeCuda(tf32=True),
    "reference": Reference(),
}


def selected(runtimes: Sequence[str | Runtime] | None = None) -> list[Runtime]:
    """Runtimes by name; an object that is a runtime itself stands for itself; None stands for the whole table.

    Raises:
        BridgeError: for a name that is not in the table.

    Example:
        >>> [runtime.name for runtime in selected(['reference', 'native-numpy'])]
        ['reference', 'native-numpy']
    """
    if runtimes is None:
        return list(RUNTIMES.values())
    if isinstance(runtimes, str):
        runtimes = [runtimes]
    return [_named(runtime) if isinstance(runtime, str) else runtime for runtime in runtimes]


def _named(name: str) -> Runtime:
    if name not in RUNTIMES:
        raise BridgeError(f"unknown runtime {name!r}: expected one of {', '.join(RUNTIMES)}")
    return RUNTIMES[name]
