"""Every operator's bound holds for what it bounds: rounding, and errors that come in."""

import numpy as np
import pytest
from case_link import CaseLink, arguments
from cases import cases_of, operators
from onnx import numpy_helper
from seed import SEED

from dwbridge import exporters
from dwbridge.exporters.graph_reader import Graph
from dwbridge.exporters.ops import translation_of
from dwbridge.exporters.verification.oracle import float64_values, widened

NOT_BOUNDED = ("accuracy", "batch_normalization", "sum_to", "dropout", "swish")  # a swish is written as two others

#: the opset from which on an operator is one node, where that is not the default
OPSETS = {"gelu": 20}


@pytest.mark.parametrize("name", [name for name in operators() if name not in NOT_BOUNDED])
def test_errors_that_come_in_stay_within_the_bound(name: str) -> None:
    """Inputs moved by at most e move the outputs by at most what `bound` says with u = 0."""
    case = next(case for case in cases_of(name) if case.no_export is None)
    rng = np.random.default_rng([SEED, *map(ord, name)])
    arrays = list(case.draw_arrays("float64", rng))
    link, args = CaseLink(name, case, arrays, "float64"), arguments(case, arrays)
    model = exporters.export(link, args, opset_version=OPSETS.get(name), input_shapes=[a.shape for a in args])
    graph = Graph.of(model)
    (node,) = graph.nodes
    feeds = dict(zip([info.name for info in graph.inputs], args, strict=True))
    e = {k: np.full(a.shape, 1e-3) if a.dtype.kind == "f" else None for k, a in feeds.items()}
    inputs = [widened(graph.constants.get(n, feeds.get(n))) if n else None for n in node.inputs]
    (bound,) = translation_of(node, graph).bound(node, inputs, [e.get(n) for n in node.inputs], 0.0)
    y = float64_values(model, feeds)[graph.outputs[0].name]
    assert bound.shape == y.shape
    worst = np.zeros_like(y)
    for _ in range(20):
        moved = {k: a + e[k] * rng.choice([-1.0, 1.0], a.shape) if e[k] is not None else a for k, a in feeds.items()}
        worst = np.maximum(worst, np.abs(float64_values(model, moved)[graph.outputs[0].name] - y))
    assert (worst <= bound * (1 + 1e-9) + 1e-12).all()
    # And it is a bound on this, not on anything: not a thousand times what happens.
    assert bound.max() <= 1000 * worst.max()


def test_initializers_of_the_oracle_are_the_models() -> None:
    case = cases_of("depthwise_convolution_2d")[1]
    arrays = list(case.draw_arrays("float32", np.random.default_rng(0)))
    model = exporters.export(CaseLink("depthwise_convolution_2d", case, arrays, "float32"), arguments(case, arrays))
    W = numpy_helper.to_array(model.graph.initializer[0])
    values = float64_values(model, {"input": arrays[0]})
    assert values["output"].dtype == np.float64
    x = arrays[0].astype(np.float64)
    at_origin = (np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))[0, 0, :3, :3] * W[0, 0].astype(np.float64)).sum()
    np.testing.assert_allclose(values["output"][0, 0, 0, 0], at_origin + arrays[2][0], rtol=1e-14)
