"""x times the logistic function of beta x; beta's axes are those of x behind the first."""

import numpy as np

from oracles import float64
from oracles.sigmoid import sigmoid


def oracle(x, beta=1.0):
    x, beta = float64(x), float64(beta)
    y = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        y[index] = x[index] * sigmoid(beta[index[1 : 1 + beta.ndim]] * x[index])
    return y
