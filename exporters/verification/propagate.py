"""The bound on a whole network's error: running error analysis, node after node.

Walking the graph in order, every node adds the bound on its own rounding to what the errors of its inputs become inside
it (its translation's `bound`, given the inputs' errors). Graph inputs and weights are exact: the oracle has the same.
The result holds for any order of summation and for any fusion that rounds no more often; after many layers it is far
above what happens, for real errors cancel. It is a bound, not an estimate.
"""

from collections.abc import Mapping

import numpy as np

from dwbridge.configuration import using_config
from dwbridge.exporters.graph_reader import Graph
from dwbridge.exporters.ops import translation_of
from dwbridge.exporters.verification.oracle import widened
from dwbridge.exporters.verification.value_types import node_roundoff


def propagated_bounds(
    graph: Graph, values: Mapping[str, np.ndarray], types: dict[str, np.dtype], products: float | None = None
) -> dict[str, np.ndarray]:
    """Bounds on the absolute error of every computed value of a network.

    Args:
        graph: the network.
        values: every value that is not a constant, in float64 (`float64_values`).
        types: every value's dtype (`value_types`).
        products: the roundoff of matrix products, where it is coarser than their type's.

    Returns:
        `{value name: bound, element by element}`, for the outputs of all nodes.
    """
    errors: dict[str, np.ndarray] = {}
    for node in graph.nodes:
        inputs = [_value(name, graph, values) for name in node.inputs]
        with using_config("kernels", "numpy"), np.errstate(all="ignore"):  # as the oracle: no kernel judges itself
            bounds = translation_of(node, graph).bound(
                node, inputs, [errors.get(name) for name in node.inputs], node_roundoff(node, types, products)
            )
        errors |= dict(zip(node.outputs, bounds, strict=True))
    return errors


def _value(name: str, graph: Graph, values: Mapping[str, np.ndarray]) -> np.ndarray | None:
    if not name:
        return None
    return widened(graph.constants[name] if name in graph.constants else values[name])
