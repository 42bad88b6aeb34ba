"""Updates of many parameters: what kernels would do one by one, they do together.

Updates that are one routine with the same scalars on the same device wait for one another, and are one call. What else
happens to a parameter (hooks, a rule of the user's own, float32 copies, a first update) happens in its turn: what waits
is computed before. So everything sees what it would see if nothing waited.
"""

import functools
from collections.abc import Iterable
from typing import Any

from dwbridge.autograd import Parameter
from dwbridge.backend import Array, are_together, are_where_they_compute, is_cupy_array, on_device_of
from dwbridge.kernels import kernels_for
from dwbridge.optimizers.kernel_rule import KernelRule

#: Methods that a rule may have of its own; its update is then not the routine alone.
METHODS = ("update", "update_core", "update_core_cpu", "update_core_gpu", "step", "_step", "_update", "_update_by_type")


def update_all(params: Iterable[Parameter]) -> bool:
    """Updates parameters by their rules, in their order.

    Returns:
        Whether nothing but kernels took part, which leave gradients as they are.
    """
    waiting, only_kernels = Waiting(), True
    try:
        for param in params:
            if not waiting.takes(param):
                only_kernels = False
                waiting.compute()
                param.update()
    finally:
        waiting.compute()
    return only_kernels


class Waiting:
    """Updates that were begun: their rules have counted them, their arrays are unchanged. And gradients that decay."""

    def __init__(self) -> None:
        #: (routine, device, scalars) -> x, g and states of parameters
        self._groups: dict[tuple[Any, ...], list[tuple[Array | None, ...]]] = {}
        self._read: set[int] = set()
        self._written: set[int] = set()
        #: scalars of rules without hyperparameters of their own, by what else they follow from
        self._scalars: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def takes(self, param: Parameter) -> bool:
        """Begins the update of a parameter, if it can wait."""
        rule, x, gradient = param.update_rule, param.array, param._grad_var
        classes: tuple[Any, Any] = (type(param), type(rule))
        if not _is_routine(*classes) or "update" in vars(param):
            return False
        if not rule.enabled:
            return True
        if x is None or rule.does_more(x.dtype) or not vars(rule).keys().isdisjoint(METHODS):
            return False
        if gradient is None or param._loss_scale is not None:
            return False
        g, states = gradient.array, rule.arrays()
        if not _are_together(x, states):
            return False
        self._make_way(x, g, states)
        rule.t += 1
        self._add(rule.routine, self._scalars_of(rule, x), (x, g, *states))
        return True

    def takes_decay(self, x: Array, g: Array, rate: float) -> bool:
        """Begins g += rate x, if it can wait."""
        if not are_together(x, g):
            return False
        self._make_way(g, x, ())
        self._add("weight_decay", (rate,), (x, g))
        return True

    def _add(self, routine: str, scalars: tuple[Any, ...], row: tuple[Array | None, ...]) -> None:
        x: Any = row[0]
        device = x.device.id if is_cupy_array(x) else None
        self._groups.setdefault((routine, device, scalars), []).append(row)

    def _scalars_of(self, rule: KernelRule, x: Array) -> tuple[Any, ...]:
        """What the rule's routine takes. Most rules of an optimizer take the same, which is worked out once."""
        parent = rule.shared_hyperparam
        if parent is None:
            return rule.scalars(x.dtype)
        key = type(rule), id(parent), rule.t, x.dtype
        found = self._scalars.get(key)
        if found is None:
            found = self._scalars[key] = rule.scalars(x.dtype)
        return found

    def _make_way(self, x: Array, g: Array, states: tuple[Array | None, ...]) -> None:
        """Computes what waits, if memory that it shares with these makes the order count; g is read, others change."""
        # An array's memory is known by the array itself, or by the one that it is a view of.
        reads, writes = id(g if g.base is None else g.base), []
        for array in (x, *states):
            if array is not None:
                writes.append(id(array if array.base is None else array.base))
        if reads in self._written or not (self._read.isdisjoint(writes) and self._written.isdisjoint(writes)):
            self.compute()
        self._read.add(reads)
        self._written.update(writes)

    def compute(self) -> None:
        """Computes what waits."""
        groups, self._groups, self._read, self._written = self._groups, {}, set(), set()
        for (routine, _, scalars), rows in groups.items():
            x = rows[0][0]
            with on_device_of(x):
                kernels_for("optimizer_updates", x).together(routine, rows, *scalars)


def _are_together(x: Array, states: tuple[Array | None, ...]) -> bool:
    """Whether the state is where the parameter is."""
    kinds = {type(x)}
    for array in states:
        if array is not None:
            kinds.add(type(array))
    if are_where_they_compute(kinds):
        return True
    return all(are_together(array, x) for array in states if array is not None)


@functools.cache
def _is_routine(parameter: Any, rule: Any) -> bool:
    """Whether these classes leave an update to the routine."""
    return (
        parameter.update is Parameter.update
        and issubclass(rule, KernelRule)
        and all(getattr(rule, method) is getattr(KernelRule, method) for method in METHODS)
    )
