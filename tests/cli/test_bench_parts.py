"""What `dwbridge bench` and the scripts in `benchmarks/` are made of."""

import importlib.util
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dwbridge.cli.bench import rounds as rounds_file
from dwbridge.cli.bench.burst import burst
from dwbridge.cli.bench.peak import peak_flops
from dwbridge.cli.bench.peers import native, onnxruntime, plain_copy
from dwbridge.cli.bench.rounds import ratio, rounds, wait_until_quiet
from dwbridge.cli.bench.rows import best, geometric_mean, own_seconds, peak_share, row, times_copy
from dwbridge.cli.bench.shapes import SHAPES, Shape
from dwbridge.geometry import Window2D

SMALL = (Shape(3, 5, 1, 3, 1), Shape(2, 6, 2, 5, 2), Shape(4, 7, 1, 7, 1))


def test_shapes_are_those_of_the_geometry() -> None:
    assert len(set(SHAPES)) == 15
    for shape in (*SHAPES, *SMALL):
        window = Window2D.of(shape.kernel, shape.stride, shape.pad)
        assert shape.y(2)[2:] == window.output_shape(shape.x(2)[2:])
        assert shape.y(2)[1] == shape.channels * shape.multiplier


def test_work() -> None:
    shape = Shape(2, 6, 3, 5, 2)  # x (7, 2, 6, 6), y (7, 6, 3, 3)
    assert shape.flops("forward", 7) == 2 * 7 * 6 * 3 * 3 * 25
    assert shape.flops("backward", 7) == 2 * shape.flops("forward", 7)
    assert shape.bytes("forward", 7) == 4 * (7 * 2 * 36 + 7 * 6 * 9)
    assert shape.bytes("backward", 7) == 4 * (2 * 7 * 2 * 36 + 7 * 6 * 9)


@pytest.mark.parametrize("shape", SMALL)
def test_peers_compute_the_same(shape: Shape) -> None:
    arrays = shape.arrays(2)
    ours = native.calls(arrays, shape.stride, shape.pad, 1)
    theirs = onnxruntime.calls(arrays, shape.stride, shape.pad, 1)
    (y,) = ours["forward"]()
    assert y.shape == shape.y(2)
    for result in (ours["forward/function"](), theirs["forward"](), theirs["forward/bound"]()):
        value: Any = result[0]
        np.testing.assert_allclose(value.numpy() if hasattr(value, "numpy") else value, y, rtol=1e-4, atol=1e-4)
    for mine, other in zip(ours["backward"](), ours["backward/function"](), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_copy_moves_the_bytes_that_it_says(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[int] = []
    real = np.copyto

    def copyto(target: np.ndarray, source: np.ndarray) -> None:
        copied.append(source.nbytes + target.nbytes)
        assert (target.ctypes.data - source.ctypes.data) % 4096 == 2048
        real(target, source)

    shape = Shape(4, 8, 1, 3, 1)
    made = plain_copy.calls(shape.arrays(2), shape.stride, shape.pad, threads)
    monkeypatch.setattr(np, "copyto", copyto)
    for operation in ("forward", "backward"):
        copied.clear()
        made[operation]()
        assert (sum(copied), len(copied)) == (shape.bytes(operation, 2), threads)


def test_a_burst_leaves_out_as_much_as_it_counts_unless_a_call_is_long() -> None:
    calls: list[None] = []
    ticks = itertools.count()
    assert burst(lambda: calls.append(None), 2, least=4, clock=lambda: next(ticks)) == [1, 1, 1, 1]
    assert len(calls) == 2 + 4
    long = iter([0, 100])
    assert burst(lambda: None, 2, clock=lambda: next(long)) == [100]


def test_rounds_turn() -> None:
    order: list[str] = []

    def made(name: str) -> Any:
        return lambda: order.append(name) or 1.0

    times = rounds({("a", "x"): made("a"), ("b", "x"): made("b"), ("c", "x"): made("c")}, 3)
    assert "".join(order) == "abcbcacab"
    assert [len(values) for values in times.values()] == [3, 3, 3]


def test_rounds_stop_when_they_take_too_long() -> None:
    assert len(rounds({("a", "x"): lambda: 1.0}, 50, limit=-1)["a", "x"]) == 3


def test_a_ratio_is_the_median_within_rounds() -> None:
    times = {("a", "x"): [4.0, 30.0, 1.0], ("b", "x"): [2.0, 10.0, 2.0]}
    assert ratio(times, ("a", "x"), ("b", "x")) == 2


def test_waiting_ends_when_the_processor_time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds_file.time, "sleep", lambda seconds: None)
    clock = iter([0.0, 0.003, 0.006, 0.0061, 1.0])
    wait_until_quiet(lambda: next(clock))
    assert next(clock) == 1.0


def test_a_row_says_how_everybody_compares() -> None:
    shape = Shape(4, 8, 1, 3, 1)
    times = {
        ("dwbridge", "forward"): [2.0, 2.0],
        ("dwbridge", "forward/function"): [1.0, 1.0],
        ("copy", "forward"): [0.5, 0.5],
        ("onnxruntime", "forward"): [8.0, 8.0],
        ("onnxruntime", "forward/bound"): [6.0, 6.0],
        ("torch", "backward"): [1.0, 1.0],
    }
    made = row("forward", times, shape, 2, 1)
    assert best(made, "onnxruntime") == best(made, "torch", "onnxruntime") == 3
    assert best(made, "torch") is None
    assert best(made, "dwbridge") == 1
    assert times_copy(made) == 4
    assert own_seconds(made, "/function") == 1
    assert peak_share(made, shape.flops("forward", 2)) == 0.5
    assert peak_share(made, None) is None
    assert geometric_mean([1, 4, 16]) == 4


def test_the_peak_is_positive_where_llvmlite_is() -> None:
    peak = peak_flops(2, repeats=1)
    assert (peak is not None and peak > 1e6) == (importlib.util.find_spec("llvmlite") is not None)


def test_peers_stand_alone() -> None:
    """Other interpreters load them by their paths: nothing of dwbridge is imported with them."""
    folder = Path(native.__file__).parent
    alone = [*folder.glob("*.py"), folder.parent / "shapes.py", folder.parent / "burst.py"]
    assert len(alone) == 7
    for path in alone:
        lines = path.read_text().splitlines()
        assert not [line for line in lines if line.startswith(("from dwbridge", "import dwbridge"))], path
