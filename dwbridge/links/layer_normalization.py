"""The layer of layer normalization (Ba, Kiros and Hinton, arXiv:1607.06450).

x (N, C, ...);  gamma, beta (C,);  y = gamma (x - mean) / sqrt(var + eps) + beta, mean and var along one axis.
"""

from typing import Any

from dwbridge.autograd import Parameter, Variable
from dwbridge.functions import layer_normalization
from dwbridge.initializers import _get_initializer
from dwbridge.links.link import Link


class LayerNormalization(Link):
    """Layer normalization.

    Args:
        size: length of the axis that is normalized; None takes it from the first input.
        eps: added to the variance.
        initial_gamma: initializer of gamma; None for 1.
        initial_beta: initializer of beta; None for 0.
        axis: the axis that is normalized: 1, the channels, as in Chainer, whose x has no other axes.
        use_beta: whether there is a beta; otherwise it is 0.

    Attributes:
        gamma, beta: parameters of shape (size,); beta may be None.

    Example:
        >>> import numpy as np
        >>> LayerNormalization(3)(np.zeros((2, 3, 4, 4), np.float32)).shape
        (2, 3, 4, 4)
    """

    beta: Parameter | None = None  # and not absent without use_beta

    def __init__(
        self,
        size: int | None = None,
        eps: float = 1e-6,
        initial_gamma: Any = None,
        initial_beta: Any = None,
        *,
        axis: int = 1,
        use_beta: bool = True,
    ) -> None:
        super().__init__()
        self.eps, self.axis = eps, axis
        with self.init_scope():
            self.gamma = Parameter(_get_initializer(1 if initial_gamma is None else initial_gamma))
            if use_beta:
                self.beta = Parameter(_get_initializer(0 if initial_beta is None else initial_beta))
        if size is not None:
            self._initialize_params(size)

    def _initialize_params(self, size: int) -> None:
        self.gamma.initialize(size)
        if self.beta is not None:
            self.beta.initialize(size)

    def forward(self, x: Any) -> Variable:
        """The normalized x, of its shape."""
        if self.gamma.array is None:
            self._initialize_params(x.shape[self.axis])
        beta = self.xp.zeros_like(self.gamma.array) if self.beta is None else self.beta
        return layer_normalization(x, self.gamma, beta, self.eps, axis=self.axis)
