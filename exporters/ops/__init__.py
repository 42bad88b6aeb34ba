"""Operators on both sides: one file each, and the table of them all.

A function finds its translation by its class, a node by its operator; of several that fit a node, the first that
matches is taken. What has no translation is listed with the reason.
"""

from __future__ import annotations

from dwbridge.autograd import FunctionNode
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.ops import (
    absolute,
    add,
    average_pooling_2d,
    broadcast_to,
    cast,
    clipped_relu,
    concat,
    convolution_2d,
    cos,
    depthwise_convolution_2d,
    div,
    dropout,
    erf,
    exp,
    fixed_batch_normalization,
    floor,
    gelu,
    get_item,
    hard_sigmoid,
    hard_swish,
    identity,
    layer_normalization,
    leaky_relu,
    linear,
    log,
    log_softmax,
    matmul,
    max_pooling_2d,
    mean,
    mul,
    neg,
    power,
    relu,
    reshape,
    sigmoid,
    sin,
    softmax,
    softmax_cross_entropy,
    split_axis,
    sqrt,
    square,
    sub,
    sum,
    swish,
    tan,
    tanh,
    transpose,
)
from dwbridge.exporters.ops.translation import Reading, Translation, Write

TRANSLATIONS: tuple[Translation, ...] = (
    depthwise_convolution_2d.translation,
    convolution_2d.translation,
    linear.translation,
    fixed_batch_normalization.translation,
    layer_normalization.translation,
    relu.translation,
    clipped_relu.translation,
    leaky_relu.translation,
    sigmoid.translation,
    hard_sigmoid.translation,
    hard_swish.translation,
    swish.translation,
    gelu.translation,
    gelu.tanh_translation,
    erf.translation,
    sin.translation,
    cos.translation,
    tan.translation,
    tanh.translation,
    average_pooling_2d.translation,
    max_pooling_2d.translation,
    mean.translation,
    mean.global_translation,
    sum.translation,
    add.translation,
    sub.translation,
    square.translation,
    mul.translation,
    div.translation,
    matmul.translation,
    neg.translation,
    absolute.translation,
    exp.translation,
    log.translation,
    sqrt.translation,
    floor.translation,
    power.translation,
    power.variable_translation,
    concat.translation,
    split_axis.translation,
    reshape.translation,
    reshape.flatten_translation,
    transpose.translation,
    get_item.translation,
    get_item.gather_translation,
    broadcast_to.translation,
    softmax.translation,
    log_softmax.translation,
    softmax_cross_entropy.translation,
    identity.translation,
    cast.translation,
    dropout.translation,
)

_GRADIENT = "a gradient; gradients are not exported yet"

#: label of a function -> why it is not written
WITHOUT_TRANSLATION: dict[str, str] = {
    "Accuracy": "a measure taken while training, not part of a deployed network",
    "BatchNormalization": "normalizes by the batch's statistics; inference mode uses fixed_batch_normalization",
    "Dropout": "random; in inference mode it computes nothing",
    "SumTo": "the gradient of broadcasting; gradients are not exported yet",
    "GetItemGradient": _GRADIENT,
    "ActivationGradient": _GRADIENT,
    "AveragePooling2DGradient": _GRADIENT,
    "BatchNormalizationGradient": _GRADIENT,
    "LayerNormalizationGradient": _GRADIENT,
    "MaxPooling2DGradient": _GRADIENT,
    "MaxPooling2DGather": _GRADIENT,
    "SoftmaxCrossEntropyGradient": _GRADIENT,
    "DataGradient": _GRADIENT,
    "WeightGradient": _GRADIENT,
}


def writer_of(function: FunctionNode) -> Write:
    """What writes an applied function.

    Raises:
        UnsupportedError: if there is none; the message says why.
    """
    for translation in TRANSLATIONS:
        if translation.function is type(function) and translation.write is not None:
            return translation.write
    reason = WITHOUT_TRANSLATION.get(type(function).__name__, "no translation is known")
    raise UnsupportedError(f"cannot be exported: {reason}")


def translation_of(node: Node, graph: Graph) -> Translation:
    """The translation of a node.

    Raises:
        UnsupportedError: if its operator is not known.
    """
    if node.domain not in ("", "ai.onnx"):
        raise UnsupportedError(f"operators of domain {node.domain!r} are not supported")
    for translation in TRANSLATIONS:
        if translation.op_type == node.op_type and translation.matches(node, graph):
            return translation
    raise UnsupportedError(f"operator {node.op_type} is not supported")


__all__ = ["TRANSLATIONS", "WITHOUT_TRANSLATION", "Reading", "Translation", "translation_of", "writer_of"]
