"""Runtimes in a process of their own."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from small_models import one_node

from dwbridge.exporters.runtimes import RUNTIMES, NoKernelError, RunError
from dwbridge.exporters.runtimes.own_process import OwnProcess, Server

X = np.random.default_rng(3).normal(size=(2, 4, 5, 5)).astype("f")
CONV = one_node("Conv", {"x": X}, {"w": np.ones((8, 1, 3, 3), "f")}, group=4)


@pytest.fixture(scope="module")
def process() -> Iterator[OwnProcess]:
    process = OwnProcess(os.environ | {"DWBRIDGE_NUM_THREADS": "1"})
    yield process
    process.close()


def test_results_are_those_of_this_process(process: OwnProcess) -> None:
    first, second = (process.prepare("native-numpy", model) for model in (CONV, one_node("Relu", {"x": X})))
    np.testing.assert_array_equal(first({"x": X})[0], RUNTIMES["native-numpy"].prepare(CONV)({"x": X})[0])
    np.testing.assert_array_equal(second({"x": X})[0], np.maximum(X, 0))


def test_errors_are_told_apart_and_end_nothing(process: OwnProcess) -> None:
    with pytest.raises(NoKernelError, match="operator Sinh is not supported"):
        process.prepare("native-numpy", one_node("Sinh", {"x": X}))
    run = process.prepare("native-numpy", CONV)
    with pytest.raises(RunError, match=r"must be float32"):
        run({"x": X.astype("d")})
    assert run({"x": X})[0].shape == (2, 8, 3, 3)


def test_models_are_dropped() -> None:
    server = Server()
    kind, number = server.answer("prepare", "native-numpy", CONV.SerializeToString())
    assert server.answer("drop", number) == ("done", None)
    assert server.answer("run", number, {"x": X})[0] == "failed"


def test_what_is_dropped_here_is_dropped_there(process: OwnProcess) -> None:
    run = process.prepare("native-numpy", CONV)
    del run
    gc.collect()
    assert process._dropped
    kept = process.prepare("native-numpy", CONV)
    assert not process._dropped
    assert kept({"x": X})


def test_packages_are_found_where_this_process_found_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the current folder, nor first on the path, where another package of the name is."""
    (tmp_path / "dwbridge").mkdir()
    (tmp_path / "dwbridge" / "__init__.py").write_text("raise ImportError('another one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    process = OwnProcess(os.environ)
    assert process.prepare("native-numpy", CONV)({"x": X})[0].shape == (2, 8, 3, 3)
    process.close()


def test_a_process_that_ends_is_an_error() -> None:
    """Its output ends a while before it does."""
    ending = "import os, time; os.close(1); time.sleep(0.2); os._exit(7)"
    process = OwnProcess(os.environ, (sys.executable, "-c", ending))
    with pytest.raises(RunError, match="the runtime's process has ended, with code 7"):
        process.prepare("native-numpy", CONV)
    process.close()
