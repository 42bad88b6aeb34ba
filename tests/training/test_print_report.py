"""The table of the log: columns, what is missing, and where it goes."""

import io
from collections.abc import Callable

import pytest

from dwbridge.serializers import DictionarySerializer, NpzDeserializer
from dwbridge.training import Trainer
from dwbridge.training.extensions import LogReport, PrintReport


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_columns_are_as_wide_as_their_names(make_trainer: Callable[..., Trainer]) -> None:
    trainer, out = make_trainer(4, "iteration"), io.StringIO()
    trainer.extend(LogReport(trigger=(2, "iteration")))
    trainer.extend(PrintReport(["epoch", "main/child/norm", "main/loss", "nothing"], out=out))
    trainer.run()
    assert out.getvalue() == (
        "epoch       main/child/norm  main/loss   nothing   \n"
        "1           1                1.5                     \n"
        "2           1                3.5                     \n"
    )


def test_a_terminal_is_erased_below(make_trainer: Callable[..., Trainer]) -> None:
    trainer, out = make_trainer(2, "iteration"), Terminal()
    trainer.extend(LogReport())
    trainer.extend(PrintReport(["epoch"], out=out))
    trainer.run()
    assert out.getvalue() == "epoch     \n\033[J1           \n"


def test_standard_output_is_the_default(
    make_trainer: Callable[..., Trainer], capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = make_trainer(2, "iteration")
    trainer.extend(LogReport(), name="other")
    trainer.extend(PrintReport(["iteration"], log_report="other"))
    trainer.run()
    assert capsys.readouterr().out == "iteration \n2           \n"


def test_a_log_of_its_own_is_called_and_saved(make_trainer: Callable[..., Trainer]) -> None:
    trainer, out = make_trainer(3, "iteration"), io.StringIO()
    trainer.extend(PrintReport(["main/loss"], LogReport(trigger=(3, "iteration"), filename=None), out))
    trainer.run()
    assert out.getvalue() == "main/loss \n2           \n"
    saved: dict = {}
    DictionarySerializer(saved).save(trainer.get_extension("PrintReport"))
    assert {key.split("/")[0] for key in saved} == {"_log_report"}
    again, out = PrintReport(["main/loss"], LogReport(), io.StringIO()), io.StringIO()
    NpzDeserializer(saved).load(again)
    assert [entry["main/loss"] for entry in again._log_report.log] == [2.0]


def test_neither_a_name_nor_a_log(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer()
    trainer.extend(PrintReport(["epoch"], log_report=3, out=io.StringIO()))
    with pytest.raises(TypeError, match="log report has a wrong type <class 'int'>"):
        trainer.run()
