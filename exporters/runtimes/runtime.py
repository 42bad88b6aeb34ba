"""What a runtime is: something that computes the outputs of an ONNX model, or says in one line why it cannot here.

    name        how it is asked for, and how reports call it
    missing()   None where it runs; otherwise the reason and the mend, in one line
    prepare()   a model, made ready: a function from {graph input: array} to the list of graph outputs

Optional are `repeats`, how often everything is run (the spread between the runs is reported), and `unit_roundoff`, that
of matrix products where it is coarser than their type's.

A runtime never runs anything else than itself. What it has no kernel for it says with `NoKernelError`, and everything
else that goes wrong inside it comes out as `RunError`, so that one bad node does not end a whole comparison.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from onnx import ModelProto

from dwbridge.exporters.errors import BridgeError

Run = Callable[[Mapping[str, np.ndarray]], list[np.ndarray]]


class NoKernelError(BridgeError):
    """The runtime implements this operator not at all, or not for this type. The message is the runtime's own line."""


class RunError(BridgeError):
    """The runtime gave up on a model or on its inputs. The message is the runtime's own first line."""


class Runtime(Protocol):
    """Something that runs ONNX models. Any object with these three members can be given to `verify`."""

    @property
    def name(self) -> str:
        """How the runtime is asked for."""

    def missing(self) -> str | None:
        """None where the runtime truly runs on this machine; otherwise why not, and what would mend it, in one line."""

    def prepare(self, model: ModelProto) -> Run:
        """Makes a model ready to run.

        Returns:
            A function of `{graph input: ndarray}`, with exactly the model's dtypes, that returns the graph's outputs as
            ndarrays, in their order.

        Raises:
            NoKernelError: if the runtime has no implementation for a node. The returned function may raise it too.
            RunError: for everything else that goes wrong in the runtime. The returned function may raise it too.
        """
