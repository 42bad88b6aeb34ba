"""The serialization protocol: an object's `serialize(serializer)` names its values, one by one.

`serializer['name']` is the serializer of a child; `serializer('name', value)` saves a value, or loads it. A loading
serializer writes into `value` where that is an array and returns it; from a scalar it takes the type, and returns a
new one; for None it returns what was saved. A saved None is returned as None, and leaves `value` alone.
"""

from collections.abc import Callable
from typing import Any


class AbstractSerializer:
    """What saving and loading have in common."""

    def __getitem__(self, key: str) -> Any:
        """The serializer of the child of that name."""
        raise NotImplementedError

    def __call__(self, key: str, value: Any) -> Any:
        """Saves the value under the name, or loads what is saved there, and returns it."""
        raise NotImplementedError


class Serializer(AbstractSerializer):
    """Saves objects."""

    def save(self, obj: Any) -> None:
        """Saves an object: the same as `obj.serialize(self)`."""
        obj.serialize(self)


class Deserializer(AbstractSerializer):
    """Loads objects."""

    def load(self, obj: Any) -> None:
        """Loads into an object: the same as `obj.serialize(self)`."""
        obj.serialize(self)

    def on_failure(self, undo: Callable[[], Any]) -> None:
        """Notes how to take back a change that loading has just made outside an array.

        A deserializer that promises that a failed load changes nothing calls these in reverse. This one does not
        promise it.
        """
