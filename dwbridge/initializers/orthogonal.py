"""Orthogonal initialization: rows (or columns) that are orthogonal and of one length.

The array is seen as a matrix (shape[0], product of the rest). A normal matrix A of that shape, transposed if it is
wide, is factored as QR; Q is made unique by asking R's diagonal to be non-negative (Edelman and Rao, Random matrix
theory, 2005), and the array is `scale` times Q (Saxe et al., arXiv:1312.6120). The factoring runs in NumPy on float64.
"""

import math
from typing import Any

import numpy as np

from dwbridge.backend import Array, copyto, is_cupy_array
from dwbridge.initializers.initializer import Initializer

# mode -> (refuses more inputs than outputs, refuses more outputs than inputs)
_REFUSALS = {
    "auto": (False, False),
    "projection": (False, True),
    "embedding": (True, False),
    "basis": (True, True),
}


class Orthogonal(Initializer):
    """Fills an array with a (semi-)orthogonal matrix.

    Args:
        scale: length of the rows (or columns).
        dtype: see `Initializer`.
        mode: which shapes are allowed: `'projection'` at most as many outputs as inputs, `'embedding'` at least as
            many, `'basis'` as many, `'auto'` any.
        rng: a `numpy.random.RandomState` or CuPy's to draw from; None for NumPy's global state.

    Raises:
        ValueError: if the mode is unknown; when called, if the array is empty or its shape is not the mode's.
    """

    def __init__(self, scale: float = 1.1, dtype: Any = None, mode: str = "auto", *, rng: Any = None) -> None:
        if mode not in _REFUSALS:
            raise ValueError(f"Orthogonal: expected one of {', '.join(map(repr, _REFUSALS))} as mode, got {mode!r}")
        super().__init__(dtype)
        self.scale = scale
        self.mode = mode
        self.rng = rng

    def __call__(self, array: Array) -> None:
        self._check_dtype(array)
        if array.ndim == 0:
            sign = 2 * int(self._source.randint(2)) - 1
            array[...] = self.scale * sign
            return
        outputs, inputs = array.shape[0], math.prod(array.shape[1:])
        self._check_shape(array.shape, outputs, inputs)
        copyto(array, self._matrix(outputs, inputs).reshape(array.shape))

    @property
    def _source(self) -> Any:
        return np.random if self.rng is None else self.rng

    def _check_shape(self, shape: tuple[int, ...], outputs: int, inputs: int) -> None:
        if not outputs * inputs:
            raise ValueError(f"Orthogonal: expected a non-empty array to fill, got shape {shape}")
        refuses_wide, refuses_tall = _REFUSALS[self.mode]
        if (inputs > outputs and refuses_wide) or (inputs < outputs and refuses_tall):
            raise ValueError(
                f"Orthogonal: no {self.mode} of shape {shape}, that is {inputs} inputs and {outputs} outputs"
            )

    def _matrix(self, outputs: int, inputs: int) -> np.ndarray:
        drawn = self._source.normal(size=(outputs, inputs))
        a = drawn.get() if is_cupy_array(drawn) else drawn
        q, r = np.linalg.qr(a.T if inputs > outputs else a)
        q *= np.copysign(self.scale, np.diag(r))
        return q.T if inputs > outputs else q
