"""PrintHook: what goes into every function, forward and backward."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import IO, Any

from dwbridge.autograd.function_hook import FunctionHook
from dwbridge.autograd.variable import Variable
from dwbridge.backend import get_array_module


class PrintHook(FunctionHook):
    """Prints `Variable.debug_print` of the inputs before every function, and of the outputs' gradients before backward.

    Args:
        sep: no effect (deprecated by Chainer).
        end: what follows each line.
        file: where to; None for standard output.
        flush: flush the file after each function.
    """

    name = "PrintHook"

    def __init__(
        self, sep: str | None = None, end: str = "\n", file: IO[str] | None = None, flush: bool = True
    ) -> None:
        if sep is not None:
            warnings.warn("sep argument in PrintHook is deprecated.", DeprecationWarning, 2)
        self.sep, self.end, self.flush = sep, end, flush
        self.file = sys.stdout if file is None else file

    def forward_preprocess(self, function: Any, in_data: Sequence[Any]) -> None:
        self._print_inputs(function, in_data)
        self._finish()

    def backward_preprocess(self, function: Any, in_data: Sequence[Any], out_grad: Sequence[Any]) -> None:
        self._print_inputs(function, in_data)
        self._print("output gradient")
        for gy in out_grad:
            self._print(_of_gradient(gy).debug_print())
        self._finish()

    def _print_inputs(self, function: Any, in_data: Sequence[Any]) -> None:
        self._print(f"function\t{function.label}")
        self._print("input data")
        for x in in_data:
            self._print("(removed)" if x is None else Variable(x).debug_print())

    def _print(self, text: str) -> None:
        self.file.write(text + self.end)

    def _finish(self) -> None:
        if self.flush and hasattr(self.file, "flush"):
            self.file.flush()


def _of_gradient(gy: Any) -> Variable:
    """A variable with this gradient; zeros stand for the output's array, which may be gone."""
    return Variable() if gy is None else Variable(get_array_module(gy).zeros_like(gy), grad=gy)
