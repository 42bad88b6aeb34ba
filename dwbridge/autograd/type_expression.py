"""Expressions over the types of inputs, which can be evaluated and can be read: `in_types[0].ndim == 4`.

An expression is a tree: attributes, items, calls and operators of expressions are expressions again. `str` writes the
tree as Python would be written, with the brackets that precedence needs; `eval` computes it. A comparison is a fact
that `expect` states; it raises `InvalidType` with both sides if it does not hold. This is Chainer's language of
`check_type_forward`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from dwbridge.autograd.invalid_type import InvalidType

_ATOM = 8


class Expr:
    """An expression. It has no truth value: `and`, `or` and `if` would look at the tree instead of its value.

    Example:
        >>> x = Variable(3, 'x')
        >>> str((x + 1) * 2 == 8), (( x + 1) * 2 == 8).eval()
        ('(x + 1) * 2 == 8', True)
    """

    priority = _ATOM

    def eval(self) -> Any:
        """The value."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Expr:
        if name.startswith("__"):
            raise AttributeError(name)
        return GetAttr(self, name)

    def __getitem__(self, key: Any) -> Expr:
        return GetItem(self, key)

    def __call__(self, *args: Any) -> Expr:
        return Call(self, args)

    def __bool__(self) -> bool:
        raise RuntimeError("An Expr instance cannot be evaluated as bool: use type_check.eval() to evaluate it.")

    __hash__ = None  # type: ignore[assignment]


class Constant(Expr):
    """A value that is written as itself."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __str__(self) -> str:
        return _text(self.value)

    def eval(self) -> Any:
        return self.value


class Variable(Expr):
    """A value that has a name."""

    def __init__(self, value: Any, name: str) -> None:
        self.value, self.name = value, name

    def __str__(self) -> str:
        return self.name

    def eval(self) -> Any:
        return self.value


class GetAttr(Expr):
    """obj.name"""

    def __init__(self, obj: Any, name: str) -> None:
        self.obj, self.name = obj, name

    def __str__(self) -> str:
        return f"{_text(self.obj)}.{self.name}"

    def eval(self) -> Any:
        return getattr(_value(self.obj), self.name)


class GetItem(Expr):
    """obj[key]"""

    def __init__(self, obj: Any, key: Any) -> None:
        self.obj, self.key = obj, key

    def __str__(self) -> str:
        return f"{_text(self.obj)}[{_subscript(self.key)}]"

    def eval(self) -> Any:
        return _value(self.obj)[_value(self.key)]


class Call(Expr):
    """obj(args)"""

    def __init__(self, obj: Any, args: tuple[Any, ...]) -> None:
        self.obj, self.args = obj, args

    def __str__(self) -> str:
        return f"{_text(self.obj)}({', '.join(map(_text, self.args))})"

    def eval(self) -> Any:
        return _value(self.obj)(*map(_value, self.args))


class UnaryOperator(Expr):
    """A sign and a term."""

    def __init__(self, priority: int, term: Any, sign: str, function: Callable[[Any], Any]) -> None:
        self.priority, self.term, self.sign, self.function = priority, term, sign, function

    def __str__(self) -> str:
        return self.sign + _bracketed(self.term, isinstance(self.term, Expr) and self.term.priority < self.priority)

    def eval(self) -> Any:
        return self.function(_value(self.term))


class BinaryOperator(Expr):
    """Two terms with a sign between them."""

    def __init__(self, priority: int, lhs: Any, rhs: Any, sign: str, function: Callable[[Any, Any], Any]) -> None:
        self.priority, self.lhs, self.rhs, self.sign, self.function = priority, lhs, rhs, sign, function

    def __str__(self) -> str:
        # Of operators of one priority the left one is first, but for `**`.
        first, second = (self.priority, self.priority + 1) if self.sign != "**" else (self.priority + 1, self.priority)
        left = _bracketed(self.lhs, isinstance(self.lhs, Expr) and self.lhs.priority < first)
        right = _bracketed(self.rhs, isinstance(self.rhs, Expr) and self.rhs.priority < second)
        return f"{left} {self.sign} {right}"

    def eval(self) -> Any:
        return self.function(_value(self.lhs), _value(self.rhs))


class Testable:
    """What `expect` takes."""

    def expect(self) -> None:
        """Raises `InvalidType` unless it holds."""
        raise NotImplementedError


class BoolBinaryOperator(BinaryOperator, Testable):
    """A comparison, and the sign that says its opposite."""

    def __init__(self, lhs: Any, rhs: Any, sign: str, opposite: str, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(-1, lhs, rhs, sign, function)
        self.opposite = opposite

    def expect(self) -> None:
        left, right = _value(self.lhs), _value(self.rhs)
        if not self.function(left, right):
            raise InvalidType(f"{self.lhs} {self.sign} {self.rhs}", f"{left} {self.opposite} {right}")


def _value(term: Any) -> Any:
    if isinstance(term, Expr):
        return term.eval()
    if isinstance(term, (list, tuple)):
        return type(term)(map(_value, term))
    return term


def _text(term: Any) -> str:
    if isinstance(term, Expr):
        return str(term)
    if isinstance(term, list):
        return f"[{', '.join(map(_text, term))}]"
    if isinstance(term, tuple):
        return f"({_text(term[0])},)" if len(term) == 1 else f"({', '.join(map(_text, term))})"
    return repr(term)


def _bracketed(term: Any, needed: bool) -> str:
    return f"({_text(term)})" if needed else _text(term)


def _subscript(key: Any) -> str:
    if key is Ellipsis:
        return "..."
    if isinstance(key, slice):
        ends = [key.start, key.stop] + ([] if key.step is None else [key.step])
        return ":".join("" if end is None else _text(end) for end in ends)
    return ", ".join(map(_subscript, key)) if isinstance(key, tuple) else _text(key)


#: name of the method -> (priority, sign): the higher binds the stronger, in Python's order
_BINARY = {
    "or": (0, "|"),
    "xor": (1, "^"),
    "and": (2, "&"),
    "lshift": (3, "<<"),
    "rshift": (3, ">>"),
    "add": (4, "+"),
    "sub": (4, "-"),
    "mul": (5, "*"),
    "truediv": (5, "/"),
    "floordiv": (5, "//"),
    "mod": (5, "%"),
    "pow": (7, "**"),
}
_UNARY = {"neg": "-", "pos": "+", "invert": "~"}
_COMPARISONS = {
    "eq": ("==", "!="),
    "ne": ("!=", "=="),
    "lt": ("<", ">="),
    "le": ("<=", ">"),
    "gt": (">", "<="),
    "ge": (">=", "<"),
}


def _install() -> None:
    """Gives `Expr` the operators of the tables."""

    def binary(name: str, priority: int, sign: str) -> None:
        function = getattr(operator, f"__{name}__")
        setattr(Expr, f"__{name}__", lambda x, y: BinaryOperator(priority, x, y, sign, function))
        setattr(Expr, f"__r{name}__", lambda x, y: BinaryOperator(priority, y, x, sign, function))

    def unary(name: str, sign: str) -> None:
        function = getattr(operator, f"__{name}__")
        setattr(Expr, f"__{name}__", lambda x: UnaryOperator(6, x, sign, function))

    def comparison(name: str, sign: str, opposite: str) -> None:
        function = getattr(operator, f"__{name}__")
        setattr(Expr, f"__{name}__", lambda x, y: BoolBinaryOperator(x, y, sign, opposite, function))

    for name, (priority, sign) in _BINARY.items():
        binary(name, priority, sign)
    for name, sign in _UNARY.items():
        unary(name, sign)
    for name, (sign, opposite) in _COMPARISONS.items():
        comparison(name, sign, opposite)


_install()
