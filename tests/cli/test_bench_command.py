"""`dwbridge bench`: that it measures what it says, in a table and in JSON; never how fast."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dwbridge.cli.bench import in_process
from dwbridge.cli.bench.shapes import SHAPES
from dwbridge.configuration import config

TINY = ("--shapes", "4,6,1,3,1", "--shapes", "2,5,2,3,2", "--batch", 1, "--rounds", 1)


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    from dwbridge.cli.bench import peak

    monkeypatch.setattr(in_process, "SECONDS", 0.0)
    monkeypatch.setattr(peak, "STEPS", 1000)


def test_the_table_has_a_line_for_each_shape_and_operation(run: Callable) -> None:
    outcome = run("bench", *TINY)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.split() for line in outcome.out.splitlines()]
    measured = [line for line in lines if line[1:2] in (["forward"], ["backward"])]
    assert [line[:2] for line in measured] == [
        [shape, operation] for shape in ("4,6,1,3,1", "2,5,2,3,2") for operation in ("forward", "backward")
    ]
    for line in measured:
        assert all(float(cell) >= 0 for cell in line[2:])
    assert "onnxruntime takes" in outcome.out
    assert "copy of the same bytes" in outcome.out


def test_json_has_everything(run: Callable, tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    before = config.num_threads
    assert run("bench", *TINY, "--threads", before + 1, "--json", file).code == 0
    assert config.num_threads == before
    result = json.loads(file.read_text())
    assert result["machine"]["processor"]
    assert result["versions"]["dwbridge"]["numpy"]
    assert set(result["versions"]) | set(result["absent"]) == set(in_process.PEERS)
    assert len(result["rows"]) == 4
    for row in result["rows"]:
        assert (row["threads"], row["batch"]) == (before + 1, 1)
        operation = row["operation"]
        assert {f"dwbridge/{operation}", f"copy/{operation}"} <= set(row["seconds"]) == set(row["times_dwbridge"])
        numbers = [*row["seconds"].values(), *row["times_dwbridge"].values(), row["flops"], row["bytes"]]
        assert all(value > 0 and math.isfinite(value) for value in numbers)
        assert row["times_dwbridge"][f"dwbridge/{operation}"] == 1


def test_all_shapes_by_default(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    original = in_process.measured

    def measured(peers: Any, shape: Any, *arguments: Any) -> Any:
        asked.append(shape)
        return original(peers, type(shape)(2, 4, 1, 3, 1), *arguments)

    monkeypatch.setattr(in_process, "measured", measured)
    assert run("bench", "--rounds", 1).code == 0
    assert tuple(asked) == SHAPES


def test_a_peer_that_does_not_run_is_named_with_the_reason(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    def versions() -> dict[str, str]:
        raise OSError("libgomp.so.1: cannot open shared object file")

    peers = {**in_process.present(), "torch": SimpleNamespace(versions=versions)}
    monkeypatch.setattr(in_process, "present", lambda: peers)
    outcome = run("bench", *TINY)
    assert outcome.code == 0
    assert "torch is not measured: OSError: libgomp.so.1" in outcome.out


def test_a_peer_that_is_not_installed_is_named(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    peers = {name: peer for name, peer in in_process.present().items() if name in ("dwbridge", "copy")}
    monkeypatch.setattr(in_process, "present", lambda: peers)
    outcome = run("bench", *TINY)
    assert outcome.code == 0
    assert "onnxruntime is not measured: not installed" in outcome.out
    assert "x onnxruntime" not in outcome.out


@pytest.mark.parametrize("text", ["32,112,1,3", "32,112,1,3,0", "32,112,1,3,x", "", "32,112,1,3,1,1", "²,1,1,1,1"])
def test_shapes_that_are_none(refused: Callable, text: str) -> None:
    assert "expected five positive integers" in refused("bench", "--shapes", text)


def test_what_cannot_be_measured_is_refused(refused: Callable, tmp_path: Path) -> None:
    assert "takes 9.6 GB" in refused("bench", "--shapes", "64,112,1,3,1", "--batch", 1000)
    assert "--threads" in refused("bench", "--threads", 0)
    assert "no folder" in refused("bench", "--json", tmp_path / "nothing" / "bench.json")
