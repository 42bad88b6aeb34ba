"""The arrays of these tests are small: what is split between threads is split as finely as it may be."""

from collections.abc import Iterator

import pytest

from dwbridge.kernels import threads


@pytest.fixture(autouse=True, scope="session")
def _ranges_are_small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "GRAINS_PER_RANGE", 1)
        yield
