"""Networks and ONNX models that several tests look at."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from dwbridge import Chain
from dwbridge import functions as F
from dwbridge import links as L


class SmallNet(Chain):
    """A stem, a depthwise block with multiplier 2 and stride 2, a residual sum, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.stem = L.Convolution2D(3, 4, 3, pad=1)
            self.block = Chain()
            self.fc = L.Linear(6, 5)
        with self.block.init_scope():
            self.block.dw = L.DepthwiseConvolution2D(4, 2, 3, stride=2, pad=1, nobias=True)
            self.block.bn = L.BatchNormalization(8)
            self.block.pw = L.Convolution2D(8, 6, 1)

    def forward(self, x: Any) -> Any:
        h = F.relu6(self.block.bn(self.block.dw(F.relu(self.stem(x)))))
        h = self.block.pw(h)
        return self.fc(F.mean(h + h * 0.5, axis=(2, 3)))


def trained_statistics(net: Chain) -> Chain:
    """The network after a few batches have gone through, so that its running statistics are nobody's default."""
    for _ in range(3):
        net(np.random.normal(1, 2, (4, 3, 9, 8)).astype(net.stem.b.dtype))
    return net


def one_node(
    op_type: str,
    inputs: dict[str, np.ndarray],
    constants: dict[str, np.ndarray] | None = None,
    *,
    order: list[str] | None = None,
    outputs: int = 1,
    opset: int = 17,
    as_constant_nodes: bool = False,
    **attributes: Any,
) -> onnx.ModelProto:
    """A model of one node; `inputs` are examples of the graph's inputs, `constants` its tensors."""
    constants = constants or {}
    names = order or [*inputs, *constants]
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op_type, names, results, name="the_node", **attributes)
    nodes = [node]
    tensors = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    if as_constant_nodes:
        nodes = [*(helper.make_node("Constant", [], [t.name], value=t) for t in tensors), node]
        tensors = []
    graph = helper.make_graph(
        nodes,
        "one_node",
        [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(a.dtype), a.shape)
            for n, a in inputs.items()
        ],
        [helper.make_tensor_value_info(results[0], TensorProto.FLOAT, [f"d{i}" for i in range(99)])],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    return _with_inferred_outputs(model)


def _with_inferred_outputs(model: onnx.ModelProto) -> onnx.ModelProto:
    for output in model.graph.output:
        output.ClearField("type")
    inferred = onnx.shape_inference.infer_shapes(model)
    for output, found in zip(model.graph.output, inferred.graph.output, strict=True):
        output.CopyFrom(found)
        output.type.tensor_type.shape.SetInParent()  # an empty shape where none could be inferred
        output.type.tensor_type.elem_type = output.type.tensor_type.elem_type or TensorProto.FLOAT
    return model
