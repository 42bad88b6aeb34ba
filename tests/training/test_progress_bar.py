import io
from collections.abc import Callable

import pytest

from dwbridge.training import Trainer
from dwbridge.training.extensions import ProgressBar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """rich obeys these variables before it looks at the stream."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_plain_lines_where_there_is_no_terminal(make_trainer: Callable[..., Trainer]) -> None:
    trainer, out = make_trainer(2, "epoch"), io.StringIO()
    trainer.extend(ProgressBar(out=out))
    trainer.run()
    assert out.getvalue() == "epoch 1/2  loss 1.5000\nepoch 2/2  loss 3.5000\n"


def test_length_in_iterations_and_other_entries(make_trainer: Callable[..., Trainer]) -> None:
    trainer, out = make_trainer(4, "iteration"), io.StringIO()
    trainer.extend(ProgressBar((4, "iteration"), out=out, entries=["main/child/norm"]))
    trainer.run()
    assert out.getvalue() == "iteration 2/4  child/norm 1.0000\niteration 4/4  child/norm 1.0000\n"


def test_a_bar_on_a_terminal(make_trainer: Callable[..., Trainer]) -> None:
    trainer, out = make_trainer(2, "epoch"), Terminal()
    trainer.extend(ProgressBar(out=out))
    trainer.run()
    text = out.getvalue()
    assert "epoch 2/2" in text
    assert "100%" in text
    assert "loss 3.5000" in text
    assert "\x1b[" in text


def test_the_terminal_is_left_in_order_after_an_error(trainer: Trainer) -> None:
    out = Terminal()

    def fail(trainer: Trainer) -> None:
        raise RuntimeError("boom")

    trainer.extend(ProgressBar(out=out))
    trainer.extend(fail, "fail")
    with pytest.raises(RuntimeError, match="boom"):
        trainer.run()
    show_cursor = "\x1b[?25h"
    assert show_cursor in out.getvalue()
