"""The seam: whose routines an operator gets, and what happens where the compiled ones are not there."""

import logging
import subprocess
import sys

import needs
import numpy as np
import pytest

from dwbridge.configuration import using_config
from dwbridge.kernels import Routines, kernels_for
from dwbridge.kernels.errors import CannotCompileError, DeclinedError


class Module:
    """Stands for a module of kernels."""

    __name__ = "module"

    def __init__(self, result: object) -> None:
        self.result, self.calls = result, 0

    def forward(self, x: int) -> object:
        self.calls += 1
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def test_what_is_declined_is_the_references(caplog: pytest.LogCaptureFixture) -> None:
    compiled, reference = Module(DeclinedError("not these")), Module("reference")
    routines = Routines(compiled, reference)  # type: ignore[arg-type]
    assert [routines.forward(1), routines.forward(1)] == ["reference", "reference"]
    assert compiled.calls == 2
    assert not caplog.records


def test_what_cannot_be_compiled_is_the_references_from_then_on(caplog: pytest.LogCaptureFixture) -> None:
    compiled, reference = Module(CannotCompileError("no such instruction")), Module("reference")
    routines = Routines(compiled, reference)  # type: ignore[arg-type]
    with caplog.at_level(logging.WARNING):
        assert [routines.forward(1), routines.forward(1)] == ["reference", "reference"]
    assert compiled.calls == 1
    assert [r.message for r in caplog.records] == ["module: the reference computes from now on: no such instruction"]


def test_forced_kernels_are_not_the_references_when_they_cannot_be_compiled() -> None:
    declining, broken = Module(DeclinedError("not these")), Module(CannotCompileError("no such instruction"))
    assert Routines(declining, Module("reference"), forced=True).forward(1) == "reference"  # type: ignore[arg-type]
    with pytest.raises(CannotCompileError, match="no such instruction"):
        Routines(broken, Module("reference"), forced=True).forward(1)  # type: ignore[arg-type]


def test_other_errors_are_not_hidden() -> None:
    routines = Routines(Module(IndexError("out of bounds")), Module("reference"))  # type: ignore[arg-type]
    with pytest.raises(IndexError, match="out of bounds"):
        routines.forward(1)


@needs.numba
def test_each_choice_of_kernels_is_taken() -> None:
    x = np.ones((1, 1, 4, 4), "f")
    with using_config("kernels", "compiled"):
        assert kernels_for("depthwise", x).__name__ == "dwbridge.kernels.compiled.depthwise"
    with using_config("kernels", "numpy"):
        assert kernels_for("depthwise", x).__name__ == "dwbridge.kernels.reference.depthwise"
    with using_config("kernels", "fastest"), pytest.raises(ValueError, match="config.kernels must be"):
        kernels_for("depthwise", x)


def test_without_numba_the_reference_computes_and_says_so_once() -> None:
    program = (
        "import sys, logging; logging.basicConfig(format='%(message)s'); sys.modules['numba'] = None\n"
        "import numpy as np, dwbridge, dwbridge.functions as F\n"
        "x, W = np.ones((1, 2, 4, 4), 'f'), np.ones((1, 2, 3, 3), 'f')\n"
        "for _ in range(2): print(F.depthwise_convolution_2d(x, W).array.sum())\n"
        "F.relu(x)\n"
        "with dwbridge.using_config('kernels', 'compiled'):\n"
        "    try: F.relu(x)\n"
        "    except ImportError as error: print(type(error).__name__)\n"
    )
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert outcome.stdout.split() == ["72.0", "72.0", "ModuleNotFoundError"]
    assert outcome.stderr.startswith(needs.NOTICE)
    assert len(outcome.stderr.splitlines()) == 1
