"""Weight standardization: every filter gets mean 0 and variance 1 (Qiao et al., arXiv:1903.10520).

For each index of the weight's first axis, with mean and variance over all others:

    W <- (W - mean) / sqrt(variance + eps)

For the depthwise weight (M, C, kH, kW) that is over all channels together, as in Chainer.
"""

from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions import mean, power, reshape
from dwbridge.links.hooks.weight_replacement import WeightReplacement


class WeightStandardization(WeightReplacement):
    """Link hook that standardizes a weight, for one link.

    Args:
        eps: is added to the variance.
        weight_name: the weight's attribute.
        name: what the hook is registered as.

    Raises:
        ValueError: when it is added to a link without that weight.
        NotImplementedError: when it is used in a `with` statement.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> link = Linear(2, 1, nobias=True, initialW=np.array([[3, 5]], 'f'))
        >>> link = link.add_hook(WeightStandardization())
        >>> link(np.array([[0, 1]], 'f')).array.round(3).tolist()
        [[1.0]]
    """

    name = "WeightStandardization"

    def __init__(self, *, eps: float = 1e-5, weight_name: str = "W", name: str | None = None) -> None:
        super().__init__(weight_name, name)
        self.eps = eps

    def replacement(self, link: Any, weight: Variable) -> Variable:
        rows = reshape(weight, (weight.shape[0], -1))
        centred = rows - mean(rows, axis=1, keepdims=True)
        variance = mean(centred * centred, axis=1, keepdims=True)
        return reshape(centred * power(variance + self.eps, -0.5), weight.shape)
