"""Hooks around links' forward computations, one a file: Chainer's `chainer.link_hooks`."""

from dwbridge.links.hooks.spectral_normalization import SpectralNormalization
from dwbridge.links.hooks.timer import TimerHook
from dwbridge.links.hooks.weight_standardization import WeightStandardization

__all__ = [
    "SpectralNormalization",
    "TimerHook",
    "WeightStandardization",
]
