"""Every block of the README runs, and its table is what the code says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from readme import README, blocks, dwbridge_commands, set_up_commands, with_table

ROOT = README.parent
GOLDEN = ROOT / "tests" / "golden"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the blocks run, with the snapshot that Chainer wrote."""
    path = tmp_path_factory.mktemp("readme")
    shutil.copy(GOLDEN / "readme_snapshot.npz", path / "snapshot.npz")
    return path


def test_the_python_blocks_run_as_one_script(folder: Path) -> None:
    script = folder / "readme.py"
    script.write_text("\n".join(blocks("python")))
    run = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "golden")},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.endswith("[12.] [12.]\n")
    assert "passed" in run.stdout
    assert (folder / "net-tuned.onnx").is_file()


def test_the_commands_run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from dwbridge.cli.main import main

    monkeypatch.chdir(folder)
    if not Path("net.onnx").is_file():
        test_the_python_blocks_run_as_one_script(folder)
    for words in dwbridge_commands():
        assert main(words) == 0, capsys.readouterr()
    assert Path("verification.html").is_file()
    assert Path("verification.json").is_file()


def test_the_snapshot_is_chainers_and_gives_chainers_numbers() -> None:
    names: dict = {}
    exec(blocks("python")[0], names)
    from dwbridge.configuration import using_config
    from dwbridge.serializers import load_npz

    net = names["Net"]()
    load_npz(GOLDEN / "readme_snapshot.npz", net)
    with np.load(GOLDEN / "readme_output.npz") as golden, using_config("train", False):
        np.testing.assert_allclose(net(golden["x"]).array, golden["y"], rtol=1e-5, atol=1e-6)


def test_there_are_exactly_two_set_up_commands() -> None:
    assert set_up_commands() == ['pip install ".[cpu]" && dwbridge demo', 'pip install -e ".[test]" && pytest']


def test_the_table_of_operators_is_up_to_date() -> None:
    assert README.read_text() == with_table(README.read_text()), "run `python tests/readme.py`"


def test_pictures_and_files_that_it_links_to_are_there() -> None:
    import re

    for target in re.findall(r"\]\(([^)]+)\)", README.read_text()):
        assert target.startswith("https://creativecommons.org") or (ROOT / target).is_file(), target
