"""What can go wrong between a network and a file. Every message is one line; a list of problems has one line each."""

from __future__ import annotations

from collections.abc import Sequence


class BridgeError(ValueError):
    """The bridge cannot do what it was asked to."""


class ModelFileError(BridgeError):
    """A file, or a model in memory, is not a valid ONNX model, or exceeds a limit."""


class UnsupportedError(BridgeError):
    """A network or a model holds something that has no translation.

    Attributes:
        problems (list of str): everything that was found, each with the node that it concerns.

    Example:
        >>> print(UnsupportedError(["node 3 (Foo): no such operator"]))
        node 3 (Foo): no such operator
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("; ".join(self.problems))


class RuntimeMissingError(BridgeError):
    """A runtime was asked for by name and cannot run here."""
