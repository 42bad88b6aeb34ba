"""The opsets that are written: the versions of their files, and the types that their operators take."""

from __future__ import annotations

import functools

import numpy as np
import onnx
from onnx import TensorProto, helper

from dwbridge.exporters.errors import UnsupportedError

#: opset -> the lowest ir_version that it may be written with
IR_VERSIONS = {13: 7, 14: 7, 15: 8, 16: 8, 17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10}

DEFAULT_OPSET = 17


def element_type(dtype: np.dtype) -> int:
    """ONNX's number of a type.

    Raises:
        UnsupportedError: if ONNX has no tensors of it.

    Example:
        >>> element_type(np.dtype(np.float32)) == TensorProto.FLOAT
        True
    """
    try:
        return helper.np_dtype_to_tensor_dtype(dtype)
    except (KeyError, ValueError):
        raise UnsupportedError(f"ONNX has no tensors of {dtype}") from None


def input_name(op_type: str, opset: int, position: int) -> str:
    """ONNX's name of an operator's input; the last one may stand for several.

    Example:
        >>> input_name("Conv", 17, 1), input_name("Concat", 17, 2)
        ('W', 'inputs')
    """
    return _formal(op_type, opset, position).name


def check_input(op_type: str, opset: int, position: int, dtype: np.dtype) -> None:
    """Whether an operator takes an input of this type.

    Raises:
        UnsupportedError: if it does not, with the types that it takes and the first later opset in which it would.

    Example:
        >>> check_input("Conv", 17, 0, np.dtype(np.int32))
        Traceback (most recent call last):
        ...
        dwbridge.exporters.errors.UnsupportedError: X of Conv in opset 17: expected double, float or float16, got int32
    """
    name = f"tensor({TensorProto.DataType.Name(element_type(dtype)).lower()})"
    formal = _formal(op_type, opset, position)
    if name in formal.types:
        return
    later = (o for o in IR_VERSIONS if o > opset and name in _formal(op_type, o, position).types)
    since = next((f" (from opset {o} on)" for o in later), "")
    *most, last = sorted(each.removeprefix("tensor(").removesuffix(")") for each in formal.types)
    expected = f"{', '.join(most)} or {last}" if most else last
    raise UnsupportedError(f"{formal.name} of {op_type} in opset {opset}: expected {expected}, got {dtype}{since}")


@functools.cache
def _formal(op_type: str, opset: int, position: int) -> onnx.defs.OpSchema.FormalParameter:
    inputs = onnx.defs.get_schema(op_type, opset).inputs
    return inputs[min(position, len(inputs) - 1)]
