"""The `onnx.backend` face: dwbridge as a backend of the onnx package, computing with its own kernels on the CPU.

import dwbridge.exporters.onnx_backend as backend
backend.prepare(model).run([x])
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx.backend.base import Backend, BackendRep

from dwbridge.autograd import as_array
from dwbridge.configuration import no_backprop_mode, using_config
from dwbridge.exporters.errors import BridgeError
from dwbridge.exporters.inspection import inspect
from dwbridge.exporters.load import load
from dwbridge.exporters.network import Network


class DwbridgeBackendRep(BackendRep):
    """A loaded network, ready to run in inference mode."""

    def __init__(self, network: Network) -> None:
        self.network = network

    def run(self, inputs: Any, **kwargs: Any) -> tuple[np.ndarray, ...]:
        """Computes the outputs.

        Args:
            inputs: one array for each input of the graph, in order; an array alone for a graph with one input.
            kwargs: accepted for the interface's sake.
        """
        arrays = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        with using_config("train", False), no_backprop_mode():
            outputs = self.network(*arrays)
        results = outputs if isinstance(outputs, tuple) else (outputs,)
        return tuple(as_array(y) for y in results)


class DwbridgeBackend(Backend):
    """See `onnx.backend.base.Backend`."""

    @classmethod
    def is_compatible(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> bool:
        """Whether every node can be loaded."""
        return cls.supports_device(device) and inspect(model).supported

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> DwbridgeBackendRep:
        """Loads a model.

        Raises:
            BridgeError: if the device is not the CPU, or the model cannot be loaded.
        """
        if not cls.supports_device(device):
            raise BridgeError(f"the backend computes on 'CPU', got device {device!r}")
        return DwbridgeBackendRep(load(model))

    @classmethod
    def run_model(
        cls, model: onnx.ModelProto, inputs: Any, device: str = "CPU", **kwargs: Any
    ) -> tuple[np.ndarray, ...]:
        """Loads a model and computes its outputs."""
        return cls.prepare(model, device).run(inputs)

    @classmethod
    def run_node(
        cls,
        node: onnx.NodeProto,
        inputs: Any,
        device: str = "CPU",
        outputs_info: Sequence[tuple[np.dtype, tuple[int, ...]]] | None = None,
        **kwargs: Any,
    ) -> tuple[np.ndarray, ...]:
        """Computes one node on arrays, all of which are inputs; what must be constant (weights) is made so.

        Raises:
            BridgeError: if the operator is not supported.
        """
        names = [name for name in node.input if name]
        arrays = dict(zip(names, inputs, strict=True))
        first, *constants = names
        graph = onnx.helper.make_graph(
            [node],
            "node",
            [_value_info(first, arrays[first])],
            [onnx.helper.make_tensor_value_info(name, 0, None) for name in node.output if name],
            [onnx.numpy_helper.from_array(np.ascontiguousarray(arrays[name]), name) for name in constants],
        )
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)], ir_version=10)
        for output in model.graph.output:
            output.ClearField("type")
        return cls.run_model(onnx.shape_inference.infer_shapes(model), [arrays[first]], device)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Whether the device is the CPU."""
        return device.partition(":")[0] == "CPU"


def _value_info(name: str, array: np.ndarray) -> onnx.ValueInfoProto:
    return onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)


is_compatible = DwbridgeBackend.is_compatible
prepare = DwbridgeBackend.prepare
run_model = DwbridgeBackend.run_model
run_node = DwbridgeBackend.run_node
supports_device = DwbridgeBackend.supports_device
