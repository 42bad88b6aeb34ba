"""Optimizers, their update rules and hooks."""

from dwbridge.optimizers.ada_delta import AdaDelta, AdaDeltaRule
from dwbridge.optimizers.ada_grad import AdaGrad, AdaGradRule
from dwbridge.optimizers.adam import Adam, AdamRule
from dwbridge.optimizers.adam_variants import AdaBound, AdamW, AMSBound, AMSGrad
from dwbridge.optimizers.corrected_momentum_sgd import CorrectedMomentumSGD, CorrectedMomentumSGDRule
from dwbridge.optimizers.gradient_method import GradientMethod
from dwbridge.optimizers.hooks import (
    GradientClipping,
    GradientHardClipping,
    GradientLARS,
    GradientNoise,
    Lasso,
    WeightDecay,
)
from dwbridge.optimizers.hyperparameter import Hyperparameter, HyperparameterProxy
from dwbridge.optimizers.momentum_sgd import MomentumSGD, MomentumSGDRule
from dwbridge.optimizers.msvag import MSVAG, MSVAGRule
from dwbridge.optimizers.nesterov_ag import NesterovAG, NesterovAGRule
from dwbridge.optimizers.optimizer import Optimizer
from dwbridge.optimizers.rmsprop import RMSprop, RMSpropRule
from dwbridge.optimizers.rmsprop_graves import RMSpropGraves, RMSpropGravesRule
from dwbridge.optimizers.sgd import SGD, SGDRule
from dwbridge.optimizers.smorms3 import SMORMS3, SMORMS3Rule
from dwbridge.optimizers.update_rule import UpdateRule

__all__ = [
    "MSVAG",
    "SGD",
    "SMORMS3",
    "AMSBound",
    "AMSGrad",
    "AdaBound",
    "AdaDelta",
    "AdaDeltaRule",
    "AdaGrad",
    "AdaGradRule",
    "Adam",
    "AdamRule",
    "AdamW",
    "CorrectedMomentumSGD",
    "CorrectedMomentumSGDRule",
    "GradientClipping",
    "GradientHardClipping",
    "GradientLARS",
    "GradientMethod",
    "GradientNoise",
    "Hyperparameter",
    "HyperparameterProxy",
    "Lasso",
    "MSVAGRule",
    "MomentumSGD",
    "MomentumSGDRule",
    "NesterovAG",
    "NesterovAGRule",
    "Optimizer",
    "RMSprop",
    "RMSpropGraves",
    "RMSpropGravesRule",
    "RMSpropRule",
    "SGDRule",
    "SMORMS3Rule",
    "UpdateRule",
    "WeightDecay",
]
