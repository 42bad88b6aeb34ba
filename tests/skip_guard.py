"""No test hides behind a skip: what may be skipped is listed in `allowed_skips.txt`, with the reason.

A pytest plugin. A skip that is not in the list fails the run. A line may hold only where a package of Python, or a
program, is not installed (`test  without numba  # reason`): where it is, the test has to run.
"""

import importlib.util
import shutil
from pathlib import Path

import pytest

ALLOWED = Path(__file__).with_name("allowed_skips.txt")


def is_installed(name: str) -> bool:
    """Whether Python finds a package, or the shell a program, of this name."""
    return importlib.util.find_spec(name) is not None or shutil.which(name) is not None


def allowed_skips(text: str) -> dict[str, str]:
    """{test: reason} from the lines that are in force; `::*` is every test of a file, `/*` every test of a folder."""
    lines = [line.split("#", 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    allowed = {}
    for words, reason in lines:
        test, _, package = words.strip().partition("  without ")
        if not (package and is_installed(package)):
            allowed[test] = reason.strip()
    return allowed


def is_allowed(node_id: str, allowed: dict[str, str]) -> bool:
    """Whether a test may be skipped; parameters in brackets do not count."""
    test = node_id.partition("[")[0]
    file = test.partition("::")[0]
    return not allowed.keys().isdisjoint((test, f"{file}::*", f"{file.rpartition('/')[0]}/*"))


class SkipGuard:
    """Collects the skips of a run."""

    def __init__(self, allowed: dict[str, str]) -> None:
        self.allowed = allowed
        self.unexpected: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not is_allowed(report.nodeid, self.allowed):
            self.unexpected.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped and not is_allowed(report.nodeid, self.allowed):
            self.unexpected.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unexpected and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for node_id in self.unexpected:
            terminalreporter.write_line(f"SKIPPED WITHOUT LEAVE {node_id}: not in {ALLOWED.name}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.has_plugin("skip guard"):
        config.pluginmanager.register(SkipGuard(allowed_skips(ALLOWED.read_text())), "skip guard")
