"""The demo's way over the bridge and back: snapshot, ONNX file, loaded network, and what has to be equal."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, numpy_helper

import dwbridge.links as L
from dwbridge import exporters
from dwbridge.cli.demo.checks import Check, all_equal, succeeds
from dwbridge.serializers import NpzArchive, save_npz

IMAGE_SHAPE = (1, 1, 8, 8)


@dataclasses.dataclass(frozen=True)
class Export:
    """The files that were written, and the model that one of them holds."""

    npz: Path
    onnx: Path
    proto: ModelProto
    checks: list[Check]


@dataclasses.dataclass(frozen=True)
class RoundTrip:
    """The network that was loaded from the ONNX file, and whether it is the one that was exported."""

    network: Any
    parameters: Check
    nodes: Check
    weights: Check

    @property
    def checks(self) -> list[Check]:
        """The three, in order."""
        return [self.parameters, self.nodes, self.weights]


def save_and_export(model: L.Classifier, out: Path) -> Export:
    """Writes `digits.npz` (the network with its loss) and `digits.onnx` (the network) and checks both."""
    npz, path = out / "digits.npz", out / "digits.onnx"
    save_npz(npz, model)
    proto = exporters.export(model.predictor, np.zeros(IMAGE_SHAPE, np.float32), filename=str(path))
    checks = [
        _snapshot_keys(npz, model),
        succeeds("onnx.checker in full", lambda: onnx.checker.check_model(str(path), full_check=True), "accepted"),
        succeeds(
            "strict shape inference",
            lambda: onnx.shape_inference.infer_shapes(proto, check_type=True, strict_mode=True),
            "accepted",
        ),
        _batch_is_symbolic(proto),
        _weights_are_plain(proto, model.predictor),
    ]
    return Export(npz, path, proto, checks)


def load_back(export: Export, predictor: L.Link) -> RoundTrip:
    """Loads the ONNX file into links and compares them, and what they export, with what was exported."""
    network = exporters.load(str(export.onnx))
    again = exporters.export(network)
    size = sum(len(data) for _, data in _tensors(export.proto))
    return RoundTrip(
        network,
        _parameters_are_equal(predictor, network),
        all_equal("nodes of a new export", _nodes(export.proto, again), "nodes"),
        all_equal("weights of a new export", _weights(export.proto, again), f"weights, {size:,} bytes"),
    )


def _snapshot_keys(npz: Path, model: L.Chain) -> Check:
    with NpzArchive(npz) as archive:
        pairs = [(path.lstrip("/") in archive, True) for path, _ in model.namedparams()]
    return all_equal("Chainer's key names", pairs, "parameters")


def _batch_is_symbolic(proto: ModelProto) -> Check:
    dims = [value.type.tensor_type.shape.dim[0] for value in (*proto.graph.input, *proto.graph.output)]
    names = {dim.dim_param for dim in dims}
    return Check("symbolic batch size", len(names) == 1 and "" not in names, ", ".join(map(repr, names)))


def _weights_are_plain(proto: ModelProto, predictor: L.Link) -> Check:
    """Every parameter is an initializer of its path's name, and every depthwise `Conv` reads one directly."""
    initializers = {tensor.name: tuple(tensor.dims) for tensor in proto.graph.initializer}
    paths = {path.lstrip("/") for path, _ in predictor.namedparams()}
    grouped = [node for node in proto.graph.node if node.op_type == "Conv" and _group(node) > 1]
    depthwise = [node for node in grouped if initializers.get(node.input[1], (0, 0))[1] == 1]
    held = paths <= set(initializers) and 0 < len(depthwise) == len(grouped)
    found = f"{len(paths & set(initializers))} of {len(paths)} parameters, {len(depthwise)} grouped Conv nodes"
    return Check("weights named by path", held, found)


def _group(node: NodeProto) -> int:
    return next((attribute.i for attribute in node.attribute if attribute.name == "group"), 1)


def _parameters_are_equal(predictor: L.Link, network: L.Link) -> Check:
    loaded = dict(network.namedparams())
    pairs = [(_bits(param), _bits(loaded.get(path))) for path, param in predictor.namedparams()]
    return all_equal("parameters bit for bit", pairs, "parameters")


def _bits(param: Any) -> Any:
    return None if param is None else (param.array.dtype, param.array.shape, param.array.tobytes())


def _nodes(first: ModelProto, second: ModelProto) -> list[tuple[object, object]]:
    return _pairs([_text(node) for node in first.graph.node], [_text(node) for node in second.graph.node])


def _weights(first: ModelProto, second: ModelProto) -> list[tuple[object, object]]:
    return _pairs(_tensors(first), _tensors(second))


def _tensors(proto: ModelProto) -> list[tuple[str, bytes]]:
    return [(tensor.name, numpy_helper.to_array(tensor).tobytes()) for tensor in proto.graph.initializer]


def _text(node: NodeProto) -> bytes:
    return node.SerializeToString(deterministic=True)


def _pairs(first: list[Any], second: list[Any]) -> list[tuple[object, object]]:
    """Entries side by side; what one list has more is paired with None."""
    length = max(len(first), len(second))
    return [(first[i] if i < len(first) else None, second[i] if i < len(second) else None) for i in range(length)]
