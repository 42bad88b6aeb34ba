"""y = gamma (x - mean) / sqrt(var + eps) + beta, with mean and var (1/N) of x itself over the axes that gamma lacks."""

import math

import numpy as np

from oracles import axes_of, float64


def normalized_axes(x, gamma, axis):
    """The axes over which statistics are taken: by default the first and those behind gamma's."""
    return axes_of(axis, x.ndim) if axis is not None else (0, *range(np.ndim(gamma) + 1, x.ndim))


def channel_of(index, axes):
    """Which element of gamma belongs to an element of x."""
    return tuple(i for position, i in enumerate(index) if position not in axes)


def samples_of_channels(x, gamma, axis):
    """The values of x, as a list, of every element of gamma."""
    axes = normalized_axes(x, gamma, axis)
    samples: dict[tuple[int, ...], list[float]] = {channel: [] for channel in np.ndindex(np.shape(gamma))}
    for index in np.ndindex(x.shape):
        samples[channel_of(index, axes)].append(x[index])
    return samples


def mean_and_variance(values):
    """Mean and population variance of a list."""
    mean = sum(values) / len(values)
    return mean, sum((value - mean) ** 2 for value in values) / len(values)


def oracle(x, gamma, beta, eps=2e-5, axis=None):
    x, gamma, beta = float64(x), float64(gamma), float64(beta)
    axes = normalized_axes(x, gamma, axis)
    statistics = {c: mean_and_variance(values) for c, values in samples_of_channels(x, gamma, axis).items()}
    y = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        channel = channel_of(index, axes)
        mean, var = statistics[channel]
        y[index] = gamma[channel] * (x[index] - mean) / math.sqrt(var + eps) + beta[channel]
    return y


def running_statistics(x, gamma, running_mean, running_var, decay=0.9, axis=None):
    """(running mean, running variance) after one step: r decay + new (1 - decay), the new variance with 1 / (N - 1)."""
    running_mean, running_var = float64(running_mean), float64(running_var)
    for channel, values in samples_of_channels(float64(x), gamma, axis).items():
        mean, var = mean_and_variance(values)
        unbiased = var * len(values) / max(len(values) - 1, 1)
        running_mean[channel] = decay * running_mean[channel] + (1 - decay) * mean
        running_var[channel] = decay * running_var[channel] + (1 - decay) * unbiased
    return running_mean, running_var
