"""The guard against silent skips fails a run that has one."""

import os
import subprocess
import sys
from pathlib import Path

from skip_guard import allowed_skips, is_allowed

TESTS = Path(__file__).resolve().parent


def test_a_skip_that_is_not_listed_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "test_hidden.py").write_text(
        "import pytest\n\n@pytest.mark.skip(reason='later')\ndef test_it(): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "skip_guard", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    run = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(TESTS)}, capture_output=True, text=True
    )
    assert run.returncode == 1, run.stdout
    assert "SKIPPED WITHOUT LEAVE test_hidden.py::test_it" in run.stdout


def test_the_list() -> None:
    allowed = allowed_skips("# a comment\n\na/test_b.py::test_c  # no GPU\na/test_gpu.py::*  # no GPU\n")
    assert allowed == {"a/test_b.py::test_c": "no GPU", "a/test_gpu.py::*": "no GPU"}
    assert is_allowed("a/test_b.py::test_c[1-2]", allowed)
    assert is_allowed("a/test_gpu.py::test_any", allowed)
    assert not is_allowed("a/test_b.py::test_d", allowed)
    assert is_allowed("a/b/test_c.py::test_d", allowed_skips("a/b/*  # no GPU"))
    assert not is_allowed("a/test_c.py::test_d", allowed_skips("a/b/*  # no GPU"))


def test_a_line_is_in_force_only_where_its_package_or_program_is_missing() -> None:
    text = "test_a.py::*  without pytest  # A\ntest_b.py::*  without no_such_package  # B\n"
    text += "test_c.py::*  without sh  # C\ntest_d.py::*  without no-such-program++  # D\n"
    assert allowed_skips(text) == {"test_b.py::*": "B", "test_d.py::*": "D"}
