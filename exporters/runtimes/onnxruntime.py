"""onnxruntime's CPU and CUDA execution providers, each alone: what runs is what was asked for, or nothing.

onnxruntime falls back to the CPU behind one's back: its wheel for GPUs lists CUDA among the available providers on
machines without a GPU, and a session that asked for CUDA opens, and runs, on the CPU. Therefore

* a session gets one provider and the keys that forbid the fallback: `session.disable_cpu_ep_fallback` for nodes and
  `enable_fallback=0` for onnxruntime's Python layer, which else catches an error and tries again on the CPU;
* after opening, the session is asked which providers it has and, where its version can tell, to which of them each
  node went;
* `missing()` proves CUDA by running a convolution on it.

So a model with nodes that onnxruntime prefers to keep on the CPU (arithmetic on shapes) has no kernel on CUDA here.
Comparing float32 needs float32: cuDNN may use TF32 whatever `use_tf32` says, unless the environment variable
NVIDIA_TF32_OVERRIDE=0 stands before the process's first CUDA call; it is set here, before the first session.
"""

import contextlib
import importlib
import io
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError, first_line

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
FATAL = 4  # onnxruntime's severity: everything below is said by exceptions, and must not be said twice on stderr

CUDA_OPTIONS = {
    "use_tf32": "0",
    # The algorithm then follows from the shapes alone; EXHAUSTIVE takes whichever was faster this time.
    "cudnn_conv_algo_search": "HEURISTIC",
}

NO_KERNEL = ("NOT_IMPLEMENTED", "assigned to the default CPU EP")


class OnnxRuntimeCpu:
    """onnxruntime on the CPU, with its default optimizations and number of threads."""

    name = "onnxruntime-cpu"

    def missing(self) -> str | None:
        """None where onnxruntime can be imported."""
        return _import_problem("cpu")

    def prepare(self, model: ModelProto) -> Run:
        """Opens a session on the CPU provider; see `Runtime.prepare`."""
        return _prepare(model, CPU, {})


class OnnxRuntimeCuda:
    """onnxruntime on an NVIDIA GPU, without TF32 and without any fallback."""

    name = "onnxruntime-cuda"

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
        """Opens a session on the CUDA provider alone; see `Runtime.prepare`."""
        os.environ["NVIDIA_TF32_OVERRIDE"] = "0"
        _load_cuda_libraries()
        return _prepare(model, CUDA, CUDA_OPTIONS)


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


def _prepare(model: ModelProto, provider: str, provider_options: dict[str, str]) -> Run:
    _refuse_bfloat16(model)
    module = importlib.import_module("onnxruntime")
    try:
        session = module.InferenceSession(
            model.SerializeToString(),
            _session_options(module, provider),
            providers=[(provider, provider_options)],
            enable_fallback=0,
        )
    except Exception as error:
        raise _translated(error) from error
    _check_provider(session, provider)
    outputs = [output.name for output in model.graph.output]

    def run(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        try:
            values = list(session.run(outputs, dict(feeds)))
        except Exception as error:
            raise _translated(error) from error
        # Running may have fallen back as well: what the session says now is what counts.
        _check_provider(session, provider)
        return values

    return run


def _session_options(module: Any, provider: str) -> Any:
    options = module.SessionOptions()
    options.log_severity_level = FATAL
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    if provider != CPU:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    return options


def _check_provider(session: Any, provider: str) -> None:
    providers = session.get_providers()
    if providers[0] != provider:
        raise RunError(f"onnxruntime fell back: expected {provider}, came {', '.join(providers)}")
    strays = _strays(session, provider)
    if strays:
        raise RunError(f"onnxruntime fell back: expected every node on {provider}, came {', '.join(strays)}")


def _strays(session: Any, provider: str) -> list[str]:
    """The nodes that went to another provider, as 'name (operator) on provider'."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return []
    return [
        f"{node.name!r} ({node.op_type}) on {part.ep_name}"
        for part in session.get_provider_graph_assignment_info()
        if part.ep_name != provider
        for node in part.get_nodes()
    ]


def _refuse_bfloat16(model: ModelProto) -> None:
    values = [*model.graph.input, *model.graph.output]
    if any(value.type.tensor_type.elem_type == TensorProto.BFLOAT16 for value in values):
        raise NoKernelError("onnxruntime's Python interface takes and returns no bfloat16 arrays")


def _translated(error: Exception) -> NoKernelError | RunError:
    line = first_line(error)
    return NoKernelError(line) if any(mark in line for mark in NO_KERNEL) else RunError(line)
