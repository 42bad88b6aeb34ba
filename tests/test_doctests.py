"""Every example in a docstring runs and prints what it says. Modules are imported by their `dwbridge.` name."""

import doctest
import importlib
import pkgutil

import needs
import numpy as np
import pytest
from seed import SEED

import dwbridge
import dwbridge.exporters
import dwbridge.models


def modules() -> list[str]:
    found = ["dwbridge"]
    for package in (dwbridge, dwbridge.exporters, dwbridge.models):
        found += [package.__name__]
        found += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return sorted({name for name in found if not name.endswith("__main__")})


def is_compiled(name: str) -> bool:
    return name.startswith("dwbridge.kernels.compiled")


@pytest.mark.parametrize("name", [name for name in modules() if not is_compiled(name)])
def test_examples(name: str) -> None:
    check_examples(name)


@needs.numba
@pytest.mark.parametrize("name", [name for name in modules() if is_compiled(name)])
def test_examples_of_compiled_kernels(name: str) -> None:
    check_examples(name)


def check_examples(name: str) -> None:
    np.random.seed(SEED)
    results = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0


def test_modules_of_all_rooms_are_looked_at() -> None:
    names = modules()
    for expected in ("dwbridge.functions.relu", "dwbridge.exporters.ops.relu", "dwbridge.models"):
        assert expected in names
