"""onnxruntime's CPU and CUDA execution providers, each alone; `onnxruntime_session` has the proof.

Comparing float32 needs float32: cuDNN may use TF32 whatever `use_tf32` says, unless the environment variable
NVIDIA_TF32_OVERRIDE=0 stands before the process's first CUDA call. Where it is too late for that, and for the other
setting once one has been used, the provider runs in a process of its own (`tf32`, `own_process`).
`missing()` proves CUDA by running a convolution on it.
"""

import contextlib
import importlib
import io

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from dwbridge.exporters.errors import first_line
from dwbridge.exporters.runtimes import own_process, tf32
from dwbridge.exporters.runtimes.onnxruntime_session import CPU, CUDA, FATAL, prepare
from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError

#: The algorithm then follows from the shapes alone; EXHAUSTIVE takes whichever was faster this time.
SEARCH = {"cudnn_conv_algo_search": "HEURISTIC"}


class OnnxRuntimeCpu:
    """onnxruntime on the CPU, with its default optimizations and number of threads."""

    name = "onnxruntime-cpu"

    def missing(self) -> str | None:
        """None where onnxruntime can be imported."""
        return _import_problem("cpu")

    def prepare(self, model: ModelProto) -> Run:
        """Opens a session on the CPU provider; see `Runtime.prepare`."""
        return prepare(model, CPU, {})


class OnnxRuntimeCuda:
    """onnxruntime on an NVIDIA GPU, without any fallback.

    Args:
        tf32: whether products may be TF32's: factors of 11 bits, sums in float32. They are judged by that roundoff.

    Attributes:
        repeats: how often everything is run; the spread between the runs is reported.
        unit_roundoff: of products, where that is not their type's.
    """

    repeats = 3

    def __init__(self, tf32: bool = False) -> None:
        self.tf32 = tf32
        self.name = "onnxruntime-cuda-tf32" if tf32 else "onnxruntime-cuda"
        self.unit_roundoff = 2.0**-11 if tf32 else None

    def missing(self) -> str | None:
        """None where a convolution was just computed, correctly, by the CUDA provider."""
        problem = _import_problem("cuda13")
        if problem is not None:
            return problem
        module = importlib.import_module("onnxruntime")
        # A provider that is not listed is not there; that it is listed proves nothing.
        if CUDA not in module.get_available_providers():
            return (
                f"the installed onnxruntime {module.__version__} has no CUDA provider "
                "(pip uninstall onnxruntime, then install the extra cuda13 or cuda12)"
            )
        return _failed_proof(self)

    def prepare(self, model: ModelProto) -> Run:
        """Opens a session on the CUDA provider alone, in a process where TF32 is as it should be.

        See `Runtime.prepare`.
        """
        if not tf32.settle(self.tf32):
            return own_process.prepare(self.name, model, tf32.environment(self.tf32))
        _load_cuda_libraries()
        return prepare(model, CUDA, {"use_tf32": str(int(self.tf32)), **SEARCH})


def _import_problem(extra: str) -> str | None:
    try:
        importlib.import_module("onnxruntime")
    except ImportError as error:
        if getattr(error, "name", None) == "onnxruntime":
            return f"onnxruntime is not installed (extra {extra})"
        return f"onnxruntime cannot be imported: {first_line(error)} (reinstall the extra {extra})"
    return None


def _load_cuda_libraries() -> None:
    # It finds the libraries of the nvidia-* wheels, and prints about those that it does not find.
    module = importlib.import_module("onnxruntime")
    module.set_default_logger_severity(FATAL)
    if hasattr(module, "preload_dlls"):
        with contextlib.redirect_stdout(io.StringIO()):
            module.preload_dlls()


def _failed_proof(runtime: OnnxRuntimeCuda) -> str | None:
    mend = "needs an NVIDIA driver, and the CUDA and cuDNN libraries that the extra cuda13 or cuda12 brings"
    x = np.arange(32, dtype=np.float32).reshape(1, 2, 4, 4)
    try:
        (y,) = runtime.prepare(_doubling_model())({"x": x})
    except (NoKernelError, RunError) as error:
        return f"the CUDA provider does not run here: {first_line(error)} ({mend})"
    if not np.array_equal(y, 2 * x):
        return (
            f"the CUDA provider computes a wrong convolution: expected twice the input, came {y.ravel()[:4]} ({mend})"
        )
    return None


def _doubling_model() -> ModelProto:
    """A depthwise 1x1 convolution of (1, 2, 4, 4) by 2: exact in every arithmetic."""
    shape = [1, 2, 4, 4]
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy")
    W = numpy_helper.from_array(np.full((2, 1, 1, 1), 2, np.float32), "W")
    graph = helper.make_graph([helper.make_node("Conv", ["x", "W"], ["y"], "proof", group=2)], "proof", [x], [y], [W])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
