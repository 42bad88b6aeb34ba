"""Update rules whose step is one routine of `kernels_for('optimizer_updates')`, and nothing else."""

from typing import Any, ClassVar

import numpy as np

from dwbridge.autograd import Variable
from dwbridge.backend import Array
from dwbridge.kernels import kernels_for
from dwbridge.optimizers.update_rule import UpdateRule


class KernelRule(UpdateRule):
    """A rule that is a routine. Subclasses name it, and define `scalars`.

    Attributes:
        routine: the routine's name.
        state_names: the arrays of its state, which begin as zeros, in the routine's order.
    """

    is_elementwise = True

    routine: ClassVar[str]
    state_names: ClassVar[tuple[str, ...]] = ()

    def init_state(self, param: Variable) -> None:
        for name in self.state_names:
            self.state[name] = param.xp.zeros_like(param.array)  # type: ignore[index]

    @property
    def has_shared_scalars(self) -> bool:
        """Whether the scalars follow from the class, the hyperparameters, `t` and the dtype, and from nothing else."""
        return True

    def arrays(self) -> tuple[Array | None, ...]:
        """The state, as the routine takes it."""
        state: Any = self._state
        return tuple([state[name] for name in self.state_names])

    def scalars(self, dtype: np.dtype) -> tuple[Any, ...]:
        """What the routine takes behind the arrays of a parameter of this dtype."""
        raise NotImplementedError(f"{type(self).__name__} does not define scalars")

    def step(self, x: Array, g: Array) -> None:
        scalars = self.scalars(x.dtype)
        getattr(kernels_for("optimizer_updates", x), self.routine)(x, g, *self.arrays(), *scalars)
