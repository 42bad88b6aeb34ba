"""A loaded network: a Chain that runs a graph's nodes, trains, and exports again under the file's names."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dwbridge.autograd import Variable
from dwbridge.backend import is_array
from dwbridge.configuration import no_backprop_mode, using_config
from dwbridge.exporters.errors import BridgeError
from dwbridge.exporters.graph_reader import ValueInfo
from dwbridge.links import Chain, DeviceResidentsVisitor


@dataclasses.dataclass(frozen=True)
class Step:
    """One node to run.

    Attributes:
        name: the node's name in the file, possibly empty.
        label: how messages name the node.
        call: what computes it, from the values of `inputs` to one variable or a tuple.
        inputs, outputs: names of values.
    """

    name: str
    label: str
    call: Callable[..., Any]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Network(Chain):
    """A loaded graph as a link. Built by `exporters.load`.

    Its children are the links of the file's nodes, under the names that the file gives their weights. `network(x)` runs
    the nodes in order; dropout and batch normalization follow `config.train`, as in any link.

    Attributes:
        inputs (tuple of ValueInfo): the graph's inputs, in the order of the call's arguments.
        output_names (tuple of str): names of the graph's outputs, in order.
        opset, ir_version (int), graph_name (str): of the file.
        initializer_names (dict): path of a parameter -> name of its initializer, where they differ.
        on_step: called with every step and its results; None: nothing is. A tracer learns the nodes' names from it.
    """

    def __init__(
        self,
        inputs: Sequence[ValueInfo],
        output_names: Sequence[str],
        *,
        opset: int,
        ir_version: int,
        graph_name: str,
    ) -> None:
        super().__init__()
        self.inputs = tuple(inputs)
        self.output_names = tuple(output_names)
        self.opset, self.ir_version, self.graph_name = opset, ir_version, graph_name
        self.initializer_names: dict[str, str] = {}
        self._steps: list[Step] = []
        self._fixed: dict[str, Any] = {}
        self._last_use: dict[str, int] = {}
        self.on_step: Callable[[Step, tuple[Variable, ...]], None] | None = None

    def set_program(self, steps: Sequence[Step], fixed: Mapping[str, Any]) -> None:
        """Sets the nodes to run, and the values that are there before the first one (constants and parameters)."""
        self._steps = list(steps)
        self._fixed = dict(fixed)
        self._last_use = {name: k for k, step in enumerate(steps) for name in step.inputs}

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        # Those that are parameters have moved with their links.
        self._fixed = {name: visitor.visit_array(v) if is_array(v) else v for name, v in self._fixed.items()}

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the graph's inputs."""
        return tuple(info.name for info in self.inputs)

    @property
    def input_shapes(self) -> list[tuple[int | str, ...]]:
        """Shapes of the graph's inputs; dimensions that vary are strings."""
        return [info.shape for info in self.inputs]

    def forward(self, *xs: Any) -> Any:
        """Runs the graph.

        Args:
            xs: arrays or variables, one for each input of the graph.

        Returns:
            A variable, or a tuple if the graph has several outputs.

        Raises:
            BridgeError: if the number of inputs, a dtype, a rank or a fixed dimension does not fit.
        """
        values = self._given(xs)
        wanted = set(self.output_names)
        for k, step in enumerate(self._steps):
            self._run(step, values)
            for name in set(step.inputs):
                # What no later node reads is let go, so that memory does not grow with depth.
                if self._last_use[name] == k and name not in wanted:
                    values.pop(name, None)
        results = tuple(values[name] for name in self.output_names)
        return results[0] if len(results) == 1 else results

    def compute(self, feeds: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Every value of the graph by name, in inference mode.

        Args:
            feeds: one array for each input of the graph, by name.

        Raises:
            BridgeError: if an input is missing or does not fit.
        """
        missing = [name for name in self.input_names if name not in feeds]
        if missing:
            raise BridgeError(f"expected inputs {list(self.input_names)}, missing {missing}")
        with using_config("train", False), no_backprop_mode():
            values = self._given([feeds[name] for name in self.input_names])
            for step in self._steps:
                self._run(step, values)
        return {name: getattr(value, "array", value) for name, value in values.items()}

    def example_inputs(self, batch: int = 2) -> tuple[np.ndarray, ...]:
        """Zeros for every input, with `batch` for the first dimension if that varies.

        Raises:
            BridgeError: if another dimension varies.
        """
        examples = []
        for info in self.inputs:
            shape = [batch if axis == 0 and isinstance(size, str) else size for axis, size in enumerate(info.shape)]
            if any(isinstance(size, str) for size in shape):
                raise BridgeError(f"input {info.name!r} has the shape {info.shape}: give example inputs for it")
            examples.append(np.zeros([int(size) for size in shape], dtype=info.dtype))
        return tuple(examples)

    def _given(self, xs: Sequence[Any]) -> dict[str, Any]:
        if len(xs) != len(self.inputs):
            raise BridgeError(f"expected {len(self.inputs)} inputs {list(self.input_names)}, got {len(xs)}")
        for info, x in zip(self.inputs, xs, strict=True):
            fits = x.dtype == info.dtype and len(x.shape) == len(info.shape)
            if not fits or any(isinstance(a, int) and a != b for a, b in zip(info.shape, x.shape, strict=True)):
                raise BridgeError(
                    f"input {info.name!r} must be {info.dtype} of shape {info.shape}, got {x.dtype} of shape {x.shape}"
                )
        return {**self._fixed, **dict(zip(self.input_names, xs, strict=True))}

    def _run(self, step: Step, values: dict[str, Any]) -> None:
        try:
            result = step.call(*(values[name] for name in step.inputs))
        except Exception as error:
            error.add_note(f"while running {step.label}")
            raise
        results: tuple[Variable, ...] = result if isinstance(result, tuple) else (result,)
        if self.on_step is not None:
            self.on_step(step, results)
        values.update(zip(step.outputs, results, strict=False))
