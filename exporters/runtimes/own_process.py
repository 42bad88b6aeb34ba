"""A runtime in a process of its own, for what is decided once in a process.

The process is started when it is first wanted, and ends with this one: it serves until its standard input closes. What
goes between the two is pickled: a request (what, ...), an answer (kind, value). Prepared models stay there until the
function that runs them is dropped here.
"""

import atexit
import contextlib
import functools
import importlib.util
import itertools
import json
import os
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from onnx import ModelProto

from dwbridge.exporters.errors import first_line
from dwbridge.exporters.runtimes.runtime import NoKernelError, Run, RunError

#: kinds of answers that are errors
KINDS: dict[str, type[NoKernelError | RunError]] = {"no kernel": NoKernelError, "failed": RunError}
#: packages that the other process has to find where this one did; all else lies inside of them
PACKAGES = ("dwbridge", "dwbridge.exporters", "dwbridge.models")


def prepare(runtime: str, model: ModelProto, environment: Mapping[str, str]) -> Run:
    """`Runtime.prepare` of a runtime by name, in the process that has this environment.

    Raises:
        NoKernelError: what the runtime raises there; the returned function may raise it too.
        RunError: likewise, and if the process ends.
    """
    return _process(tuple(sorted(environment.items()))).prepare(runtime, model)


@functools.cache
def _process(environment: tuple[tuple[str, str], ...]) -> "OwnProcess":
    return OwnProcess(dict(environment))


def _command() -> tuple[str, ...]:
    """What starts the other process; with -P, neither the current folder nor `start.py`'s is on its path."""
    specs = {name: importlib.util.find_spec(name) for name in PACKAGES}
    files = {name: spec.origin for name, spec in specs.items() if spec is not None}
    return sys.executable, "-P", str(Path(__file__).with_name("start.py")), json.dumps(files)


class OwnProcess:
    """The other process, as this one sees it."""

    def __init__(self, environment: Mapping[str, str], command: tuple[str, ...] | None = None) -> None:
        command = command or _command()
        paths = os.pathsep.join(path for path in sys.path if path)
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen(command, env={**environment, "PYTHONPATH": paths}, **pipes)
        self._dropped: list[int] = []
        atexit.register(self.close)

    def prepare(self, runtime: str, model: ModelProto) -> Run:
        while self._dropped:
            self.ask("drop", self._dropped.pop())
        number = self.ask("prepare", runtime, model.SerializeToString())

        def run(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
            return self.ask("run", number, dict(feeds))

        # Not asked at once: this may happen in the middle of another request.
        weakref.finalize(run, self._dropped.append, number).atexit = False
        return run

    def ask(self, *request: Any) -> Any:
        """The answer to a request.

        Raises:
            NoKernelError, RunError: what the runtime raised.
            RunError: if the process has ended.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            pickle.dump(request, self._process.stdin)
            self._process.stdin.flush()
            kind, value = pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            self.close()  # its output may end before it does: the code is known at the end
            raise RunError(f"the runtime's process has ended, with code {self._process.returncode}") from error
        if kind in KINDS:
            raise KINDS[kind](value)
        return value

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with contextlib.suppress(OSError):  # it has ended, and not read what was left
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Server:
    """What answers, in the other process."""

    def __init__(self) -> None:
        self._runs: dict[int, Run] = {}
        self._numbers = itertools.count()

    def answer(self, what: str, *arguments: Any) -> tuple[str, Any]:
        """The answer to a request: ('done', value), or the kind of error and its message."""
        try:
            return "done", getattr(self, what)(*arguments)
        except NoKernelError as error:
            return "no kernel", str(error)
        except Exception as error:  # it must not end the process, which has other models
            return "failed", first_line(error)

    def prepare(self, runtime: str, model: bytes) -> int:
        from dwbridge.exporters.runtimes import RUNTIMES

        number = next(self._numbers)
        self._runs[number] = RUNTIMES[runtime].prepare(ModelProto.FromString(model))
        return number

    def run(self, number: int, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        return self._runs[number](feeds)

    def drop(self, number: int) -> None:
        del self._runs[number]


def serve(requests: BinaryIO, answers: BinaryIO, answer: Callable[..., tuple[str, Any]]) -> None:
    """Answers requests until there are no more."""
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        pickle.dump(answer(*request), answers)
        answers.flush()


def main() -> None:
    """The other process."""
    # What libraries print goes to standard error: standard output carries the answers.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        serve(sys.stdin.buffer, answers, Server().answer)
