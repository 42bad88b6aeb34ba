"""softmax_cross_entropy <-> SoftmaxCrossEntropyLoss.

ONNX's mean divides by the weights of the labels that count: that is `normalize=True` without class weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dwbridge import functions as F
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.graph_writer import GraphWriter, Value
from dwbridge.exporters.ops.rounding import error_of, gamma
from dwbridge.exporters.ops.translation import Arrays, Reading, Translation
from dwbridge.functions.softmax_cross_entropy import SoftmaxCrossEntropy


def write(function: SoftmaxCrossEntropy, inputs: Sequence[Value], graph: GraphWriter) -> Sequence[str]:
    if function.reduce == "mean" and not function.normalize:
        raise UnsupportedError("normalize=False: ONNX's mean divides by the number of labels that count")
    if function.reduce == "mean" and function.class_weight is not None:
        raise UnsupportedError("class_weight with reduce='mean': ONNX's mean divides by the sum of the weights")
    reduction = "mean" if function.reduce == "mean" else "none"
    weight = [] if function.class_weight is None else [np.asarray(function.class_weight, inputs[0].dtype)]
    operands: list[Value | np.ndarray] = [*inputs, *weight]
    return graph.node("SoftmaxCrossEntropyLoss", operands, reduction=reduction, ignore_index=function.ignore_label)


def read(node: Node, graph: Graph) -> Reading:
    reduction = node.attribute("reduction", "mean")
    if reduction not in ("mean", "none"):
        raise UnsupportedError(f"reduction {reduction!r}: expected 'mean' or 'none'")
    if any(node.outputs[1:]):
        raise UnsupportedError("the output of logarithms is not supported")
    weight = graph.constant(node, 2, "class weights") if node.input(2) else None
    if weight is not None and reduction == "mean":
        raise UnsupportedError("class weights with reduction 'mean' divide by the sum of the weights: not supported")
    settings = {
        "class_weight": weight,
        # Without the attribute no label is ignored; no label is the smallest integer.
        "ignore_label": node.attribute("ignore_index", np.iinfo(np.int32).min),
        "reduce": "mean" if reduction == "mean" else "no",
    }
    return Reading.of_function(
        "softmax_cross_entropy", lambda x, t: F.softmax_cross_entropy(x, t, **settings), node.input(0), node.input(1)
    )


def bound(node: Node, inputs: Arrays, errors: Arrays, u: float) -> list[np.ndarray]:
    """For one label: w (u (d + mean d) + gamma_(n+10) (1 + |log p|) + 2 max e), with d = max x - x over the classes.

    The logarithm of the sum of n exponentials moves by their relative error (see softmax); taking the logarithm and two
    subtractions round at most |log p| + d in magnitude. The mean over m labels adds gamma_(m+1) of itself.
    """
    x, t, *rest = inputs
    assert x is not None and t is not None
    labels = t.astype(np.int64)
    ignored = labels == node.attribute("ignore_index", np.iinfo(np.int32).min)
    at_label = np.where(ignored, 0, labels)
    e = np.broadcast_to(np.asarray(error_of(errors[0]), dtype=np.float64), x.shape)
    d = x.max(axis=1, keepdims=True, initial=-np.inf) - x
    p = F.softmax(x, axis=1).array
    with np.errstate(divide="ignore"):
        log_p = -np.log(np.take_along_axis(p, at_label[:, None], axis=1)[:, 0])
    mean_d = (p * d).sum(axis=1)
    d_label = np.take_along_axis(d, at_label[:, None], axis=1)[:, 0]
    loss = np.where(ignored, 0.0, np.minimum(log_p, d_label + np.log(x.shape[1])))
    one = u * (d_label + mean_d) + gamma(x.shape[1] + 10, u) * (1 + loss) + 2 * e.max(axis=1, initial=0.0)
    weight = np.ones(x.shape[1]) if not rest or rest[0] is None else rest[0]
    one = np.where(ignored, 0.0, weight[at_label] * one)
    if node.attribute("reduction", "mean") == "none":
        return [one]
    count = max(1, int((~ignored).sum()))
    return [np.asarray(one.sum() / count + gamma(count + 1, u) * (loss.sum() + one.sum()) / count)]


translation = Translation(
    SoftmaxCrossEntropy,
    "SoftmaxCrossEntropyLoss",
    write,
    read,
    bound,
    note="mean with normalize=True and no class weights, or no reduction",
)
