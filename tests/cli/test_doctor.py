import importlib.metadata
from collections.abc import Callable
from typing import Any

import pytest

from dwbridge.cli.doctor import mend, requirements_of, warnings


def test_it_lists_versions_and_runtimes(run: Callable) -> None:
    outcome = run("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    for name in ("python", "numpy", "onnx", "native-numpy", "native-compiled", "onnxruntime-cuda", "reference"):
        assert name in outcome.out
    assert "\x1b" not in outcome.out


def test_every_runtime_that_is_missing_has_a_reason(run: Callable) -> None:
    lines = run("doctor").out.splitlines()
    missing = [line.split() for line in lines if line.split()[1:2] == ["no"]]
    assert missing
    assert all(len(words) > 4 for words in missing)


def test_two_packages_of_one_import_name() -> None:
    assert warnings({"onnxruntime": "1.22", "onnxruntime-gpu": None}) == []
    assert warnings({"onnxruntime": None, "onnxruntime-gpu": "1.22"}) == []
    (warning,) = warnings({"onnxruntime": "1.22", "onnxruntime-gpu": "1.22"})
    assert "pip uninstall -y onnxruntime onnxruntime-gpu" in warning


def test_mending_follows_the_extras() -> None:
    assert any(line.startswith("onnxruntime>") for line in requirements_of("cpu"))
    assert mend("onnxruntime-cpu", {}).startswith("pip install 'onnxruntime>=")
    assert mend("reference", {}) == ""


def test_a_wheel_for_gpus_replaces_the_one_for_the_cpu() -> None:
    assert mend("onnxruntime-cuda", {}).startswith("pip install 'onnxruntime-gpu[")
    mended = mend("onnxruntime-cuda", {"onnxruntime": "1.22"})
    assert mended.startswith("pip uninstall -y onnxruntime && pip install 'onnxruntime-gpu[")


def test_sources_that_are_not_installed_are_examined_too(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = importlib.metadata.distribution

    def distribution(name: str) -> Any:
        if name == "dwbridge":
            raise importlib.metadata.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(importlib.metadata, "distribution", distribution)
    outcome = run("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert "warning: dwbridge is not installed, and runs from its sources" in outcome.out
