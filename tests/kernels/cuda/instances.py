"""The kernels that convolutions lead to, for the checks that compile them. Pure Python: no GPU, no CuPy.

python tests/kernels/cuda/instances.py      writes registers.txt anew
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import plan
from dwbridge.kernels.cuda.plan.problem import ITEMSIZES
from dwbridge.kernels.cuda.sources import Instance

TABLE = Path(__file__).with_name("registers.txt")

#: channels, image, kernel, stride: layers of MobileNetV2, EfficientNet-B0 and ConvNeXt, and what they do not have
LAYERS = (
    *(
        (32, 112, 3, 1),
        (96, 112, 3, 2),
        (144, 56, 3, 1),
        (384, 14, 3, 1),
        (960, 7, 3, 1),
        (144, 56, 5, 2),
        (240, 28, 5, 1),
    ),
    *((672, 14, 5, 2), (96, 56, 7, 1), (768, 7, 7, 1), (64, 64, 7, 2), (16, 40, 31, 1), (16, 41, 3, 1)),
)
#: an image whose elements 32 bits do not count
HUGE = plan.Problem(1 << 10, 1 << 10, 1, (64, 63), Window2D.of(3, 1, 1), "float32")


def instances() -> list[Instance]:
    """Every instance that these layers lead to, in each dtype, each once."""
    problems = [
        plan.Problem(32, channels, 1, (size, size), Window2D.of(kernel, stride, kernel // 2), dtype)
        for dtype in ITEMSIZES
        for channels, size, kernel, stride in LAYERS
    ]
    found = (instance for problem in (*problems, HUGE) for instance in _of(problem))
    return list(dict.fromkeys(found))


def _of(problem: plan.Problem) -> Iterator[Instance]:
    for aligned in (True, False):
        yield plan.forward(problem, aligned).instance
        yield plan.backward_data(problem, aligned).instance
    yield from (launch.instance for launch in plan.backward_weight(problem)[:2])


def lines() -> list[str]:
    """What each kernel needs: the chip, the kernel, its registers, the bytes that it spills, and the defines."""
    from nvrtc import chips_under_test, compiled

    chosen = [(instance, chip) for instance in instances() for chip in chips_under_test()]
    with ThreadPoolExecutor() as threads:
        needs = threads.map(lambda pair: compiled(*pair)[1], chosen)
    return sorted(
        f"sm_{chip} {name}: {need.registers} registers, {need.spilled} spilled; {_defines(instance)}"
        for (instance, chip), kernels in zip(chosen, needs, strict=True)
        for name, need in kernels.items()
    )


def _defines(instance: Instance) -> str:
    return " ".join(f"{name}={value}" for name, value in instance.defines)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    TABLE.write_text("\n".join(lines()) + "\n")
