"""Mean over axes; over the axes of an image it is global average pooling."""

from __future__ import annotations

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions.axes import normalize_axes
from dwbridge.functions.sum import Reduction
from dwbridge.functions.sum import sum as sum_


class Mean(Reduction):
    """See `mean`."""

    def weight(self, count: int) -> float:
        return max(count, 1)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Mean of the elements over axes; the arguments are those of `sum`. The mean of nothing is 0.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.mean(np.arange(6.).reshape(2, 3), axis=1).array
        array([1., 4.])
    """
    return Mean(normalize_axes(axis), keepdims).apply((x,))[0]


def average(x: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Variable:
    """Mean over axes, weighted: sum(x * weights) / sum(weights).

    Args:
        x, axis, keepdims: as for `sum`.
        weights: an array that broadcasts against x, or None for the plain mean.

    Example:
        >>> import numpy as np
        >>> from dwbridge import functions as F
        >>> F.average(np.array([1., 3.]), weights=np.array([3., 1.])).array
        array(1.5)
    """
    if weights is None:
        return mean(x, axis, keepdims)
    weighted = x * weights if isinstance(x, Variable) else Variable(x, requires_grad=False) * weights
    ones = Variable(weighted.xp.ones_like(weighted.array), requires_grad=False)
    return sum_(weighted, axis, keepdims) / sum_(ones * weights, axis, keepdims)
