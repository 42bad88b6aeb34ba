"""Batch normalization on a GPU. `dwbridge.kernels.reference.batch_normalization` documents the routines.

`forward` reads x for the statistics and again for y, `backward` reads x and gy for the sums and again for gx; sums are
those of slices, in two stages of a fixed order, of which the second lets running statistics follow. 16-bit types are
computed in float32, gamma and beta may be of any type that does not raise the type of arithmetic. Arrays that are not
in row order are copied. Beside running statistics that are not, or are not of the type of gamma and beta as they are
taken, the reference computes.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

from dwbridge.backend import Array
from dwbridge.kernels.cuda.arrays import empty, in_order, is_in_order, kind, kind_of, of_dtype
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan.channels import Channels, Sums, channels_of, every_pack, sums
from dwbridge.kernels.cuda.plan.elements import BLOCK
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, KEPT, PACK, Launch
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.cuda.weights import are_wide, taken
from dwbridge.kernels.errors import DeclinedError
from dwbridge.kernels.reference.batch_normalization import Running

Axes = tuple[int, ...]


class Plan(NamedTuple):
    """All that is launched for arrays of a layout."""

    statistics: Sums
    normalize: Launch
    fixed: Launch
    gradients: Sums
    gradient: Launch


def _instances(dtype: str, pack: int, wide: bool) -> tuple[Instance, Instance]:
    """The kernels of the statistics, y and gx, and of the gradients of gamma and beta."""
    constants = {"THREADS": BLOCK, "V": pack, "WIDE_WEIGHTS": int(wide)}
    return (
        Instance.of("batch_normalization", dtype, **constants),
        Instance.of("channel_gradients", dtype, **constants, OF_CHANNELS=1),
    )


def instances() -> Iterator[Instance]:
    """All that there are."""
    for dtype, size in ITEMSIZES.items():
        packs = [pack for pack in (1, 2, 4, 8) if pack * size <= PACK]
        found = (_instances(dtype, pack, wide) for pack in packs for wide in {True, size > 2})
        yield from (instance for both in found for instance in both)


@functools.lru_cache(KEPT)
def plan(layout: Channels, dtype: str, wide: bool, aligned: bool) -> Plan:
    """The launches; `aligned` if every array begins at a multiple of 16 bytes."""
    pack = layout.pack(dtype, aligned)
    passes, gradients = _instances(dtype, pack, wide)
    return Plan(
        sums(passes, "statistics", 3, layout, pack),
        every_pack(passes, "batch_normalize", layout, pack),
        every_pack(passes, "batch_normalize_fixed", layout, pack),
        sums(gradients, "gradients", 2, layout, pack),
        every_pack(passes, "batch_gradient", layout, pack),
    )


def forward(
    x: Array, gamma: Array, beta: Array, axes: Axes, eps: float, running: Running | None = None
) -> tuple[Array, Array, Array]:
    of_x = kind(x.dtype)
    wide = are_wide(of_x, gamma.dtype, beta.dtype)
    x, (gamma, beta) = in_order(x), taken(of_x, wide, gamma, beta)
    running_mean, running_var, *rates = _following(running, gamma)
    planned = plan(channels_of(x.shape, axes), of_x.name, wide, is_aligned(x))
    y, partial = empty(x.shape, x.dtype), empty(planned.statistics.shape, of_x.wide)
    mean, inv_std = empty(gamma.shape, of_x.wide), empty(gamma.shape, of_x.wide)
    numbers = map(of_x.wide.type, (eps, *rates))
    run(planned.statistics.partial, partial, x)
    run(planned.statistics.total, mean, inv_std, running_mean, running_var, partial, *numbers)
    run(planned.normalize, y, x, mean, inv_std, gamma, beta)
    return y, mean, inv_std


def _following(running: Running | None, gamma: Array) -> tuple[Array | None, Array | None, float, float, float]:
    """Running statistics as the kernel takes them, with decay, its complement and the variance's correction.

    Raises:
        DeclinedError: if it does not take them.
    """
    if running is None:
        return None, None, 0, 0, 0
    mean, var, decay, correction = running
    for each in (mean, var):
        if each is not None and not (_is_like(each, gamma) and is_in_order(each)):
            raise DeclinedError(f"expected running statistics in row order, {gamma.shape} of {gamma.dtype}")
    return mean, var, decay, 1 - decay, correction


def _is_like(array: Any, gamma: Array) -> bool:
    return isinstance(array, type(gamma)) and array.dtype == gamma.dtype and array.shape == gamma.shape


def backward(x: Array, gamma: Array, gy: Array, axes: Axes, mean: Array, inv_std: Array) -> tuple[Array, Array, Array]:
    of_x = kind_of(x, gy)
    wide, given = are_wide(of_x, gamma.dtype), gamma.dtype
    if (mean.dtype, inv_std.dtype) != (of_x.wide, of_x.wide):
        raise DeclinedError(f"expected statistics of {of_x.wide}, got {[mean.dtype.name, inv_std.dtype.name]}")
    x, gy, mean, inv_std = in_order(x), in_order(gy), in_order(mean), in_order(inv_std)
    (gamma,) = taken(of_x, wide, gamma)
    layout = channels_of(x.shape, axes)
    planned = plan(layout, of_x.name, wide, is_aligned(x, gy))
    gx, partial = empty(x.shape, x.dtype), empty(planned.gradients.shape, of_x.wide)
    ggamma, gbeta = empty(gamma.shape, gamma.dtype), empty(gamma.shape, gamma.dtype)
    run(planned.gradients.partial, partial, x, gy, mean, inv_std)
    means = partial  # they take the place of the first slice
    run(planned.gradients.total, ggamma, gbeta, means, partial, of_x.wide.type(layout.outer * layout.inner))
    run(planned.gradient, gx, x, gy, mean, inv_std, gamma, means)
    return gx, of_dtype(ggamma, given), of_dtype(gbeta, given)


def fixed_forward(x: Array, gamma: Array, beta: Array, mean: Array, var: Array, axes: Axes, eps: float) -> Array:
    of_x = kind(x.dtype)
    wide = are_wide(of_x, gamma.dtype, beta.dtype, mean.dtype, var.dtype)
    x, (gamma, beta, mean, var) = in_order(x), taken(of_x, wide, gamma, beta, mean, var)
    planned = plan(channels_of(x.shape, axes), of_x.name, wide, is_aligned(x))
    y = empty(x.shape, x.dtype)
    run(planned.fixed, y, x, mean, var, gamma, beta, of_x.wide.type(eps))
    return y
