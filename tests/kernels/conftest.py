"""The arrays of these tests are small: what is worth a thread is made as small, so that they are split all the same."""

import importlib
import importlib.util
from collections.abc import Iterator

import pytest

LIMITS = {
    "GRAIN": ["depthwise", "activations", "reductions", "batch_normalization", "softmax_cross_entropy"],
    "WORTHWHILE": ["passes.windows", "products.image_products", "products.weight_products"],
}


@pytest.fixture(autouse=True, scope="session")
def _small_work_is_worth_a_thread() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, modules in LIMITS.items():
            for module in modules if importlib.util.find_spec("numba") else ():
                loaded = importlib.import_module(f"dwbridge.kernels.compiled.{module}")
                patch.setattr(loaded, name, getattr(loaded, name) // 4)
        yield
