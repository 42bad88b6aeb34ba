"""Where dwbridge's step goes, from a function hook: what passes inside each `forward` and inside each `backward`.

`the rest` is everything outside of them: type checks, variables, the graph, layers, the backward pass's queue, memory
that is freed. Functions that are applied between backwards (sums of gradients) are in the forward of their kind.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from dwbridge.autograd import FunctionHook
from dwbridge.optimizers import Adam

KINDS = {
    "BatchNormalization": "batch_norm",
    "LayerNormalization": "layer_norm",
    "ReLU": "activation",
    "ClippedReLU": "activation",
    "Gelu": "activation",
    "Add": "add",
    "Mean": "global_mean",
    "Sum": "global_mean",
    "Linear": "linear",
    "LinearFunction": "linear",
    "SoftmaxCrossEntropy": "loss",
}


class Profile(FunctionHook):
    """Seconds for each kind and direction, and the number of functions applied."""

    name = "Profile"

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.functions = 0
        self._starts: list[float] = []

    def forward_preprocess(self, function: Any, in_data: Any) -> None:
        self.functions += 1
        self._starts.append(time.perf_counter())

    def backward_preprocess(self, function: Any, in_data: Any, out_grad: Any) -> None:
        self._starts.append(time.perf_counter())

    def forward_postprocess(self, function: Any, in_data: Any) -> None:
        self._stop(function, in_data, "forward")

    def backward_postprocess(self, function: Any, in_data: Any, out_grad: Any) -> None:
        self._stop(function, in_data, "backward")

    def _stop(self, function: Any, in_data: Any, direction: str) -> None:
        elapsed = time.perf_counter() - self._starts.pop()
        if not self._starts:  # a function inside a backward is in its time
            kind = f"{kind_of(function, in_data)} {direction}"
            self.seconds[kind] = self.seconds.get(kind, 0.0) + elapsed


def kind_of(function: Any, in_data: Any) -> str:
    """The kind of an operator; its own name where it has none."""
    name = function.label
    if name.startswith("DepthwiseConvolution2D"):
        return "depthwise"
    if name.startswith("Convolution2D"):
        return "pointwise" if in_data[1].shape[2:] == (1, 1) else "dense"
    return KINDS.get(name, name)


def profiled(call: Callable[[], Any]) -> dict[str, float]:
    """Milliseconds for each kind in one call; `the rest` is what is left of the call's time."""
    hook, updates = Profile(), Timed(Adam.update)
    Adam.update = lambda *arguments: updates(*arguments)  # type: ignore[method-assign]
    try:
        start = time.perf_counter()
        with hook:
            call()
        total = time.perf_counter() - start
    finally:
        Adam.update = updates.call  # type: ignore[method-assign]
    found = {**hook.seconds, "optimizer": updates.seconds}
    found |= {"the rest": total - sum(found.values()), "step": total}
    return {kind: 1e3 * seconds for kind, seconds in found.items()} | {"functions applied": hook.functions}


class Timed:
    """A callable that sums up its seconds."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call, self.seconds = call, 0.0

    def __call__(self, *arguments: Any) -> Any:
        start = time.perf_counter()
        try:
            return self.call(*arguments)
        finally:
            self.seconds += time.perf_counter() - start
