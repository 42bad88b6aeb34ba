"""The benchmark of the host's time on a GPU, with CuPy and without a driver; how fast is not tested."""

import json
from pathlib import Path

import pytest
from test_benchmarks import result_of

pytest.importorskip("cupy", reason="CuPy is not installed")


def test_it_runs_and_writes_its_files(tmp_path: Path) -> None:
    words = ("--network", "mobilenet_v1", "--batch", "2", "--size", "64", "--rounds", "2")
    result, page = result_of("host_time_gpu.py", tmp_path, *words)
    assert all(seconds > 0 for seconds in result["seconds"].values())
    counts = result["counts"]
    assert counts["forward"]["functions"] == 13 + 1 + 13 + 27 + 27 + 3  # convolutions, norms, relus, mean, linear, loss
    assert counts["cleargrads"] == dict.fromkeys(counts["forward"], 0)
    assert counts["optimizer"]["launches"] == 1
    assert counts["backward"]["products"] > counts["forward"]["products"] > 13
    assert "| step |" in page
    assert json.dumps(counts["forward"]["launches"]) in page
