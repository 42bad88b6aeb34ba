"""What a run on a device demands: with DWBRIDGE_DEMAND_GPU=1, what can be there has to work."""

import importlib
import importlib.util
import os

from dwbridge.exporters.runtimes.onnxruntime_session import CUDA


def is_demanded() -> bool:
    """Whether a device has to be there."""
    return bool(os.environ.get("DWBRIDGE_DEMAND_GPU"))


def must_run(runtime: str) -> bool:
    """Whether a runtime of the verifier has to be there: onnxruntime's wheel may be the one for the CPU."""
    if not is_demanded():
        return False
    return runtime == "native-cuda" or _onnxruntime_has_cuda()


def _onnxruntime_has_cuda() -> bool:
    if importlib.util.find_spec("onnxruntime") is None:
        return False
    return CUDA in importlib.import_module("onnxruntime").get_available_providers()
