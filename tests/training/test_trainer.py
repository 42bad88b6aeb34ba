"""The training loop: order, names, observations, errors, resuming."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dwbridge.serializers import DictionarySerializer, NpzDeserializer
from dwbridge.training import Extension, Trainer, make_extension


def test_it_runs_until_the_stop_trigger_is_due(trainer: Trainer) -> None:
    trainer.run()
    assert trainer.updater.iteration == 3
    assert trainer.updater.finalized
    assert trainer.updater.trainer is trainer
    assert Path(trainer.out).is_dir()
    assert trainer.elapsed_time == trainer.elapsed_time > 0


def test_reports_of_the_target_arrive_under_the_optimizers_name(trainer: Trainer) -> None:
    trainer.run()
    assert trainer.observation == {"main/loss": 3, "main/child/norm": 1}


def test_extensions_are_called_by_priority_then_in_order(trainer: Trainer) -> None:
    calls: list[str] = []
    for name, priority in [("late", 1), ("first", 300), ("second", 300), ("default", None)]:
        trainer.extend(lambda trainer, name=name: calls.append(name), name, priority=priority, trigger=(3, "iteration"))
    trainer.run()
    assert calls == ["first", "second", "default", "late"]


def test_triggers_decide(trainer: Trainer) -> None:
    seen: list[int] = []

    @make_extension(trigger=(1, "epoch"))
    def note(trainer: Trainer) -> None:
        seen.append(trainer.updater.iteration)

    trainer.extend(note)
    trainer.extend(note, "always", trigger=(1, "iteration"))
    trainer.run()
    assert seen == [1, 2, 2, 3]


def test_names_that_are_taken_get_a_number(trainer: Trainer) -> None:
    first, second, third = Extension(), Extension(), Extension()
    for extension in (first, second, third):
        trainer.extend(extension, name="ext")
    assert (first.name, second.name, third.name) == ("ext", "ext_1", "ext_2")
    assert trainer.get_extension("ext_2") is third


def test_default_names(trainer: Trainer) -> None:
    @make_extension(default_name="chosen")
    def function(trainer: Trainer) -> None: ...

    trainer.extend(Extension())
    trainer.extend(function)
    trainer.extend(lambda trainer: None)
    for name in ("Extension", "chosen", "<lambda>"):
        trainer.get_extension(name)


def test_bad_names(trainer: Trainer) -> None:
    class Nameless:
        def __call__(self, trainer: Trainer) -> None: ...

    with pytest.raises(TypeError, match="a Nameless that has none"):
        trainer.extend(Nameless())
    with pytest.raises(ValueError, match="'training' is not allowed"):
        trainer.extend(Extension(), name="training")
    with pytest.raises(ValueError, match=r"no extension is called 'x'; there are \[\]"):
        trainer.get_extension("x")


class Recorder(Extension):
    def __init__(self) -> None:
        self.calls: list[str] = []

    def initialize(self, trainer: Trainer) -> None:
        self.calls.append("initialize")

    def __call__(self, trainer: Trainer) -> None:
        self.calls.append(f"call {trainer.updater.iteration}")

    def on_error(self, trainer: Trainer, exc: Exception, tb: object) -> None:
        self.calls.append(f"error {exc}")

    def finalize(self) -> None:
        self.calls.append("finalize")


def test_the_life_of_an_extension(trainer: Trainer) -> None:
    recorder = Recorder()
    trainer.extend(recorder, trigger=(2, "iteration"), call_before_training=True)
    trainer.run()
    assert recorder.calls == ["initialize", "call 0", "call 2", "finalize"]


def test_errors_reach_extensions_and_the_caller(trainer: Trainer) -> None:
    recorder = Recorder()

    def fail(trainer: Trainer) -> None:
        raise RuntimeError("boom")

    trainer.extend(recorder, trigger=(9, "iteration"))
    trainer.extend(fail, "fail")
    with pytest.raises(RuntimeError, match="boom"):
        trainer.run()
    assert recorder.calls == ["initialize", "error boom", "finalize"]
    assert trainer.updater.finalized


def test_a_trainer_runs_once(trainer: Trainer) -> None:
    with pytest.raises(RuntimeError, match="has not been started yet"):
        _ = trainer.elapsed_time
    trainer.run()
    with pytest.raises(RuntimeError, match="cannot run a training loop twice"):
        trainer.run()


def test_snapshot_and_resume(make_trainer: Callable[..., Trainer]) -> None:
    first = make_trainer(2, "iteration")
    first.run()
    serializer = DictionarySerializer()
    first.serialize(serializer)
    assert {"updater/iteration", "stop_trigger/previous_iteration", "_snapshot_elapsed_time"} <= set(serializer.target)
    second = make_trainer(4, "iteration")
    second.serialize(NpzDeserializer(serializer.target))
    recorder = Recorder()
    second.extend(recorder)
    second.run()
    assert recorder.calls == ["initialize", "call 3", "call 4", "finalize"]
    assert second.elapsed_time > first.elapsed_time


def test_extension_without_a_call() -> None:
    with pytest.raises(NotImplementedError, match="Extension does not say what to do"):
        Extension()(None)
