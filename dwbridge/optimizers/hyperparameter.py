"""Hyperparameters: entries of an optimizer that each parameter's update rule sees, and may override for itself."""

from typing import Any


class Hyperparameter:
    """Entries, as attributes. One that is absent is looked up in the parent.

    Args:
        parent: where absent entries are looked up, or None.

    Example:
        >>> of_optimizer = Hyperparameter()
        >>> of_optimizer.lr = 0.01
        >>> of_rule = Hyperparameter(of_optimizer)
        >>> of_optimizer.lr = 0.1
        >>> of_rule.lr
        0.1
    """

    def __init__(self, parent: "Hyperparameter | None" = None) -> None:
        self._parent = parent

    def __getattr__(self, name: str) -> Any:
        # Not found here. Special names are not inherited: copy and pickle ask for them before there is a parent.
        parent = None if name[:2] == "__" else self.__dict__.get("_parent")
        if parent is None:
            raise AttributeError(f"there is no hyperparameter {name}")
        return getattr(parent, name)

    def lookup(self, name: str) -> Any:
        """An entry, as an attribute is, but sooner: Python makes an error before it asks for what is not found."""
        found: Hyperparameter | None = self
        while found is not None:
            entries = found.__dict__
            if name in entries:
                return entries[name]
            found = entries["_parent"]
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # Here only to tell type checkers that any entry may be set.
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        entries = ", ".join(f"{name}={value}" for name, value in sorted(self.get_dict().items()))
        return f"Hyperparameter({entries})"

    def set_given(self, **entries: Any) -> None:
        """Sets the entries whose values are not None."""
        vars(self).update({name: value for name, value in entries.items() if value is not None})

    @property
    def parent(self) -> "Hyperparameter | None":
        """Where absent entries are looked up."""
        return self._parent

    def get_dict(self) -> dict[str, Any]:
        """All entries, the parent's included."""
        entries = {} if self._parent is None else self._parent.get_dict()
        entries |= self.__dict__
        del entries["_parent"]
        return entries


class HyperparameterProxy:
    """An attribute of an optimizer that is an entry of its `hyperparam`: `lr = HyperparameterProxy('lr')`."""

    def __init__(self, attr_name: str) -> None:
        self._attr_name = attr_name
        self.__doc__ = f"Alias to `hyperparam.{attr_name}`."

    def __get__(self, obj: Any, type: Any = None) -> Any:
        return self if obj is None else getattr(obj.hyperparam, self._attr_name)

    def __set__(self, obj: Any, value: Any) -> None:
        setattr(obj.hyperparam, self._attr_name, value)
