"""Running a script with Chainer's names as `python script.py` does: arguments, `__main__`, exit code, traceback."""

import builtins
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import SourceFileLoader
from types import ModuleType, TracebackType
from typing import Any

from dwbridge.compat.finder import install

USAGE = """\
usage: python -m dwbridge.compat SCRIPT [ARGUMENT ...]

Runs a script that was written for Chainer: `import chainer` gives dwbridge.
"""


def run_script(arguments: Sequence[str]) -> int:
    """Runs a script in this process, in place of the program that runs.

    Args:
        arguments: the script's path and its arguments.

    Returns:
        The exit code of a script that cannot be started (2), else 0; the exceptions of the script pass through.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        (sys.stdout if arguments else sys.stderr).write(USAGE)
        return 0 if arguments else 2
    path = os.path.abspath(arguments[0])
    try:
        with io.open_code(path) as file:
            source = file.read()
    except OSError as error:
        sys.stderr.write(f"dwbridge.compat: can't open file {path!r}: [Errno {error.errno}] {error.strerror}\n")
        return 2
    install()
    sys.argv[:] = arguments
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    _execute(source, path)
    return 0


def _execute(source: bytes, path: str) -> None:
    main = ModuleType("__main__")
    vars(main).update(__file__=path, __builtins__=builtins, __loader__=SourceFileLoader("__main__", path))
    vars(main).update(__cached__=None, __annotations__={})
    sys.modules["__main__"] = main
    try:
        exec(compile(source, path, "exec", dont_inherit=True), vars(main))
    except BaseException:
        sys.excepthook = _without_frames_before(path, sys.excepthook)
        raise


def _without_frames_before(path: str, hook: Callable[..., Any]) -> Callable[..., Any]:
    """The hook, shown only what the script's own frame called, as if nothing had called the script."""

    def shown(kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> Any:
        while traceback is not None and traceback.tb_frame.f_code.co_filename != path:
            traceback = traceback.tb_next
        return hook(kind, value.with_traceback(traceback), traceback)

    return shown
