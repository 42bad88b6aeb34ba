"""What the command line says to the shell, and the error that means: the input was wrong."""

import click

FINE = 0
FAILED = 1
"""A verification failed, `inspect` found nodes that are not supported, or the demo did not hold."""
BAD_INPUT = 2
"""Bad usage or bad input."""
RUNTIME_MISSING = 3
"""A runtime that was demanded is not there."""
INTERRUPTED = 130
"""Ctrl-C, as shells count it: 128 and the number of the signal."""


class BadInputError(click.ClickException):
    """Something that the user gave cannot be used. The message says what was expected and what came."""

    exit_code = BAD_INPUT


def one_line(error: BaseException) -> str:
    """An exception's message on one line, with its kind where the message alone says little."""
    text = " ".join(str(error.args[0] if isinstance(error, KeyError) and error.args else error).split())
    return text if len(text.split()) > 2 else f"{type(error).__name__}: {text}".rstrip(": ")
