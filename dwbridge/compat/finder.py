"""`import chainer`: a finder in front of all others makes Chainer's modules, whose attributes the table resolves."""

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from dwbridge.compat.resolve import is_module, names_of, not_here, resolve

PACKAGES = ("chainer", "chainermn", "chainerx")


class ChainerFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and makes the modules of the table."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The specification of a module of Chainer's; None for modules of others."""
        if fullname.partition(".")[0] not in PACKAGES:
            return None
        if not is_module(fullname):
            # Without its `name`: an import statement swallows the error that has the name it asked for.
            raise ModuleNotFoundError(not_here(fullname))
        return importlib.machinery.ModuleSpec(fullname, self, origin="dwbridge.compat", is_package=True)

    def exec_module(self, module: ModuleType) -> None:
        """Gives a new module its attributes, which are looked up when they are asked for."""
        name = module.__name__

        def attribute(key: str) -> Any:
            if key == "__all__":
                return names_of(name)
            if key.startswith("__") and key != "__version__":
                raise AttributeError(f"module {name!r} has no attribute {key!r}", name=key)
            value = resolve(name, key)
            vars(module)[key] = value
            return value

        vars(module).update(__getattr__=attribute, __dir__=lambda: names_of(name))
        module.__doc__ = f"{name}, as dwbridge has it."


_finder = ChainerFinder()


def install() -> None:
    """Makes `import chainer` give dwbridge, in this process.

    Raises:
        RuntimeError: if Chainer itself has been imported already.

    Example:
        >>> install()
        >>> import chainer.links as L
        >>> L.Linear
        <class 'dwbridge.links.linear.Linear'>
        >>> uninstall()
    """
    if _finder in sys.meta_path:
        return
    for name in PACKAGES:
        if name in sys.modules:
            raise RuntimeError(f"{name} has been imported already, from {sys.modules[name].__file__}")
    sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Takes it back; modules that were imported meanwhile are forgotten."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
        for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
            del sys.modules[name]
