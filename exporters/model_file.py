"""Reading and writing ONNX files: limits before anything is allocated, the checker in full, atomic saves."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import onnx
from google.protobuf.message import DecodeError

from dwbridge.exporters.errors import ModelFileError, first_line
from dwbridge.serializers.atomic import write_atomically

Source: TypeAlias = str | os.PathLike[str] | bytes | onnx.ModelProto


@dataclasses.dataclass(frozen=True)
class Limits:
    """What a model may cost.

    Attributes:
        file_bytes: size of the file.
        nodes: nodes of the graph, subgraphs included.
        tensor_bytes: all tensors together, by their declared shapes.
    """

    file_bytes: int = 2 << 30
    nodes: int = 100_000
    tensor_bytes: int = 4 << 30


def read_model(source: Source, *, base_dir: Any = None, limits: Limits | None = None) -> onnx.ModelProto:
    """A checked model.

    Args:
        source: a path, the bytes of a file, or a model, which is checked as well.
        base_dir: reserved for weights in files beside the model, which are refused for now.
        limits: what the model may cost; None: `Limits()`.

    Raises:
        ModelFileError: if there is no such file, it is no ONNX model, the checker refuses it, it keeps weights in other
            files, or it exceeds a limit.
    """
    limits = Limits() if limits is None else limits
    model: onnx.ModelProto
    if isinstance(source, onnx.ModelProto):
        model, where = source, "model"
    else:
        where = "model" if isinstance(source, bytes) else os.fspath(source)
        model = _parse(_read_bytes(source, limits), where)
    _check_cost(model, where, limits)
    if not model.graph.output:
        raise ModelFileError(f"{where}: the model has no outputs")
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, ValueError) as error:
        raise ModelFileError(f"{where}: not a valid ONNX model: {first_line(error)}") from error
    return model


def _read_bytes(source: str | os.PathLike[str] | bytes, limits: Limits) -> bytes:
    if isinstance(source, bytes):
        size, content = len(source), source
    else:
        path = Path(source)
        if not path.exists():
            raise ModelFileError(f"{path}: no such file")
        if not path.is_file():
            raise ModelFileError(f"{path}: not a file")
        size, content = path.stat().st_size, b""
    if size > limits.file_bytes:
        raise ModelFileError(f"a model file may have {limits.file_bytes} bytes, this one has {size}")
    if isinstance(source, bytes):
        return content
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read: {error.strerror}") from error


def _parse(content: bytes, where: str) -> onnx.ModelProto:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise ModelFileError(f"{where}: not an ONNX file ({len(content)} bytes that are no ModelProto)") from error
    if not model.ir_version or not model.HasField("graph"):
        raise ModelFileError(f"{where}: not an ONNX file (no IR version or no graph in it)")
    return model


def _check_cost(model: onnx.ModelProto, where: str, limits: Limits) -> None:
    nodes = sum(len(graph.node) for graph in _graphs(model.graph))
    if nodes > limits.nodes:
        raise ModelFileError(f"{where}: a model may have {limits.nodes} nodes, this one has {nodes}")
    total = 0
    for name, tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise ModelFileError(f"{where}: tensor {name!r} is kept in another file, which is not supported")
        total += _tensor_bytes(tensor, where, name)
    if total > limits.tensor_bytes:
        raise ModelFileError(f"{where}: tensors may have {limits.tensor_bytes} bytes, these have {total}")


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    todo = [graph]
    while todo:
        graph = todo.pop()
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    todo.append(attribute.g)
                todo.extend(attribute.graphs)


def _tensors(model: onnx.ModelProto) -> Iterator[tuple[str, onnx.TensorProto]]:
    for graph in _graphs(model.graph):
        for tensor in graph.initializer:
            yield tensor.name, tensor
        for sparse in graph.sparse_initializer:
            raise ModelFileError(f"sparse initializer {sparse.values.name!r} is not supported")
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield f"{node.name}.{attribute.name}", attribute.t


def _tensor_bytes(tensor: onnx.TensorProto, where: str, name: str) -> int:
    if any(size < 0 for size in tensor.dims):
        raise ModelFileError(f"{where}: tensor {name!r} has a negative dimension: {list(tensor.dims)}")
    if tensor.data_type not in onnx.helper.get_all_tensor_dtypes():
        raise ModelFileError(f"{where}: tensor {name!r} has the unknown data type {tensor.data_type}")
    itemsize = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    size = math.prod(tensor.dims) * itemsize
    if tensor.HasField("raw_data") and tensor.data_type != onnx.TensorProto.STRING:
        packed = size if itemsize > 1 else len(tensor.raw_data)  # types below a byte are packed
        if len(tensor.raw_data) != packed:
            raise ModelFileError(
                f"{where}: tensor {name!r} of {list(tensor.dims)} needs {packed} bytes, it has {len(tensor.raw_data)}"
            )
    return size


def save_model(model: onnx.ModelProto, destination: Any) -> None:
    """Writes a model: to a path, in one step (the old file or the whole new one is there), or to a binary file object.

    Raises:
        OSError: if the file cannot be written.
    """
    content = model.SerializeToString(deterministic=True)
    if hasattr(destination, "write"):
        destination.write(content)
    else:
        write_atomically(destination, lambda file: file.write(content))
