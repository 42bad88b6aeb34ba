"""Link: parameters and persistent values under names, and a forward computation on them.

A link that has other links in it is a `Chain` or a `ChainList`. What a link can do stands in four files: what it
owns (`registration`), what is below it (`hierarchy`), copies (`copying`), devices (`device_resident`); here are
calls with their hooks, and serialization.
"""

import functools
from collections.abc import Iterator
from typing import Any, Self

from dwbridge.autograd import Parameter
from dwbridge.backend import copyto, is_array
from dwbridge.links.copying import Copying
from dwbridge.links.device_resident import DeviceResident, DeviceResidentsVisitor
from dwbridge.links.link_hook import (
    ForwardPostprocessArguments,
    ForwardPreprocessArguments,
    LinkHook,
    link_hooks,
)
from dwbridge.serializers import Deserializer


class Link(Copying, DeviceResident):
    """A part of a network: parameters and how to compute with them.

    A subclass registers its parameters inside `init_scope` and defines `forward`.

    Args:
        params: parameters to register: `name=shape` or `name=(shape, dtype)`. Without a dtype they are float32; with
            None as shape they have no array yet. They are filled with NaN.

    Attributes:
        name (str): the name that the parent gave this link, or None.

    Example:
        >>> import numpy as np
        >>> class Scale(Link):
        ...     def __init__(self, channels):
        ...         super().__init__()
        ...         with self.init_scope():
        ...             self.gamma = Parameter(1.0, (channels,))
        ...     def forward(self, x):
        ...         return x * self.gamma
        >>> Scale(3)(np.ones((2, 3), np.float32)).shape
        (2, 3)
    """

    _local_link_hooks: dict[str, LinkHook] | None = None

    def __init__(self, **params: Any) -> None:
        super().__init__()
        for name, value in params.items():
            shape, *dtype = value if _has_dtype(value) else (value,)
            self.add_param(name, shape, *dtype)

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={value}' for key, value in self.printable_specs)})"

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        """(name, value) of what `str` shows: the arguments of `__init__`."""
        return iter(())

    # -- computing ------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`forward`, with the hooks of this thread and of this link around it.

        Raises:
            RuntimeError: if `Link.__init__` has not been called.
        """
        self._check_initialized()
        # A class that stands behind Link in the order of bases may define __call__: it wins over forward.
        kind: Any = type(self)
        inherited = getattr(super(), "__call__", None) if _is_called_otherwise(kind) else None  # noqa: B004
        forward = inherited or self.forward  # type: ignore[attr-defined]
        named, local = link_hooks(), self._local_link_hooks
        hooks = list((named | (local or {})).values()) if named or local else ()
        for hook in hooks:
            hook.forward_preprocess(ForwardPreprocessArguments(self, "forward", args, kwargs))
        out = forward(*args, **kwargs)
        for hook in hooks:
            hook.forward_postprocess(ForwardPostprocessArguments(self, "forward", args, kwargs, out))
        return out

    @property
    def local_link_hooks(self) -> dict[str, LinkHook]:
        """The hooks of this link, by name, in the order in which they were added."""
        if self._local_link_hooks is None:
            self._local_link_hooks = {}
        return self._local_link_hooks

    def add_hook(self, hook: LinkHook, name: str | None = None) -> Self:
        """Adds a hook to this link.

        Args:
            hook: the hook.
            name: what to register it as; None for its own name.

        Returns:
            self

        Raises:
            TypeError: if it is no `LinkHook`.
            KeyError: if there is a hook of that name already.
        """
        if not isinstance(hook, LinkHook):
            raise TypeError(f"Hook must be of type LinkHook, got {type(hook).__name__}")
        name = hook.name if name is None else name
        if name in self.local_link_hooks:
            raise KeyError(f"Hook {name} already exists")
        self.local_link_hooks[name] = hook
        hook.added(self)
        return self

    def delete_hook(self, name: str) -> None:
        """Removes a hook from this link.

        Raises:
            KeyError: if there is none of that name.
        """
        if name not in self.local_link_hooks:
            raise KeyError(f"Hook {name} does not exist")
        self.local_link_hooks[name].deleted(self)
        del self.local_link_hooks[name]

    # -- moving, saving, loading ----------------------------------------------------------------------------------

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        values = vars(self)
        for name in sorted(self._params):
            visitor.visit_variable(values[name])
        for name in sorted(self._persistent):
            if is_array(values[name]):
                values[name] = visitor.visit_array(values[name])
        for child in self.children():
            child.device_resident_accept(visitor)

    def serialize(self, serializer: Any) -> None:
        """Saves or loads parameters and persistent values, then the children's under their names.

        On loading, elements go into the parameters' arrays, whose types stay; a parameter without an array is
        initialized with the saved shape first. Persistent values are replaced by what is loaded.
        """
        values = vars(self)
        for name in sorted(self._params):
            _serialize_param(serializer, name, values[name])
        for name in sorted(self._persistent):
            values[name] = self._serialize_persistent(serializer, name, values[name])
        for name, child in self._named_children():
            child.serialize(serializer[name])

    def _serialize_persistent(self, serializer: Any, name: str, value: Any) -> Any:
        result = serializer(name, value)
        if isinstance(serializer, Deserializer):
            serializer.on_failure(lambda: vars(self).__setitem__(name, value))
        # Only what was None can come back as a new array, and files know no devices.
        return self.device.send(result) if value is None and is_array(result) else result


@functools.cache
def _is_called_otherwise(kind: Any) -> bool:
    """Whether a class behind Link in the order of bases defines how objects are called."""
    behind = kind.__mro__[kind.__mro__.index(Link) + 1 :]
    return any("__call__" in vars(each) for each in behind)


def _serialize_param(serializer: Any, name: str, param: Parameter) -> None:
    data = serializer(name, param.array)
    if param.array is None and data is not None:
        if isinstance(serializer, Deserializer):
            serializer.on_failure(lambda: _take_array_away(param))
        param.initialize(data.shape)
        copyto(param.array, data)


def _take_array_away(param: Parameter) -> None:
    param.array = None
    param.grad = None


def _has_dtype(value: Any) -> bool:
    """Whether a value is (shape, dtype) rather than a shape: its second entry is then no integer."""
    return isinstance(value, tuple | list) and len(value) == 2 and not hasattr(value[1], "__index__")
