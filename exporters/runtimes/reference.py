"""onnx.reference: the specification's own operators, written in NumPy. Slow, independent of everything else here.

Known fault of onnx 1.23: Softmax and LogSoftmax below opset 13 are computed with
opset 13's meaning (one axis instead of the flattened rest), so a file of opset 9 to 12 shows them as diverging.
"""

from collections.abc import Mapping

import numpy as np
from onnx import ModelProto

from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError, first_line


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


def _translated(error: Exception) -> NoKernelError | RunError:
    # Its RuntimeImplementationError is a NotImplementedError.
    kind = NoKernelError if isinstance(error, NotImplementedError) else RunError
    return kind(first_line(error))
