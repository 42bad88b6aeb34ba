"""Test cases in ONNX's format: a model with example inputs and the outputs that belong to them.

DIR/model.onnx    DIR/test_data_set_0/input_0.pb ...    DIR/test_data_set_0/output_0.pb ...
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from dwbridge.autograd import as_array
from dwbridge.configuration import no_backprop_mode, using_config
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.export import export
from dwbridge.exporters.trace import as_arguments
from dwbridge.links import Link
from dwbridge.serializers.atomic import write_atomically


def export_testcase(
    model: Link, args: Any, out_dir: str | os.PathLike[str], output_grad: bool = False, **keywords: Any
) -> onnx.ModelProto:
    """Exports a link together with its inputs and outputs, for other runtimes to be tested with.

    Args:
        model: the link.
        args: example inputs, an array or a sequence of them.
        out_dir: folder to write into; made if it is not there.
        output_grad: also write gradients; not supported yet.
        keywords: passed on to `export`.

    Raises:
        UnsupportedError: if the link cannot be exported, or gradients are asked for; nothing is written then.

    Example:
        >>> import os, tempfile, numpy as np
        >>> import dwbridge.links as L
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model = export_testcase(L.DepthwiseConvolution2D(3, 1, 3), np.zeros((1, 3, 5, 5), 'f'), folder)
        ...     sorted(os.listdir(folder)), sorted(os.listdir(f'{folder}/test_data_set_0'))
        (['model.onnx', 'test_data_set_0'], ['input_0.pb', 'output_0.pb'])
    """
    if output_grad:
        raise UnsupportedError("gradients in test cases are not supported: output_grad must be False")
    folder = Path(out_dir)
    inputs = as_arguments(args)
    proto = export(model, inputs, **keywords)
    with using_config("train", False), no_backprop_mode():
        result = model(*inputs)
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    _write(folder / "model.onnx", proto)
    _write_tensors(data, "input", [value.name for value in proto.graph.input], inputs)
    outputs = result if isinstance(result, (tuple, list)) else [result]
    _write_tensors(data, "output", [value.name for value in proto.graph.output], map(as_array, outputs))
    return proto


def _write_tensors(folder: Path, kind: str, names: Iterable[str], arrays: Iterable[np.ndarray]) -> None:
    for i, (name, array) in enumerate(zip(names, arrays, strict=False)):
        tensor = numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
        _write(folder / f"{kind}_{i}.pb", tensor)


def _write(path: Path, message: onnx.ModelProto | onnx.TensorProto) -> None:
    write_atomically(path, lambda file: file.write(message.SerializeToString(deterministic=True)))
