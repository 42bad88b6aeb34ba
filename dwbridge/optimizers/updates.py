"""Updates of many parameters: what kernels would do one by one, they do together.

Updates that are one routine with the same scalars on the same device wait for one another, and are one call. What else
happens to a parameter (hooks, a rule of the user's own, float32 copies, a first update) happens in its turn: what waits
is computed before. So everything sees what it would see if nothing waited.
"""

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from dwbridge.autograd import Parameter
from dwbridge.backend import Array, are_together, are_where_they_compute, on_device_of
from dwbridge.kernels import kernels_for
from dwbridge.optimizers.kernel_rule import KernelRule

#: Methods that a rule may have of its own; its update is then not the routine alone.
METHODS = frozenset(
    {"update", "update_core", "update_core_cpu", "update_core_gpu", "step", "_step", "_update", "_update_by_type"}
)


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


#: An update that waits: (routine, device, scalars), the array that is read, those that change, and all for the routine.
Update = tuple[tuple[Any, ...], Array, tuple[Array, ...], tuple[Array | None, ...]]


class Waiting:
    """Updates that were begun: their rules have counted them, their arrays are unchanged. And gradients that decay."""

    def __init__(self) -> None:
        self._updates: list[Update] = []
        #: scalars of rules without hyperparameters of their own, by what else they follow from
        self._scalars: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def takes(self, param: Parameter) -> bool:
        """Begins the update of a parameter, if it can wait."""
        rule, x, gradient = param.update_rule, param._data[0], param._grad_var
        if not _is_routine((type(param), type(rule))) or "update" in vars(param):
            return False
        if not rule.enabled:
            return True
        if x is None or rule.does_more(x.dtype) or not METHODS.isdisjoint(vars(rule)):
            return False
        if gradient is None or param._loss_scale is not None:
            return False
        g, states = gradient._data[0], rule.arrays()
        changed = (x, *[array for array in states if array is not None])
        if not _are_together(changed):
            return False
        rule.t += 1
        group = rule.routine, _device_of(x), self._scalars_of(rule, x.dtype)
        self._updates.append((group, g, changed, (x, g, *states)))
        return True

    def takes_decay(self, x: Array, g: Array, rate: float) -> bool:
        """Begins g += rate x, if it can wait."""
        if not are_together(x, g):
            return False
        self._updates.append((("weight_decay", _device_of(x), (rate,)), x, (g,), (x, g)))
        return True

    def _scalars_of(self, rule: KernelRule, dtype: np.dtype) -> tuple[Any, ...]:
        """What the rule's routine takes. Most rules of an optimizer take the same, which is worked out once."""
        own = vars(rule.hyperparam)
        if len(own) > 1:
            return rule.scalars(dtype)
        key = type(rule), id(own["_parent"]), rule.t, dtype
        found = self._scalars.get(key)
        if found is None:
            found = rule.scalars(dtype)
            if rule.has_shared_scalars:
                self._scalars[key] = found
        return found

    def compute(self) -> None:
        """Computes what waits."""
        updates, self._updates = self._updates, []
        for apart in _apart(updates):
            groups: dict[tuple[Any, ...], list[tuple[Array | None, ...]]] = {}
            for group, _, _, arrays in apart:
                groups.setdefault(group, []).append(arrays)
            for (routine, _, scalars), rows in groups.items():
                x = rows[0][0]
                with on_device_of(x):
                    kernels_for("optimizer_updates", x).together(routine, rows, *scalars)


def _device_of(x: Array) -> int | None:
    return None if isinstance(x, np.ndarray) else x.data.device_id


def _apart(updates: list[Update]) -> Iterator[list[Update]]:
    """Updates in their order, as many at once as do not count on one: nothing that changes is anybody else's memory."""
    changes = _memories([array for _, _, changed, _ in updates for array in changed])
    if len(set(changes)) == len(changes) and set(changes).isdisjoint(_memories([read for _, read, _, _ in updates])):
        yield updates  # as nearly always
        return
    waiting: list[Update] = []
    before: set[int] = set()
    changed_before: set[int] = set()
    for update in updates:
        _, read, changed, _ = update
        (reads,), changes = _memories([read]), _memories(changed)
        if reads in changed_before or not before.isdisjoint(changes):
            yield waiting
            waiting, before, changed_before = [], set(), set()
        waiting.append(update)
        before.update(changes, [reads])
        changed_before.update(changes)
    yield waiting


def _memories(arrays: Iterable[Array]) -> list[int]:
    """What arrays' memories are known by: the array itself, or the one that it is a view of."""
    return [id(array if array.base is None else array.base) for array in arrays]


def _are_together(arrays: tuple[Array, ...]) -> bool:
    """Whether arrays are of one type, and on one device."""
    if are_where_they_compute(set(map(type, arrays))):
        return True
    return all(are_together(array, arrays[0]) for array in arrays)


@functools.cache
def _is_routine(classes: tuple[Any, Any]) -> bool:
    """Whether the classes of a parameter and of its rule leave an update to the routine."""
    parameter, rule = classes
    return (
        parameter.update is Parameter.update
        and issubclass(rule, KernelRule)
        and all(getattr(rule, method) is getattr(KernelRule, method) for method in METHODS)
    )
