"""A process that saves in a loop is killed at moments that nobody chose: the file is the old one or the new one, whole.

The child says through a pipe when a save has begun; the parent reads a random number of those words and then kills. No
clock is asked: where in the save the signal lands is up to the system, and differs from round to round.
"""

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dwbridge import serializers
from dwbridge.links import Chain, Linear

ROUNDS = 5

CHILD = """
import sys
import numpy as np
from dwbridge import serializers
from dwbridge.links import Chain, Linear

save, path = getattr(serializers, sys.argv[1]), sys.argv[2]
model = Chain(a=Linear(200, 100), b=Linear(200, 100))
number = int(sys.argv[3])
while True:
    number += 1
    for param in model.params():
        param.array[...] = number
    print(number, flush=True)
    save(path, model)
"""

FORMATS = ["npz", "hdf5", "safetensors"]


def saved_number(path: Path, load: Callable) -> int:
    """The number that fills every parameter of the file."""
    model = Chain(a=Linear(200, 100), b=Linear(200, 100))
    load(path, model)
    (number,) = set(np.concatenate([param.array.ravel() for param in model.params()]).tolist())
    return int(number)


@pytest.mark.parametrize("form", FORMATS)
def test_file_is_whole(tmp_path: Path, form: str) -> None:
    draw = random.Random(form)
    path = tmp_path / "model"
    load = getattr(serializers, f"load_{form}")
    number = 0
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", CHILD, f"save_{form}", str(path), str(number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            for _ in range(draw.randint(2, 8)):
                begun = int(child.stdout.readline())
            child.kill()
            told = [begun, *map(int, child.stdout.read().split())][-1]  # it may have gone on before the signal came
        assert child.returncode == -signal.SIGKILL
        number = saved_number(path, load)
        assert number in (told - 1, told)
    # What is left besides is never more than one unfinished file a round, under a name that is nobody's.
    others = [other for other in tmp_path.iterdir() if other != path]
    assert len(others) <= ROUNDS
    assert all(other.name.startswith(".") and other.suffix == ".tmp" for other in others)
