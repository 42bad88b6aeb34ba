"""Load: an ONNX file -> a Chain that runs, trains and exports again.

First every node is looked up and read, and all problems are collected; only a model without any becomes a network.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from dwbridge.autograd import Parameter
from dwbridge.backend import is_floating
from dwbridge.exporters.errors import UnsupportedError
from dwbridge.exporters.graph_reader import Graph, Node
from dwbridge.exporters.model_file import Limits, Source, read_model
from dwbridge.exporters.network import Network, Step
from dwbridge.exporters.ops import Reading, translation_of
from dwbridge.links import Chain, Link

#: Versions of ONNX's default operator set that are read; those that are written, too.
READ_OPSETS = range(13, 23)


def load(source: Source, *, base_dir: Any = None, limits: Limits | None = None) -> Network:
    """Loads an ONNX model as a link.

    Weights become parameters of links, bit for bit; running statistics become persistent arrays. `conv/W` of the file
    is the parameter `/conv/W` of the network. Names of other forms are kept for the next export.

    Args:
        source: a path, the bytes of a file, or a model.
        base_dir: reserved for weights in files beside the model, which are refused for now.
        limits: what the model may cost; None: `model_file.Limits()`.

    Raises:
        ModelFileError: if it is no valid ONNX model.
        UnsupportedError: if it has nodes that cannot be translated; all of them are listed.

    Example:
        >>> import numpy as np
        >>> import dwbridge.links as L
        >>> from dwbridge import exporters
        >>> link = L.DepthwiseConvolution2D(3, 2, 3, pad=1)
        >>> model = exporters.export(link, np.zeros((1, 3, 8, 8), 'f'))
        >>> network = exporters.load(model)
        >>> bool((network.Conv_0.W.array == link.W.array).all())
        True
    """
    graph = Graph.of(read_model(source, base_dir=base_dir, limits=limits))
    readings, problems = read_nodes(graph)
    if problems:
        raise UnsupportedError([problem for _, problem in problems])
    return _Builder(graph).build(readings)


def read_nodes(graph: Graph) -> tuple[list[Reading], list[tuple[Node | None, str]]]:
    """What every node becomes, and everything that stands against it: (node, or None for the model, reason)."""
    if graph.opset not in READ_OPSETS:
        known = f"{READ_OPSETS.start} to {READ_OPSETS.stop - 1}"
        return [], [(None, f"the model uses opset {graph.opset}; opsets {known} are supported")]
    readings: list[Reading] = []
    problems: list[tuple[Node | None, str]] = []
    for node in graph.nodes:
        try:
            readings.append(translation_of(node, graph).read(node, graph))
        except UnsupportedError as error:
            problems.extend((node, f"{node.label}: {problem}") for problem in error.problems)
        except (ValueError, TypeError, ZeroDivisionError, IndexError) as error:
            problems.append((node, f"{node.label}: {error}"))
    return readings, problems


@dataclasses.dataclass
class _Builder:
    """Puts links where the names of their weights say, and remembers the names."""

    graph: Graph

    def build(self, readings: list[Reading]) -> Network:
        graph = self.graph
        self.network = Network(
            graph.inputs,
            [info.name for info in graph.outputs],
            opset=graph.opset,
            ir_version=graph.ir_version,
            graph_name=graph.name,
        )
        self.links: dict[Any, Link] = {}
        self.owned: dict[str, str] = {}
        self.fixed: dict[str, Any] = {}
        steps = [self._step(node, reading) for node, reading in zip(graph.nodes, readings, strict=True)]
        for info in graph.outputs:
            if info.name in graph.constants:
                self._fix(info.name)
        self.network.set_program(steps, self.fixed)
        return self.network

    def _step(self, node: Node, reading: Reading) -> Step:
        call = reading.call
        if reading.link is not None:
            call = self._place(node, reading)
        for name in reading.inputs:
            if name in self.graph.constants and name not in self.fixed:
                self._fix(name)
        return Step(node.name, node.label, call, reading.inputs, node.outputs)

    def _place(self, node: Node, reading: Reading) -> Link:
        """The link of a node, in its place in the tree; nodes that share everything share the link."""
        assert reading.link is not None
        attributes = tuple(sorted(a.SerializeToString(deterministic=True) for a in node.proto.attribute))
        key = node.op_type, attributes, tuple(reading.weights.values())
        if key in self.links:
            return self.links[key]
        taken = [name for name in reading.weights.values() if name in self.owned]
        if taken:
            raise UnsupportedError(f"{node.label}: initializer {taken[0]!r} also belongs to {self.owned[taken[0]]}")
        first = next(iter(reading.weights.values()))
        path = self._add_link(_link_path(first) or node.name or f"{node.op_type}_{node.index}", reading.link)
        for attribute, name in reading.weights.items():
            self.owned[name] = node.label
            self._remember(f"{path}/{attribute}", name)
        self.links[key] = reading.link
        return reading.link

    def _add_link(self, path: str, link: Link) -> str:
        *parents, name = _components(path)
        parent, prefix = self._chain(parents)
        name = _free_name(parent, name)
        parent.add_link(name, link)
        return "/".join([*prefix, name])

    def _chain(self, components: list[str]) -> tuple[Chain, list[str]]:
        """The Chain at a path, made where it is not there."""
        chain: Chain = self.network
        prefix = []
        for component in components:
            child = getattr(chain, component, None) if component in chain._children else None
            if not isinstance(child, Chain):
                component = _free_name(chain, component)
                child = Chain()
                chain.add_link(component, child)
            chain = child
            prefix.append(component)
        return chain, prefix

    def _fix(self, name: str) -> None:
        """A constant input: a parameter if training may change it (a floating initializer), its array otherwise."""
        array = self.graph.constants[name]
        if name not in self.graph.parameters or not is_floating(array.dtype):
            self.fixed[name] = array
            return
        if name in self.owned:
            raise UnsupportedError(f"initializer {name!r} is an operand and also belongs to {self.owned[name]}")
        *parents, last = _components(name)
        chain, prefix = self._chain(parents)
        last = _free_name(chain, last)
        with chain.init_scope():
            setattr(chain, last, Parameter(array.copy()))
        self.fixed[name] = getattr(chain, last)
        self.owned[name] = "an operand"
        self._remember("/".join([*prefix, last]), name)

    def _remember(self, path: str, name: str) -> None:
        if path != name:
            self.network.initializer_names[path] = name


def _link_path(weight: str) -> str:
    """The path of the link that a weight's name speaks of: everything before the last component."""
    return "/".join(re.split(r"[/.]", weight)[:-1])


def _components(path: str) -> list[str]:
    """A path as names that a Chain can give its children; what is no letter, digit or underscore becomes one."""
    parts = [re.sub(r"\W", "_", part) for part in re.split(r"[/.]", path)]
    return [part for part in parts if part] or ["_"]


def _free_name(chain: Link, name: str) -> str:
    """The name, with underscores behind it while the chain has an attribute of that name."""
    while hasattr(chain, name):
        name += "_"
    return name
