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


def first_line(error: BaseException) -> str:
    """What an exception says, cut to its first line that says something; its type's name where it says nothing.

    >>> first_line(ValueError('no kernel for Conv\\nat line 7'))
    'no kernel for Conv'
    >>> first_line(KeyError())
    'KeyError'
    """
    lines = (line.strip() for line in str(error).splitlines())
    return next(filter(None, lines), type(error).__name__)
