"""Optimizers, their update rules and hooks."""

from dwbridge.optimizers.adam import Adam, AdamRule
from dwbridge.optimizers.adam_variants import AdaBound, AdamW, AMSBound, AMSGrad
from dwbridge.optimizers.gradient_clipping import GradientClipping
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.momentum_sgd import MomentumSGD, MomentumSGDRule
from dwbridge.optimizers.optimizer import Optimizer
from dwbridge.optimizers.sgd import SGD, SGDRule
from dwbridge.optimizers.update_rule import UpdateRule
from dwbridge.optimizers.weight_decay import WeightDecay

__all__ = [
    "SGD",
    "AMSBound",
    "AMSGrad",
    "AdaBound",
    "Adam",
    "AdamRule",
    "AdamW",
    "GradientClipping",
    "GradientMethod",
    "Hyperparameter",
    "HyperparameterProxy",
    "MomentumSGD",
    "MomentumSGDRule",
    "Optimizer",
    "SGDRule",
    "UpdateRule",
    "WeightDecay",
]
