"""dwbridge: train depthwise networks in Chainer's manner, bridge them to ONNX and back, verify every node.

The names are Chainer's:

    import dwbridge
    import dwbridge.functions as F
    import dwbridge.links as L
    from dwbridge import exporters, initializers, optimizers, serializers, training

Rooms that need more than NumPy (`exporters`, `models`, `training`, ...) are imported when they are first used.
"""

import importlib
from typing import Any

from dwbridge import functions, initializers, links, optimizers, serializers
from dwbridge.autograd import (
    Function,
    FunctionAdapter,
    FunctionHook,
    FunctionNode,
    Parameter,
    Variable,
    as_array,
    as_variable,
    backward,
    grad,
)
from dwbridge.backend import get_array_module, get_device, using_device
from dwbridge.configuration import (
    config,
    force_backprop_mode,
    get_dtype,
    global_config,
    is_debug,
    mixed16,
    no_backprop_mode,
    set_debug,
    using_config,
)
from dwbridge.initializers import Initializer
from dwbridge.links import Chain, ChainList, Link, LinkHook, Sequential
from dwbridge.version import VERSION

__version__ = VERSION

_LAZY_ROOMS = ("datasets", "exporters", "function_hooks", "gradient_check", "models", "reporter", "training")

#: rooms that Chainer has at the top
_LAZY_PLACES = {"link_hooks": "links.hooks", "optimizer_hooks": "optimizers.hooks"}

#: names of lazily imported rooms that stand at the top, as in Chainer
_LAZY_NAMES = {
    "Reporter": "reporter",
    "report": "reporter",
    "report_scope": "reporter",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY_ROOMS:
        return importlib.import_module(f"dwbridge.{name}")
    if name in _LAZY_PLACES:
        return importlib.import_module(f"dwbridge.{_LAZY_PLACES[name]}")
    if name in _LAZY_NAMES:
        return getattr(importlib.import_module(f"dwbridge.{_LAZY_NAMES[name]}"), name)
    raise AttributeError(f"module 'dwbridge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY_ROOMS, *_LAZY_PLACES, *_LAZY_NAMES])


__all__ = [
    "Chain",
    "ChainList",
    "Function",
    "FunctionAdapter",
    "FunctionHook",
    "FunctionNode",
    "Initializer",
    "Link",
    "LinkHook",
    "Parameter",
    "Sequential",
    "Variable",
    "__version__",
    "as_array",
    "as_variable",
    "backward",
    "config",
    "force_backprop_mode",
    "functions",
    "get_array_module",
    "get_device",
    "get_dtype",
    "global_config",
    "grad",
    "initializers",
    "is_debug",
    "links",
    "mixed16",
    "no_backprop_mode",
    "optimizers",
    "serializers",
    "set_debug",
    "using_config",
    "using_device",
]
