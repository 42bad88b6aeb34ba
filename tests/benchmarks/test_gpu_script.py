"""What `benchmarks/gpu.sh` runs, by stand-ins for what it calls; it needs no device."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu.sh"


class Machine:
    """A machine whose Python notes what it is asked for.

    Attributes:
        calls: of Python and compute-sanitizer, a line each.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "calls"
        self.python = self.program("python", "")

    def program(self, name: str, body: str) -> Path:
        """A program that notes its words and does this."""
        file = self.folder / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.log}\n{body}\n')
        file.chmod(0o755)
        return file

    def run(self, sections: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        given = os.environ | {"PYTHON": str(self.python), "SECTIONS": sections} | variables
        return subprocess.run([SCRIPT, *words], env=given, capture_output=True, text=True)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_compute_sanitizer_is_found_with_cuda_and_sees_every_array(machine: Machine) -> None:
    (machine.folder / "bin").mkdir()
    machine.program("bin/compute-sanitizer", 'echo "exact: $DWBRIDGE_EXACT_ALLOCATIONS"')
    done = machine.run("sanitizer", CUDA_HOME=str(machine.folder))
    assert done.returncode == 0, done.stdout
    calls = [call for call in machine.calls if call.startswith("bin/compute-sanitizer")]
    assert [call.split()[1:3] for call in calls] == [["--tool", "memcheck"], ["--tool", "racecheck"]]
    assert all(" --report-api-errors no --error-exitcode 9 " in call for call in calls)
    assert done.stdout.count("exact: 1") == 2
