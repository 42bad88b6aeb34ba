"""How links with children are printed: one indented line per line of every child's text."""

from collections.abc import Iterable


def printed_tree(title: str, items: Iterable[tuple[object, str]]) -> str:
    """The text of a link with children.

    >>> print(printed_tree('Chain', [('conv', 'Linear()')]))
    Chain(
      (conv): Linear(),
    )
    """
    lines = [line for label, text in items for line in f"({label}): {text},".splitlines()]
    return f"{title}(\n" + "".join(f"  {line}\n" for line in lines) + ")" if lines else f"{title}()"
