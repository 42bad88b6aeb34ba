"""Batch normalization on a GPU. `dwbridge.kernels.reference.batch_normalization` documents the routines.

`forward` reads x for the statistics and again for y, `backward` reads x and gy for the sums and again for gx; sums are
those of slices, in two stages of a fixed order. 16-bit types are computed in float32, gamma and beta may be of any type
that does not raise the type of arithmetic. Arrays that are not in row order are copied.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dwbridge.backend import Array, get_array_module
from dwbridge.kernels.cuda.arrays import in_order, kind, kind_of
from dwbridge.kernels.cuda.launch import is_aligned, run
from dwbridge.kernels.cuda.plan.channels import Channels, Sums, channels_of, every_pack, sums
from dwbridge.kernels.cuda.plan.elements import BLOCK
from dwbridge.kernels.cuda.plan.launches import ITEMSIZES, KEPT, PACK, Launch
from dwbridge.kernels.cuda.sources import Instance
from dwbridge.kernels.cuda.weights import are_wide, taken
from dwbridge.kernels.errors import DeclinedError

Axes = tuple[int, ...]


class Plan(NamedTuple):
    """All that is launched for arrays of a layout."""

    statistics: Sums
    normalize: Launch
    fixed: Launch
    gradients: Sums
    gradient: Launch


def _instances(dtype: str, pack: int, wide: bool) -> tuple[Instance, Instance, Instance]:
    """The kernels of the statistics, of the gradients of gamma and beta, and of y and gx."""
    sizes = {"THREADS": BLOCK, "V": pack}
    weights = {"WIDE_WEIGHTS": int(wide)}
    return (
        Instance.of("batch_statistics", dtype, **sizes),
        Instance.of("channel_gradients", dtype, **sizes, **weights, OF_CHANNELS=1),
        Instance.of("batch_normalization", dtype, **sizes, **weights),
    )


def instances() -> Iterator[Instance]:
    """All that there are."""
    for dtype, size in ITEMSIZES.items():
        packs = [pack for pack in (1, 2, 4, 8) if pack * size <= PACK]
        found = (_instances(dtype, pack, wide) for pack in packs for wide in {True, size > 2})
        yield from dict.fromkeys(instance for three in found for instance in three)
        yield Instance.of("running_statistics", dtype)


@functools.lru_cache(KEPT)
def plan(layout: Channels, dtype: str, wide: bool, aligned: bool) -> Plan:
    """The launches; `aligned` if every array begins at a multiple of 16 bytes."""
    pack = layout.pack(dtype, aligned)
    statistics, gradients, passes = _instances(dtype, pack, wide)
    return Plan(
        sums(statistics, "statistics", 3, layout, pack),
        every_pack(passes, "batch_normalize", layout, pack),
        every_pack(passes, "batch_normalize_fixed", layout, pack),
        sums(gradients, "gradients", 2, layout, pack),
        every_pack(passes, "batch_gradient", layout, pack),
    )


def forward(x: Array, gamma: Array, beta: Array, axes: Axes, eps: float) -> tuple[Array, Array, Array, Array]:
    xp, of_x = get_array_module(x), kind(x.dtype)
    wide = are_wide(of_x, gamma.dtype, beta.dtype)
    x, (gamma, beta) = in_order(x), taken(of_x, wide, gamma, beta)
    planned = plan(channels_of(x.shape, axes), of_x.name, wide, is_aligned(x))
    y, partial = xp.empty(x.shape, x.dtype), xp.empty(planned.statistics.shape, of_x.wide)
    mean, variance, inv_std = (xp.empty(gamma.shape, of_x.wide) for _ in range(3))
    run(planned.statistics.partial, partial, x)
    run(planned.statistics.total, mean, variance, inv_std, partial, of_x.wide.type(eps))
    run(planned.normalize, y, x, mean, inv_std, gamma, beta)
    return y, mean, variance, inv_std


def backward(x: Array, gamma: Array, gy: Array, axes: Axes, mean: Array, inv_std: Array) -> tuple[Array, Array, Array]:
    xp, of_x = get_array_module(x), kind_of(x, gy)
    wide, given = are_wide(of_x, gamma.dtype), gamma.dtype
    if (mean.dtype, inv_std.dtype) != (of_x.wide, of_x.wide):
        raise DeclinedError(f"expected statistics of {of_x.wide}, got {[mean.dtype.name, inv_std.dtype.name]}")
    x, gy, mean, inv_std = in_order(x), in_order(gy), in_order(mean), in_order(inv_std)
    (gamma,) = taken(of_x, wide, gamma)
    layout = channels_of(x.shape, axes)
    planned = plan(layout, of_x.name, wide, is_aligned(x, gy))
    gx, partial = xp.empty(x.shape, x.dtype), xp.empty(planned.gradients.shape, of_x.wide)
    ggamma, gbeta = xp.empty(gamma.shape, gamma.dtype), xp.empty(gamma.shape, gamma.dtype)
    means = xp.empty((2, layout.channels), of_x.wide)
    run(planned.gradients.partial, partial, x, gy, mean, inv_std)
    run(planned.gradients.total, ggamma, gbeta, means, partial, of_x.wide.type(layout.outer * layout.inner))
    run(planned.gradient, gx, x, gy, mean, inv_std, gamma, means)
    return gx, ggamma.astype(given, copy=False), gbeta.astype(given, copy=False)


def fixed_forward(x: Array, gamma: Array, beta: Array, mean: Array, var: Array, axes: Axes, eps: float) -> Array:
    of_x = kind(x.dtype)
    wide = are_wide(of_x, gamma.dtype, beta.dtype, mean.dtype, var.dtype)
    x, (gamma, beta, mean, var) = in_order(x), taken(of_x, wide, gamma, beta, mean, var)
    planned = plan(channels_of(x.shape, axes), of_x.name, wide, is_aligned(x))
    y = get_array_module(x).empty(x.shape, x.dtype)
    run(planned.fixed, y, x, mean, var, gamma, beta, of_x.wide.type(eps))
    return y


def update_running(
    running_mean: Array | None,
    running_var: Array | None,
    mean: Array,
    variance: Array,
    decay: float,
    correction: float,
) -> None:
    kept = [running for running in (running_mean, running_var) if running is not None]
    of_running, number = kind_of(*kept), mean.dtype.type
    for running in kept:
        if mean.dtype != of_running.wide or mean.shape != running.shape or not running.flags.c_contiguous:
            raise DeclinedError(
                f"expected statistics of {of_running.wide} for running ones in row order, got {mean.dtype}"
            )
    if mean.size:
        launch, batch = _running_launch(of_running.name, mean.size), (in_order(mean), in_order(variance))
        run(launch, running_mean, running_var, *batch, number(decay), number(1 - decay), number(correction))


@functools.lru_cache(KEPT)
def _running_launch(dtype: str, size: int) -> Launch:
    instance = Instance.of("running_statistics", dtype)
    return Launch(instance, "running_update", (-(-size // BLOCK), 1, 1), BLOCK, (np.int32(size),))
