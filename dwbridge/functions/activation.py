"""What activations share: y = f(x) is one kernel, gx = gy f'(x) is one kernel, and nothing else is computed.

Each activation's file names its kernel and states f' as a formula in functions, for gradients of gradients. Most need
only y for their gradient: y is kept by the next layer anyway, so x need not be.
"""

from __future__ import annotations

from typing import ClassVar

from dwbridge.autograd import Variable
from dwbridge.backend import Array
from dwbridge.functions.fused_gradient import FusedGradient
from dwbridge.functions.mul import mul
from dwbridge.functions.unary import Unary
from dwbridge.kernels import kernels_for


class Activation(Unary):
    """x -> f(x), element by element.

    Attributes:
        kernel: the routine of `kernels_for('activations')`; `<kernel>_gradient` is its gradient.
        retains_output: whether the gradient is computed from y; otherwise from x.
        constants: numbers that the kernel takes after the arrays.
    """

    kernel: ClassVar[str]
    retains_output: bool = True
    constants: tuple[float, ...] = ()

    def derivative(self, v: Variable) -> Variable:
        """f'(x) in functions, from what is retained: y, or x."""
        raise NotImplementedError(f"{self.label} has no derivative")

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        (x,) = inputs
        if self.retains_output:
            self.retain_outputs((0,))
        else:
            self.retain_inputs((0,))
        return (getattr(kernels_for("activations", x), self.kernel)(x, *self.constants),)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        (v,) = self.get_retained_outputs() if self.retains_output else self.get_retained_inputs()
        return ActivationGradient(self).apply((v, grad_outputs[0]))


class ActivationGradient(FusedGradient):
    """(v, gy) -> gy f', where v is what the activation retains."""

    input_names = ("v", "gy")

    def __init__(self, activation: Activation) -> None:
        self.activation = activation

    def forward(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        v, gy = inputs
        self.retain_inputs((0, 1))
        routine = getattr(kernels_for("activations", v), f"{self.activation.kernel}_gradient")
        return (routine(v, gy, *self.activation.constants),)

    def definition(self, *inputs: Variable) -> tuple[Variable, ...]:
        v, gy = inputs
        return (mul(gy, self.activation.derivative(v)),)


def indicator(condition: Array, like: Variable) -> Variable:
    """1 where a condition holds, 0 elsewhere, of the dtype of `like`: the derivative of what is made of lines."""
    return Variable(like.xp.asarray(condition, dtype=like.dtype), requires_grad=False)
