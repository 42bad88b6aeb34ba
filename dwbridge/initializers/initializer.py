"""What an initializer is: a callable that fills an array in place.

Any callable of one array will do where an initializer is expected. One with a `dtype` also decides the type of the
array that is made for it (`dwbridge.initializers.generate_array`); None leaves that to `config.dtype`.
"""

from typing import Any

import numpy as np

from dwbridge.backend import Array


class Initializer:
    """Fills arrays in place.

    Args:
        dtype: type of the arrays that are made for this initializer; None for `config.dtype`.
    """

    def __init__(self, dtype: Any = None) -> None:
        self.dtype = dtype

    def __call__(self, array: Array) -> None:
        """Overwrites every element of the array."""
        raise NotImplementedError(f"{type(self).__name__} does not define __call__(array)")

    def _check_dtype(self, array: Array) -> None:
        # Chainer asserts this, and code written for it catches AssertionError.
        if self.dtype is not None and array.dtype != np.dtype(self.dtype):
            raise AssertionError(
                f"{type(self).__name__}: expected an array of {np.dtype(self.dtype).name}, got {array.dtype.name}"
            )
