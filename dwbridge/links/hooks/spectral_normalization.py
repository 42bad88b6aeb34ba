"""Spectral normalization: a weight is divided by its largest singular value (Miyato et al., arXiv:1802.05957).

W is seen as a matrix: its first axis, and all others in a row. For the depthwise weight (M, C, kH, kW) that is
(M, C*kH*kW), as in Chainer. With a vector u that is kept from call to call, power iteration gives

    v = W^T u / (|W^T u| + eps),    u = W v / (|W v| + eps),    sigma = u^T W v

and the link computes with W / sigma. Gradients flow through sigma as well, with u and v held fixed.
"""

from typing import TYPE_CHECKING, Any

from dwbridge.autograd import Parameter, Variable
from dwbridge.backend import Array, copyto, get_array_module
from dwbridge.configuration import config
from dwbridge.functions import sum as sum_of
from dwbridge.links.hooks.weight_replacement import WeightReplacement

if TYPE_CHECKING:
    pass


class SpectralNormalization(WeightReplacement):
    """Link hook that divides a weight by its largest singular value, for one link.

    It registers the vector u as a persistent value (`W_u`), and with `use_gamma` a parameter `gamma`; both are saved
    with the link. Add the hook before `Optimizer.setup`, or `gamma` is not trained.

    Args:
        n_power_iteration: number of power iterations at each call; at least 1.
        eps: is added to norms before dividing by them.
        use_gamma: multiply by a trained scalar, which starts as the largest singular value.
        factor: divides sigma; None for 1.
        weight_name: the weight's attribute.
        name: what the hook is registered as.

    Attributes:
        vector_name (str): attribute of u in the link: the weight's name and '_u'.
        axis (int): the weight's axis that u runs over: 0.

    Raises:
        ValueError: when it is added to a link without that weight, or whose weight is empty.
        NotImplementedError: when it is used in a `with` statement.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> link = Linear(3, 2, initialW=np.array([[3, 0, 0], [0, 1, 0]], 'f'))
        >>> link = link.add_hook(SpectralNormalization(n_power_iteration=50))
        >>> link(np.ones((1, 3), 'f')).array.round(3).tolist(), link.W.array[0, 0].tolist()
        ([[1.0, 0.3330000042915344]], 3.0)
    """

    name = "SpectralNormalization"
    axis = 0

    def __init__(
        self,
        n_power_iteration: int = 1,
        eps: float = 1e-6,
        use_gamma: bool = False,
        factor: float | None = None,
        weight_name: str = "W",
        name: str | None = None,
    ) -> None:
        if not n_power_iteration > 0:  # as in Chainer, an AssertionError
            raise AssertionError(f"SpectralNormalization: expected n_power_iteration > 0, got {n_power_iteration}")
        super().__init__(weight_name, name)
        self.n_power_iteration = n_power_iteration
        self.eps = eps
        self.use_gamma = use_gamma
        self.factor = factor
        self.vector_name = f"{weight_name}_u"
        self._initialized = False

    def added(self, link: Any) -> None:
        super().added(link)
        if getattr(link, self.weight_name).array is not None:
            self._prepare(link)

    def deleted(self, link: Any) -> None:
        """Takes u and `gamma` away from the link."""
        super().deleted(link)
        if self._initialized:
            delattr(link, self.vector_name)
            if self.use_gamma:
                del link.gamma

    def _prepare(self, link: Any) -> None:
        if self._initialized:
            return
        W = getattr(link, self.weight_name).array
        rows = W.shape[self.axis]
        if rows == 0:
            raise ValueError(f"Expect {self.weight_name}.shape[{self.axis}] > 0, got shape {W.shape}")
        setattr(link, self.vector_name, link.xp.random.normal(size=(rows,)).astype(W.dtype))
        link.register_persistent(self.vector_name)
        if self.use_gamma:
            largest = link.xp.linalg.svd(self.reshape_W(W), compute_uv=False)[0]
            with link.init_scope():
                link.gamma = Parameter(link.xp.asarray(largest, W.dtype))
        self._initialized = True

    def replacement(self, link: Any, weight: Variable) -> Variable:
        u, v = self._singular_vectors(link, weight.array)
        sigma = sum_of(weight * (u[:, None] * v).reshape(weight.shape))
        if self.factor is not None:
            sigma = sigma / self.factor
        if config.train:
            copyto(getattr(link, self.vector_name), u)
        return link.gamma * weight / sigma if self.use_gamma else weight / sigma

    def normalize_weight(self, link: Any) -> Variable:
        """What a link computes with in its weight's place."""
        return self.replacement(link, getattr(link, self.weight_name))

    def reshape_W(self, W: Any) -> Any:
        """A weight (an array or a variable) as the matrix whose singular value is meant."""
        return W if W.ndim == 2 else W.reshape(W.shape[self.axis], -1)

    def _singular_vectors(self, link: Any, W: Array) -> tuple[Array, Array]:
        """Estimates of the first left and right singular vectors."""
        xp = get_array_module(W)
        matrix = self.reshape_W(W)
        u = getattr(link, self.vector_name)
        for _ in range(self.n_power_iteration):
            v = _unit(xp, xp.dot(u, matrix), self.eps)
            u = _unit(xp, xp.dot(matrix, v), self.eps)
        return u, v


def _unit(xp: Any, vector: Array, eps: float) -> Array:
    return vector / (xp.linalg.norm(vector) + vector.dtype.type(eps))
