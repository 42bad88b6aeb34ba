"""TimerHook, PrintHook and the memory hook: what they record and what they print."""

import io
from collections.abc import Iterator

import numpy as np
import pytest

from dwbridge import functions as F
from dwbridge.autograd import Function, FunctionHook, Variable
from dwbridge.autograd.hook_report import Unit, scaled
from dwbridge.function_hooks import CupyMemoryProfileHook, PrintHook, TimerHook


class Halves(Function):
    """Two outputs, of which one may have no gradient."""

    def forward(self, inputs: tuple) -> tuple:
        return (np.asarray(inputs[0] / 2), np.asarray(inputs[0] / 2))

    def backward(self, inputs: tuple, gys: tuple) -> tuple:
        return (np.asarray(gys[0] / 2),)


class Outer(Function):
    """A function that applies another one inside."""

    def forward(self, inputs: tuple) -> tuple:
        return (F.relu(inputs[0]).array,)


def ticks(*times: float) -> Iterator[float]:
    return iter(times)


def test_the_timer_counts_calls_and_adds_times() -> None:
    x = Variable(np.ones(2, "f"))
    hook = TimerHook(ticks(0, 1, 5, 7.5).__next__)
    with hook:
        F.relu(x)
        F.relu(x)
    assert hook.call_history == [("ReLU", 1), ("ReLU", 2.5)]
    assert hook.summary() == {"ReLU": {"elapsed_time": 3.5, "occurrence": 2}}
    assert hook.total_time() == 3.5


def test_backward_is_timed_and_time_inside_counts_once() -> None:
    hook = TimerHook(ticks(0, 1, 2, 10).__next__)
    with hook:
        Outer()(np.ones(2))
    assert hook.call_history == [("ReLU", 1), ("Outer", 10)]
    assert hook.total_time() == 10
    x = Variable(np.ones(1))
    y = F.identity(x)
    hook = TimerHook(ticks(0, 4).__next__)
    with hook:
        y.backward()
    assert hook.call_history == [("Identity", 4)]


@pytest.mark.parametrize(
    ("unit", "relu", "neg"),
    [
        ("auto", "2.00sec", "0.00sec"),
        ("auto_foreach", "2.00sec", "2.50ms"),
        ("ms", "2000.00ms", "2.50ms"),
    ],
)
def test_the_timers_report(unit: str, relu: str, neg: str) -> None:
    hook, file = TimerHook(), io.StringIO()
    hook.call_history = [("ReLU", 2.0), ("Neg", 0.0025)]
    hook.print_report(unit, file)
    header, *rows = file.getvalue().splitlines()
    assert header == "FunctionName  ElapsedTime  Occurrence"
    assert [row.split() for row in rows] == [["ReLU", relu, "1"], ["Neg", neg, "1"]]
    assert {len(row) for row in rows} == {len(header)}


def test_units() -> None:
    units = [Unit("sec", 1.0), Unit("ms", 1e3)]
    assert scaled(1e-9, "auto_foreach", 1, units) == "0.00ms"
    with pytest.raises(ValueError, match="unit must be auto, auto_foreach or one of sec, ms, got 'days'"):
        scaled(1, "days", 1, units)


def test_print_hook_as_chainer_prints() -> None:
    file = io.StringIO()
    x = Variable(np.array([1.0, -1.0], "f"))
    with PrintHook(file=file):
        y = F.identity(x)
        y.grad = np.array([1.0, 3.0], "f")
        y.backward()
    lines = [line for line in file.getvalue().splitlines() if not line.startswith("<variable at")]
    array = ["- device: CPU", "- backend: <class 'numpy.ndarray'>", "- shape: (2,)", "- dtype: float32"]
    assert lines == [
        *("function\tIdentity", "input data", *array),
        *("- statistics: mean=0.00000000, std=1.00000000", "- grad: None"),
        *("function\tIdentity", "input data", "(removed)", "output gradient", *array),
        *("- statistics: mean=0.00000000, std=0.00000000", "- grad: mean=2.00000000, std=1.00000000"),
    ]


def test_print_hook_shows_numbers_and_gradients_that_are_not_there() -> None:
    file = io.StringIO()
    h, _ = Halves()(Variable(np.ones((), "f")))
    with PrintHook(file=file, end=";"):
        h.backward()
    shown = file.getvalue().split("output gradient;")[1].split(";")
    assert "- shape: ()\n" in shown[0] and "- grad: mean=1.00000000" in shown[0]
    assert shown[1].endswith("- shape: None\n- dtype: None\n- statistics: None\n- grad: None")


def test_hooks_get_arrays() -> None:
    class Seen(FunctionHook):
        name = "Seen"

        def backward_preprocess(self, function: object, in_data: tuple, out_grad: tuple) -> None:
            assert all(isinstance(array, np.ndarray) for array in (*in_data, *out_grad))
            Seen.calls += 1

        calls = 0

    x = Variable(np.array(2.0))
    y = F.exp(x) * x
    with Seen():
        y.backward()
    assert Seen.calls > 1


def test_sep_is_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="sep argument in PrintHook is deprecated"):
        PrintHook(sep=",")


def test_the_memory_hook_needs_cupy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cupy", None)
    with pytest.raises(RuntimeError, match="install dwbridge with its extra 'cuda13'"):
        CupyMemoryProfileHook()
