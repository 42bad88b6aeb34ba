"""Every initializer over shapes and types, written once for Chainer and dwbridge; see `chainer_scenarios`."""

from typing import Any

import numpy as np

WEIGHTS = [(2, 3), (3, 2), (2, 2, 3), (1, 3, 2, 2), (3, 1, 2, 1)]
SQUARES = [(1, 1), (3, 3)]
FILTERS = [(2, 2, 3), (2, 1, 3, 3), (2, 2, 4, 4), (1, 1, 2, 2, 2)]
ANY = [(), (3,), *WEIGHTS]
DTYPES = (np.float16, np.float32, np.float64)

#: name: (class, arguments, shapes)
INITIALIZERS: dict[str, tuple[str, dict[str, Any], list[tuple[int, ...]]]] = {
    "Constant": ("Constant", {"fill_value": 0.1}, ANY),
    "Constant of an array": ("Constant", {"fill_value": np.array([[0.1], [0.2]])}, [(2, 3)]),
    "DownsamplingConvFilter": ("DownsamplingConvFilter", {}, FILTERS),
    "GlorotNormal": ("GlorotNormal", {"scale": 1.5}, WEIGHTS),
    "GlorotUniform": ("GlorotUniform", {}, WEIGHTS),
    "HeNormal": ("HeNormal", {}, WEIGHTS),
    "HeNormal fan_out": ("HeNormal", {"scale": 0.5, "fan_option": "fan_out"}, WEIGHTS),
    "HeUniform": ("HeUniform", {"scale": 0.7}, WEIGHTS),
    "Identity": ("Identity", {"scale": 0.3}, SQUARES),
    "LeCunNormal": ("LeCunNormal", {}, WEIGHTS),
    "LeCunUniform": ("LeCunUniform", {}, WEIGHTS),
    "NaN": ("NaN", {}, ANY),
    "Normal": ("Normal", {"scale": 0.3}, ANY),
    "One": ("One", {}, ANY),
    "Orthogonal": ("Orthogonal", {}, ANY),
    "Orthogonal basis": ("Orthogonal", {"mode": "basis"}, [(2, 2), (4, 2, 2)]),
    "Orthogonal embedding": ("Orthogonal", {"mode": "embedding"}, [(3, 2), (5, 1, 2)]),
    "Orthogonal projection": ("Orthogonal", {"scale": 2.0, "mode": "projection"}, [(2, 3), (1, 2, 2)]),
    "Uniform": ("Uniform", {"scale": 0.3}, ANY),
    "UpsamplingDeconvFilter": ("UpsamplingDeconvFilter", {"interpolation": "linear"}, FILTERS),
    "Zero": ("Zero", {}, ANY),
}


def stream(fw: Any, name: str, dtype: Any) -> np.ndarray:
    """What an initializer writes into an array of each shape after the other, from seed 0, in a row.

    The last element is what NumPy draws next.
    """
    class_name, arguments, shapes = INITIALIZERS[name]
    initializer = getattr(fw.initializers, class_name)(**arguments, dtype=dtype)
    np.random.seed(0)
    arrays = [fw.initializers.generate_array(initializer, shape, np) for shape in shapes]
    return np.concatenate([*(array.ravel() for array in arrays), np.array([np.random.random()], dtype)])


def every_stream(fw: Any) -> dict[str, np.ndarray]:
    """'<type>': the streams of the initializers, one after the other."""
    return {
        np.dtype(dtype).name: np.concatenate([stream(fw, name, dtype) for name in INITIALIZERS]) for dtype in DTYPES
    }
