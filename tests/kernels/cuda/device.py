"""A real device in the place of the simulated one: the kernels' tests run on it where DWBRIDGE_DEMAND_GPU=1."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from unittest import mock

from dwbridge.kernels.cuda import launch, products

#: What is kept for each module `cupy`.
KEPT_OF_CUPY = launch._function, launch._module, products._gemm


class RealGpu:
    """What tests ask of a `SimulatedGpu`, of CuPy as it is.

    Attributes:
        module: CuPy.
        launches: the names of own kernels that were launched while it is `installed`; cuBLAS's products are `gemm`.
        transfers: nothing; only the simulation sees them.
        order: the hardware has one of its own, whatever is set.
    """

    def __init__(self, cupy: ModuleType) -> None:
        self.module, self.order = cupy, 0
        self.launches: list[str] = []
        self.transfers: list[str] = []

    @contextlib.contextmanager
    def installed(self) -> Iterator[ModuleType]:
        """Notes what is launched, and has kernels and cuBLAS's functions looked up anew: some tests change sources."""
        cublas, function = self.module.cuda.cublas, launch._function

        def noted(name: str, kernel: Callable[..., Any]) -> Callable[..., Any]:
            def noting(*args: Any, **keywords: Any) -> Any:
                self.launches.append(name)
                return kernel(*args, **keywords)

            return noting

        with (
            mock.patch.object(launch, "_function", lambda *key: noted(key[-1], function(*key))),
            mock.patch.object(cublas, "gemmStridedBatchedEx", noted("gemm", cublas.gemmStridedBatchedEx)),
        ):
            _forget()
            try:
                yield self.module
            finally:
                _forget()


def _forget() -> None:
    """CuPy is one module for the whole process, so that what was looked up in it would be kept from test to test."""
    for cache in KEPT_OF_CUPY:
        cache.cache_clear()
