import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dwbridge.serializers import DictionarySerializer, NpzDeserializer
from dwbridge.training import Trainer
from dwbridge.training.extensions import LogReport


def _means(log: list[dict[str, Any]]) -> list[float]:
    return [entry["main/loss"] for entry in log]


def test_entries_are_means_over_epochs(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(2, "epoch")
    report = LogReport()
    trainer.extend(report)
    trainer.run()
    assert _means(report.log) == [1.5, 3.5]
    assert [(entry["epoch"], entry["iteration"]) for entry in report.log] == [(1, 2), (2, 4)]
    assert all(entry["elapsed_time"] > 0 for entry in report.log)
    assert json.loads((Path(trainer.out) / "log").read_text()) == report.log
    assert [path.name for path in Path(trainer.out).iterdir()] == ["log"]


def test_keys_names_and_postprocess(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(2, "iteration")
    trainer.extend(
        LogReport(
            ["main/child/norm", "absent"], postprocess=lambda entry: entry.pop("elapsed_time"), filename="l{epoch}"
        )
    )
    trainer.run()
    expected = [{"main/child/norm": 1.0, "epoch": 1, "iteration": 2}]
    assert json.loads((Path(trainer.out) / "l1").read_text()) == expected


def test_without_a_file(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(2, "iteration")
    trainer.extend(LogReport(filename=None))
    trainer.run()
    assert list(Path(trainer.out).iterdir()) == []


def test_a_resumed_log_goes_on_in_the_middle_of_an_epoch(make_trainer: Callable[..., Trainer]) -> None:
    first, second = make_trainer(3, "iteration"), make_trainer(4, "iteration")
    report = LogReport()
    first.extend(report)
    first.run()
    serializer = DictionarySerializer()
    first.serialize(serializer)
    assert "extensions/LogReport/_log" in serializer.target
    assert "extensions/LogReport/_summary/_names" in serializer.target
    resumed = LogReport()
    second.extend(resumed)
    second.serialize(NpzDeserializer(serializer.target))
    second.run()
    assert _means(resumed.log) == [1.5, 3.5]
