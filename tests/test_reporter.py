"""Reporter and summaries, in Chainer's behaviour."""

import threading

import numpy as np
import pytest

import dwbridge.functions as F
from dwbridge.autograd import Variable
from dwbridge.configuration import using_config
from dwbridge.reporter import DictSummary, Reporter, Summary, get_current_reporter, report, report_scope
from dwbridge.serializers import DictionarySerializer, NpzDeserializer


def test_values_are_named_after_the_observer() -> None:
    reporter, first, second = Reporter(), object(), object()
    reporter.add_observer("main", first)
    reporter.add_observers("main", [("/conv", second)])
    with reporter:
        report({"loss": 1}, first)
        report({"norm": 2}, second)
        report({"free": 3})
    assert reporter.observation == {"main/loss": 1, "main/conv/norm": 2, "free": 3}


def test_unknown_observer() -> None:
    reporter = Reporter()
    reporter.add_observer("main", object())
    with pytest.raises(KeyError, match=r"this list is not registered; known observers: \['main'\]"):
        reporter.report({"x": 1}, [])


def test_without_a_reporter_nothing_happens() -> None:
    report({"x": 1})
    with pytest.raises(IndexError, match="no reporter is current"):
        get_current_reporter()
    with pytest.raises(IndexError, match="no reporter is current"):
        report_scope({})


def test_the_innermost_reporter_receives() -> None:
    outer, inner = Reporter(), Reporter()
    with outer:
        with inner:
            assert get_current_reporter() is inner
            report({"x": 1})
        report({"x": 2})
    assert (outer.observation, inner.observation) == ({"x": 2}, {"x": 1})


def test_scopes_nest_and_end_also_after_an_exception() -> None:
    reporter, outer, inner = Reporter(), {}, {}

    def fail() -> None:
        with report_scope(inner):
            report({"x": 1})
            raise RuntimeError("boom")

    with reporter.scope(outer):
        with pytest.raises(RuntimeError, match="boom"):
            fail()
        report({"y": 2})
    assert (outer, inner, reporter.observation) == ({"y": 2}, {"x": 1}, {})
    report({"z": 3})
    assert outer == {"y": 2}


def test_reporters_belong_to_their_thread() -> None:
    reporter = Reporter()
    with reporter:
        thread = threading.Thread(target=report, args=({"x": 1},))
        thread.start()
        thread.join()
    assert reporter.observation == {}


def test_variables_lose_their_graph_unless_told_otherwise() -> None:
    x = Variable(np.array(2.0, np.float32))
    y = F.sum(x)
    reporter = Reporter()
    reporter.report({"y": y})
    assert reporter.observation["y"].creator is None
    assert reporter.observation["y"].array == 2
    with using_config("keep_graph_on_report", True):
        reporter.report({"y": y})
    assert reporter.observation["y"] is y


def test_summary_weighs() -> None:
    values, weights = np.array([1.0, 2.0, 5.0]), np.array([1, 3, 2])
    summary = Summary()
    for value, weight in zip(values, weights, strict=True):
        summary.add(value, weight)
    mean, std = summary.make_statistics()
    assert mean == summary.compute_mean() == pytest.approx(np.average(values, weights=weights))
    assert std == pytest.approx(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


def test_summary_of_equal_values_has_no_spread() -> None:
    summary = Summary()
    for _ in range(3):
        summary.add(np.float32(0.1))
    assert summary.make_statistics()[1] < 1e-4


def test_summary_does_not_change_what_it_was_given() -> None:
    first = np.array(1.0)
    summary = Summary()
    summary.add(first)
    summary.add(np.array(2.0))
    assert first == 1.0


def test_dict_summary_takes_scalars_only() -> None:
    summary = DictSummary()
    summary.add({"a": 1, "b": np.array(2.0), "c": Variable(np.array(3.0)), "text": "x", "vector": np.zeros(2)})
    summary.add({"a": (4, 2), "b": (Variable(np.array(5.0)), Variable(np.array(3.0)))})
    assert {name: float(mean) for name, mean in summary.compute_mean().items()} == {"a": 3.0, "b": 4.25, "c": 3.0}
    assert set(summary.make_statistics()) == {"a", "a.std", "b", "b.std", "c", "c.std"}


def test_dict_summary_demands_scalar_weights() -> None:
    with pytest.raises(ValueError, match="expected a scalar weight for 'a', got ndarray"):
        DictSummary().add({"a": (1, np.ones(2))})


def test_dict_summary_survives_a_snapshot() -> None:
    saved, loaded = DictSummary(), DictSummary()
    saved.add({"a/b": 1.0, "c": 2.0})
    saved.add({"a/b": 4.0})
    serializer = DictionarySerializer()
    saved.serialize(serializer)
    loaded.serialize(NpzDeserializer(serializer.target))
    loaded.add({"a/b": 4.0})
    assert loaded.compute_mean() == {"a/b": 3.0, "c": 2.0}


def test_a_snapshot_without_statistics_warns() -> None:
    summary = DictSummary()
    with pytest.warns(UserWarning, match="no names of statistics"):
        summary.serialize(NpzDeserializer({}))
    with pytest.warns(UserWarning, match="no previous statistics"):
        Summary().serialize(NpzDeserializer({}))
