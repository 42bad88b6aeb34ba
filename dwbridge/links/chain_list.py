"""ChainList: a link whose children are a list."""

from collections.abc import Iterable, Iterator, MutableSequence
from typing import Any, Self

from dwbridge.links.link import Link
from dwbridge.links.printed_tree import printed_tree


class ChainList(Link, MutableSequence):
    """A link with a list of children, named '0', '1', ... by their positions.

    It is a mutable sequence: `append`, `insert`, `pop`, slices and so on work, and rename the children.

    Args:
        links: the children.

    Example:
        >>> from dwbridge.links import Linear
        >>> layers = ChainList(Linear(4, 3), Linear(3, 2))
        >>> [path for path, _ in layers.namedparams()]
        ['/0/W', '/0/b', '/1/W', '/1/b']
    """

    _children: list[Link]

    def __init__(self, *links: Link) -> None:
        super().__init__()
        self._children = []
        for link in links:
            self.add_link(link)

    def __str__(self) -> str:
        return printed_tree(type(self).__name__, ((name, str(child)) for name, child in self._named_children()))

    def __setattr__(self, name: str, value: Any) -> None:
        if self.within_init_scope and isinstance(value, Link):
            raise TypeError('cannot register a new link within a "with chainlist.init_scope():" block.')
        super().__setattr__(name, value)

    def __getitem__(self, index: Any) -> Any:
        """The child at a position, or the list of those in a slice."""
        return self._children[index]

    def __setitem__(self, index: Any, value: Link | Iterable[Link]) -> None:
        if not isinstance(index, int | slice):
            raise TypeError(f"ChainList indices must be integers or slices, not {type(index).__name__}")
        self._children[index] = value  # type: ignore[assignment, index]
        self._rename()

    def __delitem__(self, index: int | slice) -> None:
        del self._children[index]
        self._rename()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._children)

    def __len__(self) -> int:
        return len(self._children)

    def insert(self, index: int, link: Link) -> None:
        """Inserts a child before a position."""
        self._children.insert(index, link)
        self._rename()

    def add_link(self, link: Link) -> None:
        """Appends a child."""
        self.append(link)

    def _rename(self) -> None:
        for index, child in enumerate(self._children):
            child.name = str(index)

    def copy(self, mode: str = "share") -> Self:
        """A copy of the tree; see `Link.copy`. As in Chainer, the list's own parameters are shared in every mode."""
        clone = super().copy()
        clone._children = [child.copy(mode) for child in self._children]
        clone._rename()
        return clone

    def _named_children(self) -> Iterator[tuple[str, Link]]:
        for index, child in enumerate(self._children):
            yield str(index), child

    def _child(self, name: str) -> Any:
        return self._children[int(name)]
