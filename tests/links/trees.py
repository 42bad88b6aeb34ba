"""A tree of links with everything in it: own parameters, deferred ones, persistents, nesting."""

import numpy as np

from dwbridge.links import Chain, Linear


def mixed_tree() -> Chain:
    chain = Chain(b=Linear(2, 3), a=Chain(z=Linear(3, 2), y=Linear(None, 2)))
    chain.add_param("W", (2,), initializer=1)
    chain.add_param("A", (2,), initializer=2)
    chain.add_persistent("array", np.arange(3.0))
    chain.add_persistent("items", [1])
    return chain
