"""How parameters get their first values. Streams are bit-reproducible with Chainer's from `numpy.random.seed`."""

from dwbridge.initializers.constant import Constant, NaN, One, Zero
from dwbridge.initializers.fans import get_fans
from dwbridge.initializers.generate import _check_is_initializer_like, _get_initializer, generate_array
from dwbridge.initializers.identity import Identity
from dwbridge.initializers.initializer import Initializer
from dwbridge.initializers.normal import GlorotNormal, HeNormal, LeCunNormal, Normal
from dwbridge.initializers.orthogonal import Orthogonal
from dwbridge.initializers.sampling import DownsamplingConvFilter, UpsamplingDeconvFilter
from dwbridge.initializers.uniform import GlorotUniform, HeUniform, LeCunUniform, Uniform

__all__ = [
    "Constant",
    "DownsamplingConvFilter",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LeCunNormal",
    "LeCunUniform",
    "NaN",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "UpsamplingDeconvFilter",
    "Zero",
    "_check_is_initializer_like",
    "_get_initializer",
    "generate_array",
    "get_fans",
]
