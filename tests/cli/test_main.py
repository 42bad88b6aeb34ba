"""The entry: help, exit codes, one line for errors, a quick start."""

import subprocess
import sys
from collections.abc import Callable

import click
import pytest

from dwbridge.cli import main as entry
from dwbridge.cli.exit_codes import one_line

COMMANDS = ["demo", "export", "inspect", "verify", "doctor", "bench"]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help(run: Callable, arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert outcome.code == 0
    assert all(command in outcome.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_commands(run: Callable, command: str) -> None:
    outcome = run(command, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert f"Usage: dwbridge {command}" in outcome.out


def test_version(run: Callable) -> None:
    assert run("--version").out.startswith("dwbridge, version ")


def test_unknown_command(refused: Callable) -> None:
    assert "No such command 'frobnicate'" in refused("frobnicate")


def test_unknown_option(refused: Callable) -> None:
    message = refused("verify", "--wrong")
    assert message.startswith("dwbridge verify: ")
    assert "--wrong" in message


def _fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def callback() -> None:
        raise error

    monkeypatch.setitem(entry.dwbridge.commands, "doctor", click.Command("doctor", callback=callback))


def test_interrupted(monkeypatch: pytest.MonkeyPatch, run: Callable) -> None:
    _fail_with(monkeypatch, KeyboardInterrupt())
    # The line break ends the one on which the terminal shows ^C.
    assert run("doctor") == (130, "", "\ndwbridge doctor: interrupted\n")


def test_operating_system_errors_name_the_file(monkeypatch: pytest.MonkeyPatch, refused: Callable) -> None:
    _fail_with(monkeypatch, OSError(28, "No space left on device", "x.onnx"))
    assert refused("doctor") == "dwbridge doctor: No space left on device: x.onnx"


def test_what_nobody_foresaw_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _fail_with(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        entry.main(["doctor"])


def test_errors_on_one_line() -> None:
    assert one_line(ValueError("first\n  second third")) == "first second third"
    assert one_line(KeyError("W")) == "KeyError: W"
    assert one_line(RuntimeError()) == "RuntimeError"


def test_help_is_quick() -> None:
    """No heavy package is loaded for it."""
    code = (
        "import sys; from dwbridge.cli.main import main; main(['--help']);"
        "print([name for name in ('onnx', 'onnxruntime', 'rich', 'jinja2', 'numba', 'cupy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_the_installed_command() -> None:
    code = "import sys; from dwbridge.cli.main import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "inspect", "nothing.onnx"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "nothing.onnx" in done.stderr
