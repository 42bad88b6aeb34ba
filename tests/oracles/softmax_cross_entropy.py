"""-w[t] log softmax(x)[t] per label, 0 where t is ignored; their sum over how many count, or over the batch size.

Chainer's definition: class weights do not enter the divisor, and with normalize=False it is the batch size N even where
every example has many labels. With reduce="no" the losses are given one by one.
"""

import math

import numpy as np

from oracles import float64


def _loss(scores, label, weight):
    largest = max(scores)
    log_sum = largest + math.log(sum(math.exp(score - largest) for score in scores))
    return weight * (log_sum - scores[label])


def oracle(x, t, normalize=True, ignore_label=-1, reduce="mean", class_weight=None):
    x = float64(x)
    weights = np.ones(x.shape[1]) if class_weight is None else float64(class_weight)
    losses = np.zeros(t.shape)
    for n, *place in np.ndindex(t.shape):
        label = int(t[(n, *place)])
        if label != ignore_label:
            losses[(n, *place)] = _loss(x[(n, slice(None), *place)], label, weights[label])
    if reduce == "no":
        return losses
    counted = sum(int(label) != ignore_label for label in t.flat) if normalize else len(x)
    return float64(sum(losses.flat) / max(counted, 1))
