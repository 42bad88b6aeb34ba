"""onnxruntime: a session with one Conv, forward only; W and b are initializers that are not inputs.

Constant weights let it choose its blocked layout. `forward/bound` leaves the output in the runtime's own memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def versions() -> dict[str, str]:
    """Versions of what computes."""
    import onnxruntime

    return {"onnxruntime": onnxruntime.__version__}


def start(threads: int) -> None:
    """Nothing: a session has its own threads."""


def calls(arrays: dict[str, Any], stride: int, pad: int, threads: int) -> dict[str, Callable[[], Any]]:
    """`forward`: `session.run`; `forward/bound`: the same with IO binding."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(_model(arrays, stride, pad), options, providers=["CPUExecutionProvider"])
    x = arrays["x"]
    binding = session.io_binding()
    binding.bind_ortvalue_input("x", onnxruntime.OrtValue.ortvalue_from_numpy(x))
    binding.bind_output("y", "cpu")

    def bound() -> Any:
        session.run_with_iobinding(binding)
        return binding.get_outputs()

    return {"forward": lambda: session.run(None, {"x": x}), "forward/bound": bound}


def _model(arrays: dict[str, Any], stride: int, pad: int) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    multiplier, channels, kh, kw = arrays["W"].shape
    W = arrays["W"].transpose(1, 0, 2, 3).reshape(channels * multiplier, 1, kh, kw).copy()
    node = helper.make_node(
        "Conv", ["x", "W", "b"], ["y"], group=channels, strides=[stride, stride], pads=[pad] * 4, kernel_shape=[kh, kw]
    )
    graph = helper.make_graph(
        [node],
        "depthwise",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, arrays["x"].shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, arrays["gy"].shape)],
        [numpy_helper.from_array(W, "W"), numpy_helper.from_array(arrays["b"], "b")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
