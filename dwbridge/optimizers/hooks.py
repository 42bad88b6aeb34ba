"""The hooks that come with the package, under one roof: Chainer's `chainer.optimizer_hooks`."""

from dwbridge.optimizers.gradient_clipping import GradientClipping
from dwbridge.optimizers.gradient_hard_clipping import GradientHardClipping
from dwbridge.optimizers.gradient_lars import GradientLARS
from dwbridge.optimizers.gradient_noise import GradientNoise
from dwbridge.optimizers.lasso import Lasso
from dwbridge.optimizers.weight_decay import WeightDecay

__all__ = [
    "GradientClipping",
    "GradientHardClipping",
    "GradientLARS",
    "GradientNoise",
    "Lasso",
    "WeightDecay",
]
