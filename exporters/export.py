"""Export: a link and example inputs -> a checked ONNX model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from dwbridge.backend import is_floating
from dwbridge.exporters.errors import BridgeError, ModelFileError, UnsupportedError, first_line
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.model_file import read_model, save_model
from dwbridge.exporters.network import Network
from dwbridge.exporters.ops import writer_of
from dwbridge.exporters.opsets import DEFAULT_OPSET, IR_VERSIONS, element_type
from dwbridge.exporters.trace import Trace, as_arguments, trace
from dwbridge.links import Link
from dwbridge.version import VERSION

#: the name of the first dimension of every input and output that has the inputs' batch size
BATCH = "batch"


def export(
    model: Link,
    args: Any = None,
    filename: Any = None,
    export_params: bool = True,
    graph_name: str = "Graph",
    opset_version: int | None = None,
    input_names: str | Sequence[str] | None = None,
    output_names: str | Sequence[str] | None = None,
    train: bool = False,
    input_shapes: Any = None,
) -> onnx.ModelProto:
    """Exports a link as an ONNX model, from one traced forward pass in inference mode.

    Args:
        model: the link. Deferred parameters are initialised by the pass.
        args: example inputs, an array or a sequence of them; may be left out for a network from `exporters.load`.
        filename: where to write the model (a path, written in one step, or a binary file object); None: nowhere.
        export_params: write the parameters' values; otherwise the parameters become inputs of the graph.
        graph_name: name of the graph.
        opset_version: 13 to 22; None: 17, or a loaded network's own. The ir_version is the lowest that it allows.
        input_names, output_names: names of the graph's inputs and outputs; None: `input`, `output` (numbered where
            there are several), or a loaded network's own.
        train: export in training mode; not supported.
        input_shapes: shapes of the inputs with strings for dimensions that vary, one shape or one for each input;
            None: the example's, with the first dimension named `batch`.

    Returns:
        The model, checked in full and by strict shape inference.

    Raises:
        UnsupportedError: if an operator has no translation, or the opset cannot say it; every problem is listed.
        BridgeError: for arguments that do not fit.

    Example:
        >>> import numpy as np
        >>> import dwbridge.links as L
        >>> from dwbridge import exporters
        >>> model = exporters.export(L.DepthwiseConvolution2D(3, 2, 3, pad=1), np.zeros((1, 3, 8, 8), 'f'))
        >>> [(node.op_type, list(node.input)) for node in model.graph.node]
        [('Conv', ['input', 'W', 'b'])]
    """
    if train:
        raise UnsupportedError("export in training mode is not supported: train must be False")
    loaded = model if isinstance(model, Network) else None
    opset = opset_version or (loaded.opset if loaded else DEFAULT_OPSET)
    if opset not in IR_VERSIONS:
        raise BridgeError(f"opset_version must be {min(IR_VERSIONS)} to {max(IR_VERSIONS)}, got {opset}")
    if args is None:
        if loaded is None:
            raise BridgeError("export needs example inputs (args) for a link that was not loaded from a file")
        args = loaded.example_inputs()
    arrays = as_arguments(args)
    traced = trace(model, arrays)
    inputs = _names(input_names or (loaded.input_names if loaded else None), "input", len(traced.inputs))
    outputs = _names(output_names or (loaded.output_names if loaded else None), "output", len(traced.outputs))
    shapes = _input_shapes(input_shapes or (loaded.input_shapes if loaded else None), arrays)
    _check_dtypes(traced)
    writer = GraphWriter(opset, loaded.initializer_names if loaded else None)
    writer.reserve(*inputs, *outputs)
    _write(traced, writer, inputs, outputs)
    graph_name = loaded.graph_name if loaded and graph_name == "Graph" else graph_name
    proto = _assemble(writer, traced, inputs, outputs, shapes, graph_name, export_params)
    if filename is not None:
        save_model(proto, filename)
    return proto


def _names(given: str | Sequence[str] | None, default: str, count: int) -> list[str]:
    if given is None:
        return [default] if count == 1 else [f"{default}_{i}" for i in range(count)]
    names = [given] if isinstance(given, str) else list(given)
    if len(names) != count or len(set(names)) != count:
        raise BridgeError(f"expected {count} different {default} names, got {names}")
    return names


def _input_shapes(given: Any, arrays: Sequence[np.ndarray]) -> list[tuple[int | str, ...]]:
    if given is None:
        return [(BATCH, *array.shape[1:]) if array.ndim else () for array in arrays]
    shapes = [given] if given and not isinstance(given[0], (tuple, list)) else list(given)
    for shape, array in zip(shapes, arrays, strict=False):
        fits = len(shape) == array.ndim and all(
            isinstance(a, str) or a == b for a, b in zip(shape, array.shape, strict=True)
        )
        if not fits:
            raise BridgeError(f"input shape {tuple(shape)} does not fit the example's {array.shape}")
    if len(shapes) != len(arrays):
        raise BridgeError(f"expected {len(arrays)} input shapes, got {len(shapes)}")
    return [tuple(shape) for shape in shapes]


def _check_dtypes(traced: Trace) -> None:
    """Every parameter has the network's floating type: that of its first floating input."""
    used = {id(x.array) for record in traced.records for x in record.inputs}
    network = next((x.dtype for x in traced.inputs if is_floating(x.dtype)), None)
    problems = [
        f"parameter {path!r} is {array.dtype}, the network computes in {network}"
        for path, array in traced.named
        if network is not None and id(array) in used and is_floating(array.dtype) and array.dtype != network
    ]
    if problems:
        raise UnsupportedError(problems)


def _write(traced: Trace, writer: GraphWriter, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Translates the records. Values are known by their variable, or by their array where that was passed on bare."""
    values: dict[int, Value] = {id(array): Value(array, path=path) for path, array in traced.named}
    for x, name in zip(traced.inputs, inputs, strict=True):
        values[id(x)] = values[id(x.array)] = Value(x.array, name)
    problems: list[str] = []

    def value_of(x: Any) -> Value:
        return values.get(id(x)) or values.get(id(x.array)) or Value(x.array)

    for k, record in enumerate(traced.records):
        try:
            write = writer_of(record.function)
            writer.name_next(*traced.node_names.get(id(record.outputs[0]), ("", "")))
            names = write(record.function, [value_of(x) for x in record.inputs], writer)
        except UnsupportedError as error:
            problems.extend(f"function {k} ({record.function.label}): {problem}" for problem in error.problems)
            names = tuple(f"untranslated_{k}_{i}" for i in range(len(record.outputs)))
        for y, name in zip(record.outputs, names, strict=True):
            values[id(y)] = values[id(y.array)] = Value(y.array, name)
    if problems:
        raise UnsupportedError(problems)
    _name_outputs([value_of(y) for y in traced.outputs], writer, inputs, outputs)


def _name_outputs(results: Sequence[Value], writer: GraphWriter, inputs: Sequence[str], names: Sequence[str]) -> None:
    final = {name: name for name in inputs}  # what a value's name has become, for those that have their last one
    for result, name in zip(results, names, strict=True):
        if result.name is None or result.name in final:
            # An input, a parameter, or a value that is an output already: a node of its own gives it the name.
            (identity,) = writer.node("Identity", [final.get(result.name or "", result)])
            writer.rename(identity, name)
        else:
            writer.rename(result.name, name)
            final[result.name] = name


def _assemble(
    writer: GraphWriter,
    traced: Trace,
    inputs: Sequence[str],
    outputs: Sequence[str],
    shapes: Sequence[tuple[int | str, ...]],
    graph_name: str,
    export_params: bool,
) -> onnx.ModelProto:
    infos = [
        helper.make_tensor_value_info(name, element_type(x.dtype), shape)
        for name, x, shape in zip(inputs, traced.inputs, shapes, strict=True)
    ]
    initializers = [numpy_helper.from_array(array, name) for name, array in writer.initializers.items()]
    if not export_params:
        infos += [helper.make_tensor_value_info(t.name, t.data_type, list(t.dims)) for t in initializers]
        initializers = []
    untyped = [
        helper.make_tensor_value_info(name, element_type(y.dtype), None)
        for name, y in zip(outputs, traced.outputs, strict=True)
    ]
    graph = helper.make_graph(writer.nodes, graph_name, infos, untyped, initializers)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", writer.opset)],
        ir_version=IR_VERSIONS[writer.opset],
        producer_name="dwbridge",
        producer_version=VERSION,
    )
    try:
        _infer_output_shapes(model, traced)
        return read_model(model)
    except (onnx.shape_inference.InferenceError, ModelFileError) as error:
        raise BridgeError(f"the exported model does not pass ONNX's checker: {first_line(error)}") from error


def _infer_output_shapes(model: onnx.ModelProto, traced: Trace) -> None:
    """Gives the outputs the shapes that strict inference finds; a dimension that it leaves open gets a name."""
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    for output, found, y in zip(model.graph.output, inferred.graph.output, traced.outputs, strict=True):
        known = found.type.tensor_type.shape.dim
        shape: list[int | str] = [f"{output.name}_dim_{axis}" for axis in range(len(known) or y.ndim)]
        for axis, dim in enumerate(known):
            if dim.HasField("dim_value") or dim.dim_param:
                shape[axis] = dim.dim_value if dim.HasField("dim_value") else dim.dim_param
        output.CopyFrom(helper.make_tensor_value_info(output.name, output.type.tensor_type.elem_type, shape))
