"""How CuPy allocates in the tests on a device, by a stand-in; it needs none."""

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dwbridge.backend import GpuDevice


class Cuda:
    """CuPy's two functions; an allocator of None is the driver's."""

    def __init__(self) -> None:
        self.allocator: Any = "pool"

    def get_allocator(self) -> Any:
        return self.allocator

    def set_allocator(self, allocator: Any) -> None:
        self.allocator = allocator


@pytest.fixture
def cuda(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cuda]:
    """A device, whose allocator is the pool again when the tests' `cupy` is done with it."""
    cuda = Cuda()
    monkeypatch.setattr(GpuDevice, "current", lambda: None)
    monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=cuda))
    yield cuda
    assert cuda.allocator == "pool"


@pytest.mark.parametrize(("asked", "allocator"), [("1", None), ("", "pool")])
def test_the_pool_is_left_where_that_is_asked_for(
    asked: str, allocator: Any, cuda: Cuda, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DWBRIDGE_EXACT_ALLOCATIONS", asked)
    request.getfixturevalue("cupy")
    assert cuda.allocator == allocator
