"""The timer: which calls it counts, how it adds them up, and how it prints them."""

import io

import numpy as np
import pytest

from dwbridge.functions import relu
from dwbridge.links import Linear, Sequential
from dwbridge.links.hooks import TimerHook
from dwbridge.links.hooks import timer as timer_module

X = np.zeros((1, 2), np.float32)


@pytest.fixture
def clock(monkeypatch):
    """A clock that is one second later at every look."""
    seconds = iter(range(1000))
    monkeypatch.setattr(timer_module.time, "perf_counter", lambda: float(next(seconds)))


def test_calls_end_inside_out(clock):
    hook = TimerHook()
    with hook:
        Sequential(Linear(2, 3), relu, Linear(3, 1))(X)
    assert hook.call_history == [("Linear", 1.0), ("Linear", 1.0), ("Sequential", 5.0)]
    assert hook.total_time() == 5
    assert hook.summary() == {
        "Linear": {"elapsed_time": 2.0, "occurrence": 2},
        "Sequential": {"elapsed_time": 5.0, "occurrence": 1},
    }


def test_on_one_link(clock):
    hook, link = TimerHook(), Linear(2, 3)
    model = Sequential(link.add_hook(hook), Linear(3, 1))
    for _ in range(2):
        model(X)
    assert hook.call_history == [("Linear", 1.0)] * 2
    assert hook.total_time() == 2


def printed(times, unit):
    hook, file = TimerHook(), io.StringIO()
    hook.call_history = list(times)
    hook.print_report(unit, file)
    return file.getvalue().splitlines()


TIMES = [("Linear", 0.25), ("Chain", 1.5), ("Linear", 0.25), ("Fast", 2e-7)]


def test_report_in_the_unit_of_the_largest():
    assert printed(TIMES, "auto") == [
        "LinkName  ElapsedTime  Occurrence",
        "  Linear      0.50sec           2",
        "   Chain      1.50sec           1",
        "    Fast      0.00sec           1",
    ]


def test_report_in_a_unit_for_each():
    assert [line.split()[1] for line in printed(TIMES, "auto_foreach")[1:]] == ["500.00ms", "1.50sec", "200.00ns"]


@pytest.mark.parametrize(("unit", "expected"), [("sec", "0.50sec"), ("ms", "500.00ms"), ("us", "500000.00us")])
def test_report_in_a_given_unit(unit, expected):
    assert printed(TIMES, unit)[1].split()[1] == expected


def test_report_to_standard_output(capsys):
    TimerHook().print_report()
    assert capsys.readouterr().out.split() == ["LinkName", "ElapsedTime", "Occurrence"]


def test_unknown_unit():
    with pytest.raises(KeyError):
        printed(TIMES, "hours")


def test_stands_where_chainer_has_it():
    import dwbridge

    assert dwbridge.link_hooks.TimerHook is TimerHook
    assert "link_hooks" in dir(dwbridge)
