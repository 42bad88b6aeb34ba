"""From a name of Chainer's to the object here, by the table."""

import functools
import importlib
import importlib.util
from types import ModuleType
from typing import Any

from dwbridge.compat.table import ABSENT, FOLDERS, MODULES, NAMES


def is_module(name: str) -> bool:
    """Whether there is a module of Chainer's by this full name.

    >>> is_module('chainer.functions.activation.relu'), is_module('chainer.functions.nothing')
    (True, False)
    """
    return name in MODULES or name in FOLDERS or _file_of(name) is not None


def rooms_of(module: str) -> tuple[str, ...]:
    """The modules here in which a Chainer module's names are looked for."""
    file = _file_of(module)
    return MODULES.get(module, () if file is None else (file,))


@functools.cache
def _file_of(name: str) -> str | None:
    folder, _, file = name.rpartition(".")
    place = f"{FOLDERS[folder]}.{file}" if folder in FOLDERS else None
    return place if place is not None and importlib.util.find_spec(place) is not None else None


def resolve(module: str, name: str) -> Any:
    """The object that Chainer has under a name in a module.

    Raises:
        AttributeError: if it is not here; the message says why, if the table does.

    Example:
        >>> resolve('chainer.links', 'Linear')
        <class 'dwbridge.links.linear.Linear'>
    """
    full = f"{module}.{name}"
    if full in NAMES:
        return _at(NAMES[full])
    if full in MODULES or full in FOLDERS:
        return importlib.import_module(full)
    for room in map(importlib.import_module, rooms_of(module)):
        if _has(room, name):
            return getattr(room, name)
    if _file_of(full) is not None:
        return importlib.import_module(full)
    raise AttributeError(not_here(full), name=name)


def _at(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name) if name else importlib.import_module(module)


def _has(room: ModuleType, name: str) -> bool:
    # A room's files and what it imports for itself are not its names.
    public = getattr(room, "__all__", None)
    if public is not None:
        return name in public and hasattr(room, name)
    value = getattr(room, name, None)
    return value is not None and not name.startswith("_") and not isinstance(value, ModuleType)


def not_here(full: str) -> str:
    """The sentence for a name, or module, that is not here.

    >>> not_here('chainer.testing.product')
    "chainer.testing.product: not in dwbridge: made for Chainer's own tests"
    """
    parts = full.split(".")
    for length in range(len(parts), 0, -1):
        known = ".".join(parts[:length])
        if known in ABSENT:
            return f"{full}: not in dwbridge: {ABSENT[known]}"
    rooms = [room for room in rooms_of(full.rpartition(".")[0]) if not room.startswith("dwbridge.compat")]
    return f"{full}: not in dwbridge" + (f" (looked in {', '.join(rooms)})" if rooms else "")


def names_of(module: str) -> list[str]:
    """The public names of a Chainer module that are here: what `from ... import *` takes."""
    own = {name.rpartition(".")[2] for name in (*NAMES, *MODULES, *FOLDERS) if name.rpartition(".")[0] == module}
    for room in map(importlib.import_module, rooms_of(module)):
        own.update(name for name in dir(room) if _has(room, name))
    return sorted(name for name in own if not name.startswith("_"))
