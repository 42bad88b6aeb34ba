"""MODEL on the command line: a name from `dwbridge.models`, or `package.module:callable`.

The callable is called without arguments and returns the link. Modules in the current folder are found.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from dwbridge.cli.exit_codes import BadInputError, one_line
from dwbridge.links import Link


def make_model(text: str) -> Link:
    """The link that a MODEL argument means.

    Raises:
        BadInputError: if there is no such network, the callable cannot be imported or fails, or gives no link.
    """
    make = _imported(text) if ":" in text else _named(text)
    try:
        model = make()
    # The user's code runs here: whatever it raises is about the argument, not about this program.
    except Exception as error:
        raise BadInputError(f"{text}() failed: {type(error).__name__}: {one_line(error)}") from error
    if not isinstance(model, Link):
        raise BadInputError(f"expected {text}() to return a dwbridge.Link, got {type(model).__name__}")
    return model


def _named(name: str) -> Callable[[], Any]:
    from dwbridge.models import NETWORKS

    if name not in NETWORKS:
        raise BadInputError(f"expected package.module:callable or one of {', '.join(sorted(NETWORKS))}, got {name!r}")
    return NETWORKS[name]


def _imported(text: str) -> Callable[[], Any]:
    module_name, _, path = text.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
        for attribute in path.split("."):
            found = getattr(found, attribute)
    except Exception as error:
        raise BadInputError(f"cannot import {text!r}: {type(error).__name__}: {one_line(error)}") from error
    if not callable(found):
        raise BadInputError(f"expected {text!r} to be callable, got {type(found).__name__}")
    return found
