"""What `benchmarks/gpu.sh` runs, by stand-ins for what it calls; it needs no device."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu.sh"


class Machine:
    """A machine whose Python notes what it is asked for.

    Attributes:
        calls: of Python and compute-sanitizer, a line each.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "calls"
        self.python = self.program("python")

    def program(self, name: str, body: str = "") -> Path:
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


def test_each_file_is_a_process_and_what_fails_is_listed(machine: Machine) -> None:
    machine.program("python", 'case "$*" in *test_training*) exit 7 ;; esac')
    machine.program("timeout", 'shift 2; case "$*" in *_convolution*) exit 124 ;; esac; exec "$@"')
    done = machine.run("tests kernels", LIMIT="9", PATH=f"{machine.folder}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert done.stdout.partition("FAILED:\n")[2].splitlines() == [
        "    tests/gpu/test_training_on_a_device.py",
        "    tests/kernels/cuda/test_convolution_kernels.py (stopped after 9 s)",
    ]
    assert "timeout --kill-after=10 9 " in machine.calls[0]
    files = [call.split()[-1] for call in machine.calls if call.startswith("timeout") and "-m pytest" in call]
    kernels = sorted((SCRIPT.parents[1] / "tests" / "kernels" / "cuda").glob("test_*_kernels.py"))
    assert len(files) == len(set(files)) >= 2 + len(kernels)
    assert [file for file in files if f"{file}: " not in done.stdout] == []


def test_faults_that_only_the_simulation_sees_are_left_out(machine: Machine) -> None:
    machine.run("kernels")
    tensor = [call for call in machine.calls if "test_tensor_" in call]
    assert tensor and all(" -k not in_step " in call for call in tensor)


def test_an_end_ends_what_runs(machine: Machine) -> None:
    machine.program("python", "echo $$; exec sleep 60")
    given = os.environ | {"PYTHON": str(machine.python)}
    with subprocess.Popen([SCRIPT], env=given, stdout=subprocess.PIPE, text=True) as script:
        assert script.stdout is not None
        pid = next(line.strip() for line in script.stdout if line.strip().isdigit())
        script.terminate()
        script.stdout.read()  # until nobody is left who could write
    assert script.returncode == 130
    assert not Path("/proc", pid).exists()


def test_it_runs_from_a_bare_tree(machine: Machine) -> None:
    """With what is installed here but dwbridge: Python without its site, and the packages one by one."""
    packages = machine.folder / "packages"
    packages.mkdir()
    for file in Path(np.__file__).parents[1].iterdir():
        if not file.name.startswith(("dwbridge", "__editable__")):
            (packages / file.name).symlink_to(file)
    machine.program("python", f'exec {sys.executable} -S "$@"')
    done = machine.run("times", "--help", PYTHONPATH=str(packages))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning: dwbridge is not installed, and runs from its sources" in done.stdout
    assert "usage: depthwise_gpu.py" in done.stdout


def test_it_leaves_nothing(machine: Machine) -> None:
    machine.run("", TMPDIR=str(machine.folder))
    assert sorted(file.name for file in machine.folder.iterdir()) == ["calls", "python"]
