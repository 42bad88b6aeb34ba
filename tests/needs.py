"""What tests may need besides NumPy and ONNX. Where it is not there, `allowed_skips.txt` says which are skipped."""

import importlib.util

import pytest

HAS_NUMBA = importlib.util.find_spec("numba") is not None

NOTICE = "there are no compiled kernels, NumPy computes in their place: "

numba = pytest.mark.skipif(not HAS_NUMBA, reason="Numba is not installed")


def beyond_notice(log: str) -> str:
    """What a program logged besides the one line which says that NumPy computes, where it has to."""
    if HAS_NUMBA:
        return log
    notice, _, rest = log.partition("\n")
    assert notice.startswith(NOTICE), log
    return rest
