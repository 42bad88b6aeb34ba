"""The layer of the swish activation with a trained beta: y = x s(beta x), s the logistic function.

x (N, s1, s2, ...);  beta (s1, ..., sM), or () for one number.
"""

from typing import Any

from dwbridge.autograd import Parameter, Variable
from dwbridge.functions import swish
from dwbridge.initializers import Constant
from dwbridge.links.link import Link


class Swish(Link):
    """Swish with a parameter for each place behind the batch axis.

    Args:
        beta_shape: shape of beta, a tuple; None takes it from the first input, all axes but the first.
        beta_init: what beta starts with, a number.

    Attributes:
        beta: the parameter.

    Example:
        >>> import numpy as np
        >>> Swish((3,))(np.ones((2, 3, 4, 4), np.float32)).shape
        (2, 3, 4, 4)
    """

    def __init__(self, beta_shape: tuple[int, ...] | None, beta_init: float = 1.0) -> None:
        super().__init__()
        with self.init_scope():
            self.beta = Parameter(Constant(beta_init), beta_shape)

    def forward(self, x: Any) -> Variable:
        """x s(beta x), of the shape of x."""
        if self.beta.array is None:
            self.beta.initialize(x.shape[1:])
        return swish(x, self.beta)
