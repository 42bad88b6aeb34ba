"""Writing a graph: names, initializers, constants and nodes, in the order in which they are needed.

What training may change is an initializer, named by its path in the link (`conv/W`); what it may not is a Constant
node. Nodes are named `<link path>/<operator>` where they have parameters, `<operator>_<k>` otherwise; an output has its
node's name.
"""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.opsets import check_input, input_name


@dataclasses.dataclass(frozen=True)
class Value:
    """What a function is applied to, or gives.

    Attributes:
        array: the array of the traced pass.
        name: the value's name in the graph; None for an array that has none yet.
        path: the path of the parameter or persistent array that this is; None for others.
    """

    array: np.ndarray
    name: str | None = None
    path: str | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype


class GraphWriter:
    """A graph in the making, for one opset.

    Args:
        opset: version of ONNX's default operator set.
        initializer_names: names for parameters whose path is not their name (a loaded file keeps its own).
    """

    def __init__(self, opset: int, initializer_names: Mapping[str, str] | None = None) -> None:
        self.opset = opset
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, np.ndarray] = {}
        self._initializer_names = dict(initializer_names or {})
        self._taken: set[str] = set()
        self._counts: collections.Counter[str] = collections.Counter()
        self._next_names: tuple[str, str] = ("", "")

    def name_next(self, node: str, output: str) -> None:
        """Names the next node and its first output, as far as these names are free; `''` leaves it to the rule."""
        self._next_names = node, output

    def reserve(self, *names: str) -> None:
        """Keeps names from being given to anything else."""
        self._taken.update(names)

    def node(
        self,
        op_type: str,
        inputs: Sequence[Value | str | np.ndarray | None],
        *,
        parameters: Mapping[int, np.ndarray] | None = None,
        outputs: int = 1,
        **attributes: Any,
    ) -> tuple[str, ...]:
        """Appends a node.

        Args:
            op_type: ONNX's name of the operator.
            inputs: values; names of values; arrays, which become Constant nodes; None for an input that is left out.
            parameters: arrays under which parameters among the inputs (by position) are written, where ONNX's layout is
                not the link's.
            outputs: how many.
            attributes: the node's; None leaves one out.

        Returns:
            The names of the outputs.

        Raises:
            UnsupportedError: if the operator takes no input of such a type in this opset.
        """
        for i, value in enumerate(inputs):
            if value is not None and not isinstance(value, str):  # whose type follows from the node that gives it
                check_input(op_type, self.opset, i, value.dtype)
        wanted, output = self._next_names
        self._next_names = ("", "")
        name = self._unique(wanted) if wanted and wanted not in self._taken else self._node_name(op_type, inputs)
        first = self._unique(output) if output and output not in self._taken else name
        names = []
        for i, value in enumerate(inputs):
            label = f"{name}/{input_name(op_type, self.opset, i)}"
            names.append(self._input(value, (parameters or {}).get(i), label))
        results = tuple(first if i == 0 else self._unique(f"{name}/{i}") for i in range(outputs))
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(op_type, names, results, name=name, **given))
        return results

    def constant(self, array: np.ndarray, name: str) -> str:
        """Appends a Constant node."""
        name = self._unique(name)
        tensor = numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape))
        self.nodes.append(helper.make_node("Constant", [], [name], name=name, value=tensor))
        return name

    def initializer(self, path: str, array: np.ndarray) -> str:
        """Adds a parameter under its path, or under the name that it is to have.

        Raises:
            UnsupportedError: if it is there already with other contents (one parameter in two layouts).
        """
        name = self._initializer_names.get(path, path)
        array = np.ascontiguousarray(array).reshape(array.shape)
        before = self.initializers.get(name)
        if before is None:
            self._taken.add(name)
            self.initializers[name] = array
        elif before.shape != array.shape or before.tobytes() != array.tobytes():
            raise UnsupportedError(f"parameter {path!r} is used in two layouts: {before.shape} and {array.shape}")
        return name

    def rename(self, old: str, new: str) -> None:
        """Gives a value another name, everywhere."""
        for node in self.nodes:
            for names in (node.input, node.output):
                names[:] = [new if name == old else name for name in names]

    def _input(self, value: Value | str | np.ndarray | None, layout: np.ndarray | None, label: str) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, np.ndarray):
            return self.constant(value, label)
        if value.path is not None:
            return self.initializer(value.path, value.array if layout is None else layout)
        if value.name is not None:
            return value.name
        return self.constant(value.array if layout is None else layout, label)

    def _node_name(self, op_type: str, inputs: Sequence[Any]) -> str:
        paths = [value.path for value in inputs if isinstance(value, Value) and value.path is not None]
        owner = self._initializer_names.get(paths[0], paths[0]).rpartition("/")[0] if paths else ""
        if owner:
            return self._unique(f"{owner}/{op_type}")
        while True:
            name = f"{op_type}_{self._counts[op_type]}"
            self._counts[op_type] += 1
            if name not in self._taken:
                return self._unique(name)

    def _unique(self, name: str) -> str:
        candidate, k = name, 0
        while candidate in self._taken:
            k += 1
            candidate = f"{name}_{k}"
        self._taken.add(candidate)
        return candidate
