"""`exporters.verify`: one model, the same inputs, every runtime, against the float64 oracle."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from onnx import ModelProto

from dwbridge.backend import is_floating
from dwbridge.exporters.errors import BridgeError, RuntimeMissingError
from dwbridge.exporters.export import export
from dwbridge.exporters.graph_reader import Graph
from dwbridge.exporters.model_file import read_model
from dwbridge.exporters.runtimes import Runtime, selected
from dwbridge.exporters.verification.comparison import Comparison
from dwbridge.exporters.verification.environment import environment
from dwbridge.exporters.verification.feeds import Feed, Shape, given_feed, random_feeds, runtime_inputs
from dwbridge.exporters.verification.results import RuntimeResult, Verification
from dwbridge.links import Link


def verify(
    model: Any,
    args: Any = None,
    *,
    runtimes: Sequence[str | Runtime] | None = None,
    batches: Sequence[int] = (1, 2, 7),
    seed: int = 0,
    input_shapes: Mapping[str, Shape] | Shape | None = None,
) -> Verification:
    """Runs a model on several runtimes and measures each against what rounding explains.

    Every runtime computes the whole network and every node alone (on the float64 oracle's values, rounded to the
    model's type); every error is given in units of the componentwise rounding bound, above which it is wrong.

    Args:
        model: a path, the bytes of a file, a `ModelProto`, or a `Link`, which is exported first, `args` its example.
        args: inputs on which to verify besides the random ones: an array or `Variable`, a sequence of them in the order
            of the graph's inputs, or a dict by input name; dtypes and shapes as in the graph.
        runtimes: names from `exporters.runtimes.RUNTIMES`, or objects that are runtimes; all names when None. What is
            asked for here has to be there; of the rest, what is missing is listed with the reason.
        batches: batch sizes of the standard normal random inputs, for the first axis where it is symbolic.
        seed: seed of the random inputs.
        input_shapes: `{input: shape}` (or one shape) with sizes for symbolic dimensions other than the batch.

    Raises:
        RuntimeMissingError: if a runtime that was asked for does not run here.
        UnsupportedError: if the model has nodes that `exporters.load` does not take.
        ModelFileError: if the model is broken or is no ONNX file.
        BridgeError: for an unknown runtime, for arrays or shapes that do not fit, for dimensions without a size.

    Example:
        >>> import numpy as np
        >>> from dwbridge import links as L
        >>> link = L.DepthwiseConvolution2D(3, 2, 3)
        >>> verification = verify(link, np.zeros((1, 3, 8, 8), 'f'), runtimes=['native-numpy', 'reference'])
        >>> verification.passed, verification.first_divergence is None
        (True, True)
    """
    chosen = {runtime.name: runtime for runtime in selected(runtimes)}
    missing = {name: runtime.missing() for name, runtime in chosen.items()}
    if runtimes is not None:
        _demand(missing)
    proto = export(model, args) if isinstance(model, Link) else read_model(model)
    comparison = Comparison(proto, _feeds(proto, args, batches, seed, input_shapes))
    present = [runtime for name, runtime in chosen.items() if missing[name] is None]
    return Verification(
        model=_title(model, proto),
        dtype=_floating_types(comparison.graph),
        opset=comparison.graph.opset,
        nodes=tuple((node.name, node.op_type) for node in comparison.graph.nodes),
        batches=tuple(feed.batch for feed in comparison.feeds),
        seed=seed,
        runtimes=tuple(_results(comparison, present, missing, demanded=runtimes is not None)),
        environment=environment(),
    )


def _demand(missing: Mapping[str, str | None]) -> None:
    problems = [f"runtime {name!r} is not there: {reason}" for name, reason in missing.items() if reason is not None]
    if problems:
        raise RuntimeMissingError("; ".join(problems))


def _feeds(proto: ModelProto, args: Any, batches: Sequence[int], seed: int, input_shapes: Any) -> list[Feed]:
    graph = Graph.of(proto)
    given = [] if args is None else [given_feed(graph, args)]
    feeds = [*random_feeds(graph, batches, seed, input_shapes), *given]
    if not feeds:
        raise BridgeError("verify: expected a batch size or args, came neither")
    return feeds


def _results(
    comparison: Comparison, present: Sequence[Runtime], missing: Mapping[str, str | None], *, demanded: bool
) -> list[RuntimeResult]:
    whole, nodes = comparison.whole(present), comparison.nodes(present)
    return [
        RuntimeResult(
            name,
            demanded,
            reason,
            tuple(measurement for measurement in whole if measurement.runtime == name),
            tuple(error for error in nodes if error.runtime == name),
        )
        for name, reason in missing.items()
    ]


def _title(model: Any, proto: ModelProto) -> str:
    if isinstance(model, str | os.PathLike):
        return os.path.basename(os.fspath(model))
    return type(model).__name__ if isinstance(model, Link) else proto.graph.name


def _floating_types(graph: Graph) -> str:
    values = [*runtime_inputs(graph), *graph.outputs]
    return ", ".join(sorted({value.dtype.name for value in values if is_floating(value.dtype)}))
