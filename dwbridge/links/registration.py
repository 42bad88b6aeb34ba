"""What belongs to a link: parameters and persistent values, as attributes whose names it knows.

A parameter assigned inside `init_scope` is registered under the attribute's name. A persistent value is an attribute
that is saved with the parameters but not trained.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from dwbridge.autograd import Parameter
from dwbridge.initializers import NaN


class Registration:
    """Attributes that are known by name: `_params` and `_persistent` are the sets of names."""

    _params: set[str]
    _persistent: set[str]
    name: str | None
    _within_init_scope = False
    _initialized = False

    def __init__(self) -> None:
        # Not super().__init__(): as in Chainer, a mixin behind Link in the order of bases is initialized by its owner.
        self._params = set()
        self._persistent = set()
        self.name = None
        self._initialized = True

    def _check_initialized(self) -> None:
        if not self._initialized:
            raise RuntimeError("Link.__init__() has not been called.")

    @property
    def within_init_scope(self) -> bool:
        """Whether assignments to attributes register, at this moment."""
        return self._within_init_scope

    @contextlib.contextmanager
    def init_scope(self) -> Iterator[None]:
        """A `with` block in which a `Parameter` (in a `Chain` also a `Link`) assigned to an attribute is registered.

        Raises:
            RuntimeError: if `Link.__init__` has not been called.

        Example:
            >>> from dwbridge.links import Link
            >>> link = Link()
            >>> with link.init_scope():
            ...     link.W = Parameter(0, (2, 3))
            >>> [name for name, _ in link.namedparams()]
            ['/W']
        """
        self._check_initialized()
        before = self._within_init_scope
        self._within_init_scope = True
        try:
            yield
        finally:
            self._within_init_scope = before

    def __setattr__(self, name: str, value: Any) -> None:
        if self._within_init_scope and isinstance(value, Parameter):
            value.name = name
            self._params.add(name)
            self._persistent.discard(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._params.discard(name)
        self._persistent.discard(name)
        super().__delattr__(name)

    def add_param(self, name: str, shape: Any = None, dtype: Any = np.float32, initializer: Any = None) -> None:
        """Registers a new parameter.

        Args:
            name: its name, and the attribute's.
            shape: its shape; None leaves it without an array until it is initialized.
            dtype: its type where no initializer is given; the array is then NaN.
            initializer: an initializer, a scalar, or an array; `dtype` is then ignored.

        Raises:
            AttributeError: if the link has that attribute already.
        """
        self._check_free("parameter", name)
        param = Parameter(NaN(dtype) if initializer is None else initializer, shape)
        with self.init_scope():
            setattr(self, name, param)

    def add_persistent(self, name: str, value: Any) -> None:
        """Registers a new persistent value.

        Raises:
            AttributeError: if the link has that attribute already.
        """
        self._check_free("persistent value", name)
        self._persistent.add(name)
        self._params.discard(name)
        vars(self)[name] = value

    def register_persistent(self, name: str) -> None:
        """Makes an attribute a persistent value; a parameter's name stops being one of a parameter.

        Raises:
            AttributeError: if there is no such attribute.
        """
        if not hasattr(self, name):
            raise AttributeError(f"cannot register non-existent attribute {name} as a persistent value")
        self._persistent.add(name)
        self._params.discard(name)

    def _check_free(self, kind: str, name: str) -> None:
        if name in vars(self):
            raise AttributeError(f"cannot register a new {kind} {name}: attribute exists")
