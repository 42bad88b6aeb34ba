"""A training script that was written for Chainer runs unchanged, and prints what Chainer 7.8.1 printed.

The logs beside it are Chainer's own output:  python -W ignore train_digits.py --data digits.npz --model mlp
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from needs import beyond_notice

import dwbridge

HERE = Path(__file__).resolve().parent
DATA = Path(dwbridge.__file__).parent / "datasets" / "digits.npz"
NUMBER = re.compile(r"\d+\.\d+")


def train(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-W", "error", "-m", "dwbridge.compat", str(HERE / "train_digits.py")]
    run = subprocess.run([*command, "--data", str(DATA), *arguments], capture_output=True, text=True, cwd=folder)
    assert run.returncode == 0, run.stderr
    assert beyond_notice(run.stderr) == ""
    return run.stdout


def words_and_numbers(text: str) -> tuple[list[str], list[float]]:
    # Chainer erases below the cursor even where there is no terminal.
    plain = text.replace("\033[J", "")
    return NUMBER.sub("#", plain).split(), [float(number) for number in NUMBER.findall(plain)]


@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_prints_what_chainer_prints(tmp_path: Path, model: str) -> None:
    words, numbers = words_and_numbers(train(tmp_path, "--model", model))
    expected_words, expected = words_and_numbers((HERE / f"train_digits_{model}.log").read_text())
    assert words == expected_words
    # Equal in all six digits where it was written; another BLAS adds in another order.
    np.testing.assert_allclose(numbers, expected, rtol=1e-4)


def test_writes_the_files_of_chainer_and_resumes(tmp_path: Path) -> None:
    whole = train(tmp_path, "--model", "mlp", "--epoch", "3", "--out", "whole")
    names = {path.name for path in (tmp_path / "whole").iterdir()}
    assert names == {"log", "snapshot_iter_42", "model_epoch-1", "model_epoch-2", "model_epoch-3"}
    assert [entry["iteration"] for entry in json.loads((tmp_path / "whole" / "log").read_text())] == [14, 28, 42]
    train(tmp_path, "--model", "mlp", "--epoch", "2", "--out", "half")
    resumed = train(tmp_path, "--model", "mlp", "--epoch", "3", "--out", "rest", "-r", "half/snapshot_iter_28")
    assert resumed == whole
