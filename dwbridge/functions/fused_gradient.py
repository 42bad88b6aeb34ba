"""A gradient that one kernel computes, and that is differentiated through its definition in functions.

`forward` is fast: one call into the kernels. `definition` says the same in functions, slowly, and is only computed when
a gradient of the gradient is asked for; every derivative of any order follows from it.
"""

from __future__ import annotations

from dwbridge.autograd import FunctionNode, Variable, grad
from dwbridge.backend import is_floating
from dwbridge.configuration import config, force_backprop_mode
from dwbridge.functions.identity import identity


class FusedGradient(FunctionNode):
    """A subclass has `forward`, which retains all inputs, and `definition`."""

    def definition(self, *inputs: Variable) -> tuple[Variable, ...]:
        """What `forward` computes, in functions."""
        raise NotImplementedError(f"{self.label} has no definition")

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Variable | None, ...]
    ) -> tuple[Variable | None, ...]:
        # The identities cut the inputs off from one another: gy may itself have been computed from x, and that way is
        # the engine's to follow.
        with force_backprop_mode():
            leaves = [identity(v) if is_floating(v.dtype) else v for v in self.get_retained_inputs()]
            results = self.definition(*leaves)
        given = [(r, g) for r, g in zip(results, grad_outputs, strict=True) if g is not None]
        wanted = [leaves[i] for i in target_input_indexes]
        outputs, gradients = [r for r, _ in given], [g for _, g in given]
        return tuple(grad(outputs, wanted, gradients, enable_double_backprop=config.enable_backprop))
