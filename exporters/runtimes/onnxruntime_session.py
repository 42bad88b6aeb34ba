"""A session of onnxruntime on one provider, with proof of it: what is asked for runs, or nothing.

onnxruntime falls back to the CPU behind one's back: its wheel for GPUs lists CUDA among the available providers on
machines without a GPU, and a session that asked for CUDA opens, and runs, on the CPU. A misspelt provider option ends
in the same place. Therefore

* a session gets one provider and the keys that forbid the fallback: `session.disable_cpu_ep_fallback` for nodes and
  `enable_fallback=0` for onnxruntime's Python layer, which else catches an error and tries again on the CPU;
* after opening, and after running, the session is asked which providers it has, which options they took and, where its
  version can tell, to which of them each node went.

Arithmetic on shapes is done on the CPU even under CUDA. A model that has some is opened again without the first key,
and its nodes on the CPU are then looked at one by one: those that give integers may be there, no others.
"""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, shape_inference

from dwbridge.exporters.errors import first_line
from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
FATAL = 4  # onnxruntime's severity: everything below is said by exceptions, and must not be said twice on stderr

FALLEN_BACK = "assigned to the default CPU EP"
NO_KERNEL = ("NOT_IMPLEMENTED", FALLEN_BACK)

#: what gives shapes, indices and conditions
EXACT = {TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL}


def prepare(model: ModelProto, provider: str, options: Mapping[str, str]) -> Run:
    """Opens a session on a provider, with these options of it; see `Runtime.prepare`."""
    _refuse_bfloat16(model)
    session = _opened(model, provider, options)
    on_cpu = set() if provider == CPU else _exact_nodes(model)
    _prove(session, provider, options, on_cpu)
    outputs = [output.name for output in model.graph.output]

    def run(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        try:
            values = list(session.run(outputs, dict(feeds)))
        except Exception as error:
            raise _translated(error) from error
        # Running may have fallen back as well: what the session says now is what counts.
        _prove(session, provider, options, on_cpu)
        return values

    return run


def _opened(model: ModelProto, provider: str, options: Mapping[str, str]) -> Any:
    try:
        return _session(model, provider, options, strict=provider != CPU)
    except Exception as error:
        told = hasattr(importlib.import_module("onnxruntime").InferenceSession, "get_provider_graph_assignment_info")
        if provider == CPU or FALLEN_BACK not in str(error) or not told or not _exact_nodes(model):
            raise _translated(error) from error
    try:
        return _session(model, provider, options, strict=False)
    except Exception as error:
        raise _translated(error) from error


def _session(model: ModelProto, provider: str, options: Mapping[str, str], strict: bool) -> Any:
    module = importlib.import_module("onnxruntime")
    given = module.SessionOptions()
    given.log_severity_level = FATAL
    given.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    if strict:
        given.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    providers = [(provider, dict(options))]
    return module.InferenceSession(model.SerializeToString(), given, providers=providers, enable_fallback=0)


def _exact_nodes(model: ModelProto) -> set[str]:
    """The names of nodes that give integers or conditions only: arithmetic on shapes."""
    graph = shape_inference.infer_shapes(model).graph
    values = (*graph.input, *graph.value_info, *graph.output)
    exact = {value.name for value in values if value.type.tensor_type.elem_type in EXACT}
    return {node.name for node in graph.node if node.name and exact.issuperset(filter(None, node.output))}


def _prove(session: Any, provider: str, options: Mapping[str, str], on_cpu: set[str]) -> None:
    providers = session.get_providers()
    if providers[0] != provider:
        raise RunError(f"onnxruntime fell back: expected {provider}, came {', '.join(providers)}")
    taken = session.get_provider_options().get(provider, {})
    for name, value in options.items():
        if taken.get(name) != value:
            raise RunError(f"onnxruntime did not take an option: expected {name}={value}, came {taken.get(name)}")
    strays = _strays(session, provider, on_cpu)
    if strays:
        raise RunError(f"onnxruntime fell back: expected every node on {provider}, came {', '.join(strays)}")


def _strays(session: Any, provider: str, on_cpu: set[str]) -> list[str]:
    """The nodes that went to another provider, as 'name (operator) on provider'."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return []
    return [
        f"{node.name!r} ({node.op_type}) on {part.ep_name}"
        for part in session.get_provider_graph_assignment_info()
        if part.ep_name != provider
        for node in part.get_nodes()
        if not (part.ep_name == CPU and node.name in on_cpu)
    ]


def _refuse_bfloat16(model: ModelProto) -> None:
    values = [*model.graph.input, *model.graph.output]
    if any(value.type.tensor_type.elem_type == TensorProto.BFLOAT16 for value in values):
        raise NoKernelError("onnxruntime's Python interface takes and returns no bfloat16 arrays")


def _translated(error: Exception) -> NoKernelError | RunError:
    line = first_line(error)
    return NoKernelError(line) if any(mark in line for mark in NO_KERNEL) else RunError(line)
