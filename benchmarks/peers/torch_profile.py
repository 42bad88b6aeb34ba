"""Where torch's step goes, from torch.profiler: inclusive times of the operators that modules and autograd call.

Convolutions are told apart by the shapes of their weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

#: operator -> kind; those of convolutions follow from shapes
KINDS = {
    "aten::batch_norm": "batch_norm forward",
    "NativeBatchNormBackward0": "batch_norm backward",
    "aten::layer_norm": "layer_norm forward",
    "NativeLayerNormBackward0": "layer_norm backward",
    "aten::relu_": "activation forward",
    "aten::relu6_": "activation forward",
    "aten::hardtanh_": "activation forward",
    "aten::gelu": "activation forward",
    "ReluBackward0": "activation backward",
    "HardtanhBackward0": "activation backward",
    "HardtanhBackward1": "activation backward",
    "GeluBackward0": "activation backward",
    "aten::add": "add forward",
    "AddBackward0": "add backward",
    "aten::add_": "add forward",
    "aten::mean": "global_mean forward",
    "MeanBackward1": "global_mean backward",
    "aten::linear": "linear forward",
    "AddmmBackward0": "linear backward",
    "aten::cross_entropy_loss": "loss forward",
    "NllLossBackward0": "loss backward",
    "LogSoftmaxBackward0": "loss backward",
    "aten::_fused_adam_": "optimizer",
}
# relu6_ calls hardtanh_: the inner one is not counted again; add_ is what autograd sums gradients with.
NESTED = {"aten::hardtanh_"}


def profiled(call: Callable[[], Any]) -> dict[str, float]:
    """Milliseconds for each kind in one call; `the rest` is what is left of the call's time under the profiler."""
    import torch

    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], record_shapes=True) as record:
        start = time.perf_counter()
        call()
        total = 1e3 * (time.perf_counter() - start)
    found: dict[str, float] = {}
    for event in record.events():
        if kind := kind_of(event):
            found[kind] = found.get(kind, 0.0) + event.cpu_time_total / 1e3
    return {**found, "the rest": total - sum(found.values()), "step": total}


def kind_of(event: Any) -> str | None:
    """The kind of an operator; None for one that stands inside another."""
    name = event.name.removeprefix("autograd::engine::evaluate_function: ")
    if event.name == "aten::conv2d":
        return f"{convolution(event.input_shapes[1])} forward"
    if event.name == "aten::convolution_backward":
        return f"{convolution(event.input_shapes[2])} backward"
    if name == event.name and name.endswith(("Backward0", "Backward1")):
        return None  # it stands inside the engine's event of the same name
    parent = event.cpu_parent.name if event.cpu_parent else ""
    accumulates = name == "aten::add_" and parent and "AccumulateGrad" not in parent
    if accumulates or (name in NESTED and parent in KINDS):
        return None
    return KINDS.get(name)


def convolution(W: Sequence[int]) -> str:
    """'depthwise', 'pointwise' or 'dense'."""
    return "depthwise" if W[1] == 1 else "pointwise" if tuple(W[2:]) == (1, 1) else "dense"
