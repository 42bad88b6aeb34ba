"""What tests may need besides NumPy and ONNX. Where it is not there, `allowed_skips.txt` says which are skipped."""

import importlib.util

import pytest

HAS_NUMBA = importlib.util.find_spec("numba") is not None

numba = pytest.mark.skipif(not HAS_NUMBA, reason="Numba is not installed")
