"""Operators: one file each, with its layouts, type check, forward, backward and the function that users call."""

from dwbridge.autograd.operators import Operators, declare
from dwbridge.functions.absolute import absolute
from dwbridge.functions.accuracy import accuracy
from dwbridge.functions.add import add
from dwbridge.functions.average_pooling_2d import average_pooling_2d
from dwbridge.functions.batch_normalization import batch_normalization
from dwbridge.functions.broadcast_to import broadcast_to, sum_to
from dwbridge.functions.cast import cast
from dwbridge.functions.clipped_relu import clipped_relu, relu6
from dwbridge.functions.concat import concat
from dwbridge.functions.convolution_2d import convolution_2d
from dwbridge.functions.cos import cos
from dwbridge.functions.depthwise_convolution_2d import depthwise_convolution_2d
from dwbridge.functions.div import div
from dwbridge.functions.dropout import dropout
from dwbridge.functions.erf import erf
from dwbridge.functions.exp import exp
from dwbridge.functions.fixed_batch_normalization import fixed_batch_normalization
from dwbridge.functions.floor import floor
from dwbridge.functions.gelu import gelu
from dwbridge.functions.get_item import get_item
from dwbridge.functions.hard_sigmoid import hard_sigmoid
from dwbridge.functions.hard_swish import hard_swish
from dwbridge.functions.identity import identity
from dwbridge.functions.layer_normalization import layer_normalization
from dwbridge.functions.leaky_relu import leaky_relu
from dwbridge.functions.linear import linear
from dwbridge.functions.log import log
from dwbridge.functions.log_softmax import log_softmax
from dwbridge.functions.matmul import matmul
from dwbridge.functions.max_pooling_2d import max_pooling_2d
from dwbridge.functions.mean import average, mean
from dwbridge.functions.mul import mul
from dwbridge.functions.neg import neg
from dwbridge.functions.power import power
from dwbridge.functions.relu import relu
from dwbridge.functions.reshape import flatten, reshape
from dwbridge.functions.sigmoid import sigmoid
from dwbridge.functions.sin import sin
from dwbridge.functions.softmax import softmax
from dwbridge.functions.softmax_cross_entropy import softmax_cross_entropy
from dwbridge.functions.split_axis import split_axis
from dwbridge.functions.sqrt import sqrt
from dwbridge.functions.square import square
from dwbridge.functions.sub import sub
from dwbridge.functions.sum import sum
from dwbridge.functions.swish import swish
from dwbridge.functions.tan import tan
from dwbridge.functions.tanh import tanh
from dwbridge.functions.transpose import transpose

# What autograd needs from here; see dwbridge.autograd.operators.
declare(
    Operators(
        absolute=absolute,
        add=add,
        average=average,
        div=div,
        floor=floor,
        get_item=get_item,
        matmul=matmul,
        mul=mul,
        neg=neg,
        power=power,
        reshape=reshape,
        sub=sub,
        sum=sum,
        transpose=transpose,
    )
)

__all__ = [
    "absolute",
    "accuracy",
    "add",
    "average",
    "average_pooling_2d",
    "batch_normalization",
    "broadcast_to",
    "cast",
    "clipped_relu",
    "concat",
    "convolution_2d",
    "cos",
    "depthwise_convolution_2d",
    "div",
    "dropout",
    "erf",
    "exp",
    "fixed_batch_normalization",
    "flatten",
    "floor",
    "gelu",
    "get_item",
    "hard_sigmoid",
    "hard_swish",
    "identity",
    "layer_normalization",
    "leaky_relu",
    "linear",
    "log",
    "log_softmax",
    "matmul",
    "max_pooling_2d",
    "mean",
    "mul",
    "neg",
    "power",
    "relu",
    "relu6",
    "reshape",
    "sigmoid",
    "sin",
    "softmax",
    "softmax_cross_entropy",
    "split_axis",
    "sqrt",
    "square",
    "sub",
    "sum",
    "sum_to",
    "swish",
    "tan",
    "tanh",
    "transpose",
]
