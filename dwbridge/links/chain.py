"""Chain: a link whose children are attributes."""

from collections.abc import Iterator
from typing import Any, Self

from dwbridge.links.link import Link
from dwbridge.links.printed_tree import printed_tree


class Chain(Link):
    """A link with named children. A link assigned to an attribute inside `init_scope` becomes a child.

    Children are visited in the order of their names.

    Args:
        links: children, by name.

    Example:
        >>> from dwbridge.links import Linear
        >>> class Perceptron(Chain):
        ...     def __init__(self):
        ...         super().__init__()
        ...         with self.init_scope():
        ...             self.hidden = Linear(4, 3)
        ...             self.out = Linear(3, 2)
        ...     def forward(self, x):
        ...         return self.out(self.hidden(x))
        >>> [path for path, _ in Perceptron().namedparams()]
        ['/hidden/W', '/hidden/b', '/out/W', '/out/b']
    """

    _children: set[str]

    def __init__(self, **links: Link) -> None:
        super().__init__()
        self._children = set()
        for name, link in links.items():
            self.add_link(name, link)

    def __str__(self) -> str:
        return printed_tree(type(self).__name__, ((child.name, str(child)) for child in self.children()))

    def __getitem__(self, name: str) -> Any:
        """The attribute of that name."""
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.within_init_scope and isinstance(value, Link):
            if hasattr(self, name):
                raise AttributeError(f"cannot register a new link {name}: attribute exists")
            value.name = name
            self._children.add(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._children.discard(name)
        super().__delattr__(name)

    def add_link(self, name: str, link: Link) -> None:
        """Registers a child.

        Raises:
            AttributeError: if the chain has that attribute already.
            TypeError: if it is no link.
        """
        self._check_free("link", name)
        if not isinstance(link, Link):
            raise TypeError(f"cannot register a non-link object as a child: {name} is a {type(link).__name__}")
        with self.init_scope():
            setattr(self, name, link)

    def copy(self, mode: str = "share") -> Self:
        """A copy of the tree; see `Link.copy`."""
        clone = super().copy(mode)
        clone._children = set(self._children)
        for name, child in clone._named_children():
            # As in Chainer, 'init' draws a child's parameters twice: once for the whole tree above, once here.
            copied = child.copy(mode)
            copied.name = name
            vars(clone)[name] = copied
        return clone

    def _named_children(self) -> Iterator[tuple[str, Link]]:
        for name in sorted(self._children):
            yield name, vars(self)[name]

    def _child(self, name: str) -> Any:
        return vars(self)[name]
