"""x / y, element by element, broadcast."""

from oracles import elementwise


def oracle(x, y):
    return elementwise(lambda a, b: a / b, x, y)
