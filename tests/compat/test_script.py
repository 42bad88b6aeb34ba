"""A script runs as under `python script.py`: arguments, `__main__`, exit code, output and traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = {
    "arguments": "import sys; print(sys.argv, __name__, __file__, __package__, __spec__, __doc__)",
    "docstring": '"""What it does."""\nprint(__doc__)',
    "path": "import sys; print(sys.path[0])",
    "main_module": "import sys; x = 1; print(sys.modules['__main__'].x, vars(sys.modules['__main__']) is globals())",
    "sibling": "import sibling; print(sibling.VALUE)",
    "pickle": "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
    "annotations": "x: int = 1\nprint(__annotations__)",
    "builtins": "print(__builtins__.len([1]))",
    "exit": "import sys; sys.exit(3)",
    "exit_with_a_message": "import sys; sys.exit('that was wrong')",
    "exit_without_a_code": "raise SystemExit",
    "exit_at_once": "import os; print('gone', flush=True); os._exit(7)",
    "error": "def f(x):\n    return 1 / x\n\nf(0)\n",
    "error_from_an_error": "try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('no') from error\n",
    "error_in_a_module": "import sibling\nsibling.fail()\n",
    "error_with_notes": "e = ValueError('a')\ne.add_note('b')\nraise e",
    "syntax_error": "print('never')\nx = = 1\n",
    "interrupt": "raise KeyboardInterrupt",
    "own_excepthook": "import sys\nsys.excepthook = lambda k, v, t: print(k, v, t.tb_lineno)\n\nraise ValueError(1)",
    "atexit": "import atexit; atexit.register(print, 'last'); 1 / 0",
    "thread": "import threading; x = 5; threading.Thread(target=lambda: print(x)).start()",
    "standard_input": "print(input())",
}


def run(folder: Path, *arguments: str, module: bool) -> subprocess.CompletedProcess:
    prefix = ["-m", "dwbridge.compat"] if module else []
    return subprocess.run(
        [sys.executable, *prefix, *arguments], capture_output=True, text=True, cwd=folder, input="typed\n"
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_as_under_python(tmp_path: Path, name: str) -> None:
    (tmp_path / "sibling.py").write_text("VALUE = 3\n\n\ndef fail():\n    raise OSError('sibling')\n")
    (tmp_path / "script.py").write_text(SCRIPTS[name])
    expected = run(tmp_path, "script.py", "--epoch", "2", module=False)
    got = run(tmp_path, "script.py", "--epoch", "2", module=True)
    assert (got.returncode, got.stdout, got.stderr) == (expected.returncode, expected.stdout, expected.stderr)


def test_from_another_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "script.py").write_text("import sys; print(sys.argv[0], sys.path[0], __file__)")
    expected = run(tmp_path, "deep/script.py", module=False)
    got = run(tmp_path, "deep/script.py", module=True)
    assert (got.stdout, got.returncode) == (expected.stdout, 0)


def test_script_that_is_not_there(tmp_path: Path) -> None:
    got = run(tmp_path, "nothing.py", module=True)
    assert got.returncode == run(tmp_path, "nothing.py", module=False).returncode == 2
    path = str(tmp_path / "nothing.py")
    assert got.stderr == f"dwbridge.compat: can't open file {path!r}: [Errno 2] No such file or directory\n"


def test_usage(tmp_path: Path) -> None:
    without = run(tmp_path, module=True)
    assert (without.returncode, without.stdout) == (2, "")
    assert without.stderr.startswith("usage: python -m dwbridge.compat SCRIPT [ARGUMENT ...]")
    asked = run(tmp_path, "--help", module=True)
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, without.stderr, "")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("F.foo", "AttributeError: chainer.functions.foo: not in dwbridge (looked in dwbridge.functions)"),
        ("chainer.testing.product", "AttributeError: chainer.testing: not in dwbridge: made for Chainer's own tests"),
        ("from chainer.functions import foo", "chainer.functions.foo: not in dwbridge (looked in dwbridge.functions)"),
        ("import chainer.distributions", "chainer.distributions: not in dwbridge: probability distributions are"),
        ("import chainermn.links", "chainermn: not in dwbridge: training on several nodes"),
    ],
)
def test_name_that_is_not_here(tmp_path: Path, statement: str, message: str) -> None:
    (tmp_path / "script.py").write_text(f"import chainer\nimport chainer.functions as F\n\n{statement}\n")
    got = run(tmp_path, "script.py", module=True)
    assert got.returncode == 1
    assert message in got.stderr.splitlines()[-1]
    assert f'File "{tmp_path / "script.py"}", line 4, in <module>' in got.stderr
