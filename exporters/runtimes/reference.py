"""onnx.reference: the specification's own operators, written in NumPy. Slow, independent of everything else here.

Where it is known to compute something else than the specification says, it has no kernel: `FAULTS`.
"""

from collections.abc import Mapping

import numpy as np
from onnx import ModelProto

from dwbridge.exporters.errors import first_line
from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError

#: (operator, the opset from which on it is right, what onnx 1.23 does below that)
FAULTS = (
    ("BatchNormalization", 14, "normalizes by the batch's statistics, whatever the number of outputs"),
    ("LogSoftmax", 13, "takes one axis instead of all from `axis` on"),
    ("Softmax", 13, "takes one axis instead of all from `axis` on"),
)


class Reference:
    """The reference evaluator of the `onnx` package.

    Example:
        >>> Reference().missing() is None
        True
    """

    name = "reference"

    def missing(self) -> str | None:
        """None: onnx is a dependency."""
        return None

    def prepare(self, model: ModelProto) -> Run:
        """Builds the evaluator; see `Runtime.prepare`."""
        from onnx.reference import ReferenceEvaluator

        _refuse_faults(model)
        try:
            evaluator = ReferenceEvaluator(model)
        except Exception as error:
            raise _translated(error) from error

        def run(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
            try:
                # It answers in scalars where an operator's NumPy expression does.
                return [np.asarray(output) for output in evaluator.run(None, dict(feeds))]
            except Exception as error:
                raise _translated(error) from error

        return run


def _refuse_faults(model: ModelProto) -> None:
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 0)
    op_types = {node.op_type for node in model.graph.node if node.domain in ("", "ai.onnx")}
    for op_type, right_since, what in FAULTS:
        if op_type in op_types and opset < right_since:
            raise NoKernelError(f"onnx.reference is wrong for {op_type} below opset {right_since}: it {what}")


def _translated(error: Exception) -> NoKernelError | RunError:
    # Its RuntimeImplementationError is a NotImplementedError.
    kind = NoKernelError if isinstance(error, NotImplementedError) else RunError
    return kind(first_line(error))
