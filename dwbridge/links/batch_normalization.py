"""The layer of batch normalization (Ioffe and Szegedy, arXiv:1502.03167).

x (N, C, ...);  gamma, beta, avg_mean, avg_var (C,);  y = gamma (x - mean) / sqrt(var + eps) + beta.

In training, mean and variance are the batch's, and `avg_mean`, `avg_var` follow them: avg = decay avg + (1 - decay) of
the batch, the variance unbiased. Otherwise (`config.train` False) mean and variance are `avg_mean` and `avg_var`.
"""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from dwbridge.autograd import Parameter, Variable
from dwbridge.backend import Array
from dwbridge.configuration import config, get_dtype
from dwbridge.functions import batch_normalization, fixed_batch_normalization
from dwbridge.initializers import Constant, _get_initializer, generate_array
from dwbridge.links.link import Link


class BatchNormalization(Link):
    """Batch normalization.

    Args:
        size: shape of gamma and beta, an integer or a tuple: the shape of x without the axes that are normalized over.
            None takes it from the first input, and needs `axis`.
        decay: how much of the running statistics a training step keeps.
        eps: added to the variance.
        dtype: type of parameters and statistics; None for `config.dtype`.
        use_gamma: whether there is a gamma; otherwise it is 1.
        use_beta: whether there is a beta; otherwise it is 0.
        initial_gamma: initializer of gamma; None for 1.
        initial_beta: initializer of beta; None for 0.
        axis: the axes normalized over, an integer or a tuple; None for all but those of `size`, which then starts at
            axis 1.
        initial_avg_mean: initializer of `avg_mean`; None for 0.
        initial_avg_var: initializer of `avg_var`; None for 1.

    Attributes:
        gamma, beta: parameters, or None.
        avg_mean, avg_var: running mean and variance, arrays; None until the size is known. Saved with the link.
        N (int): number of batches in fine-tuning. Saved with the link.

    Raises:
        RuntimeError: if neither `size` nor `axis` is given.

    Example:
        >>> layer = BatchNormalization(3)
        >>> layer(np.zeros((2, 3, 4, 4), np.float32)).shape
        (2, 3, 4, 4)
    """

    # None and not absent without use_gamma, use_beta.
    gamma: Parameter | None = None
    beta: Parameter | None = None
    avg_mean: Array | None
    avg_var: Array | None

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: Any = None,
        use_gamma: bool = True,
        use_beta: bool = True,
        initial_gamma: Any = None,
        initial_beta: Any = None,
        axis: int | tuple[int, ...] | None = None,
        initial_avg_mean: Any = None,
        initial_avg_var: Any = None,
    ) -> None:
        super().__init__()
        if size is None and axis is None:
            raise RuntimeError("size or axis is required")
        self.decay = decay
        self.eps = eps
        self.axis = (axis,) if isinstance(axis, int) else axis
        # Under mixed16 the layer computes in float32, as in Chainer.
        self._dtype = get_dtype(dtype, map_mixed16=np.dtype(np.float32))
        self._initial_avg_mean = 0 if initial_avg_mean is None else initial_avg_mean
        self._initial_avg_var = 1 if initial_avg_var is None else initial_avg_var
        with self.init_scope():
            if use_gamma:
                self.gamma = self._parameter(1 if initial_gamma is None else initial_gamma)
            if use_beta:
                self.beta = self._parameter(0 if initial_beta is None else initial_beta)
        self.add_persistent("N", 0)
        self.add_persistent("avg_mean", None)
        self.add_persistent("avg_var", None)
        if size is not None:
            self._initialize_params(size)

    def _parameter(self, initial: Any) -> Parameter:
        initializer: Any = copy.copy(_get_initializer(initial))
        initializer.dtype = self._dtype  # the layer's type, and not the one the initializer came with
        return Parameter(initializer)

    def _initialize_params(self, size: int | tuple[int, ...]) -> None:
        self.avg_mean = self._statistic(self._initial_avg_mean, size)
        self.avg_var = self._statistic(self._initial_avg_var, size)
        for param in (self.gamma, self.beta):
            if param is not None:
                param.initialize(size)

    def _statistic(self, initial: Any, size: int | tuple[int, ...]) -> Array:
        return generate_array(_get_initializer(initial), size, self.xp, self._dtype, self.device)

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        known = self.avg_mean is not None
        yield "size", self.avg_mean.shape[0] if known else None  # type: ignore[union-attr]
        yield "decay", self.decay
        yield "eps", self.eps
        yield "dtype", self.avg_mean.dtype if known else self._dtype  # type: ignore[union-attr]
        yield "use_gamma", self.gamma is not None
        yield "use_beta", self.beta is not None

    def forward(self, x: Any, *, finetune: bool = False) -> Variable:
        """The normalized x, of its shape.

        Args:
            x: the input.
            finetune: in training, let `avg_mean` and `avg_var` become the plain means over all batches since
                `start_finetuning`, instead of decaying ones.
        """
        if self.avg_mean is None:
            self._initialize_params(tuple(d for i, d in enumerate(x.shape) if i not in (self.axis or ())))
        gamma = self._constant(1) if self.gamma is None else self.gamma
        beta = self._constant(0) if self.beta is None else self.beta
        mean, var = self.avg_mean, self.avg_var
        if not config.train:
            return fixed_batch_normalization(x, gamma, beta, mean, var, self.eps, self.axis, decay=self.decay)
        decay = self._next_finetuning_decay() if finetune else self.decay
        return batch_normalization(x, gamma, beta, self.eps, mean, var, decay, self.axis)

    def _constant(self, value: int) -> Array:
        shape = self.avg_mean.shape  # type: ignore[union-attr]
        return generate_array(Constant(value), shape, self.xp, self._dtype, self.device)

    def _next_finetuning_decay(self) -> float:
        self.N += 1
        return 1.0 - 1.0 / self.N

    def start_finetuning(self) -> None:
        """Starts counting batches anew."""
        self.N = 0
