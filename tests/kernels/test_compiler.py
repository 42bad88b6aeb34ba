"""The compiler of kernels: nothing before it is wanted, and a cache that is never in the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba", reason="Numba is not installed")

PROGRAM = """
import logging, sys
logging.basicConfig(format="%(levelname)s %(message)s")
import numpy as np
from dwbridge.kernels import compiled
from dwbridge.kernels.compiled import compiler

@compiler.kernel
def double(start, stop, x):
    for i in range(start, stop):
        x[i] = 2 * x[i]

x = np.arange(3.0)
double(0, 3, x)
print(x.tolist(), sum(double.dispatcher.stats.cache_hits.values()))
"""


def run(cache: Path, **environment: str) -> tuple[str, str]:
    program = cache.parent / "program.py"
    program.write_text(PROGRAM)
    variables = {**os.environ, "XDG_CACHE_HOME": str(cache), **environment}
    variables.pop("NUMBA_CACHE_DIR", None)
    outcome = subprocess.run([sys.executable, program], capture_output=True, text=True, env=variables, check=True)
    return outcome.stdout.strip(), outcome.stderr.strip()


def test_the_second_process_compiles_nothing(tmp_path: Path) -> None:
    assert run(tmp_path / "cache") == ("[0.0, 2.0, 4.0] 0", "")
    assert run(tmp_path / "cache") == ("[0.0, 2.0, 4.0] 1", "")


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("content", [b"", b"no pickle", None], ids=["empty", "junk", "truncated"])
def test_a_damaged_cache_is_compiled_anew(tmp_path: Path, suffix: str, content: bytes | None) -> None:
    run(tmp_path / "cache")
    (damaged,) = (tmp_path / "cache").rglob(f"*{suffix}")
    damaged.write_bytes(damaged.read_bytes()[:-20] if content is None else content)
    out, log = run(tmp_path / "cache")
    assert out == "[0.0, 2.0, 4.0] 0"
    assert log.startswith("WARNING the cache of compiled kernels in")
    assert "cannot be read" in log
    assert len(log.splitlines()) == 1
    assert run(tmp_path / "cache") == ("[0.0, 2.0, 4.0] 1", "")


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    out, log = run(tmp_path / "cache")
    assert out == "[0.0, 2.0, 4.0] 0"
    assert "cannot be written" in log or "cannot be read" in log


def test_bounds_checking_has_a_cache_of_its_own(tmp_path: Path) -> None:
    run(tmp_path / "cache", NUMBA_BOUNDSCHECK="0")
    assert run(tmp_path / "cache", NUMBA_BOUNDSCHECK="1") == ("[0.0, 2.0, 4.0] 0", "")


def test_kernels_that_processes_compiled_apart_are_not_confused(tmp_path: Path) -> None:
    """Closures of one name for two kernel sizes, each compiled by another process, and loaded by a third."""
    program = (
        "import sys, numpy as np; from dwbridge import functions as F\n"
        "for k in map(int, sys.argv[1:]):\n"
        "    x, W = np.ones((1, 8, 9, 9), 'f'), np.ones((1, 8, k, k), 'f')\n"
        "    print(int(F.depthwise_convolution_2d(x, W, pad=k // 2).array[0, 0, 4, 4]))\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program, *sizes],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "NUMBA_CACHE_DIR": ""},
        ).stdout.split()
        for sizes in (["3"], ["5"], ["3", "5"])
    ]
    assert outputs == [["9"], ["25"], ["9", "25"]]
