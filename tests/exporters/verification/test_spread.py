"""Runs repeated, their spread reported; products of a coarser roundoff judged by it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import pytest
from small_models import one_node

from dwbridge import exporters
from dwbridge.exporters.runtimes import RUNTIMES
from dwbridge.exporters.verification.report import report

X = np.random.default_rng(3).normal(size=(2, 4, 5, 5)).astype("f")
W = np.random.default_rng(4).normal(size=(8, 1, 3, 3)).astype("f")


def conv() -> onnx.ModelProto:
    return one_node("Conv", {"x": X}, {"w": W}, group=4)


class Wavering:
    """A runtime that gives something else each time, or rounds its inputs to TF32."""

    name = "wavering"

    def __init__(self, repeats: int = 3, step: float = 0.0, tf32: bool = False, roundoff: float | None = None) -> None:
        self.repeats, self.step, self.tf32, self.unit_roundoff = repeats, step, tf32, roundoff
        self.calls = 0

    def missing(self) -> None:
        return None

    def prepare(self, model: onnx.ModelProto) -> Callable[[Mapping[str, np.ndarray]], list[np.ndarray]]:
        right: Any = RUNTIMES["native-numpy"].prepare(model)

        def run(feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
            self.calls += 1
            given = {name: cut(array) for name, array in feeds.items()} if self.tf32 else feeds
            return [y + np.float32(self.step * (self.calls % self.repeats)) for y in right(given)]

        return run


def cut(array: np.ndarray) -> np.ndarray:
    """Ten bits of mantissa."""
    return (array.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)


def test_everything_is_run_again_and_the_spread_is_said() -> None:
    runtime = Wavering(step=2.0**-22)
    verification = exporters.verify(conv(), runtimes=[runtime], batches=(2,))
    assert runtime.calls == 2 * 3  # the network and its node
    assert verification.passed
    (result,) = verification.runtimes
    assert result.spread is not None
    assert 0 < result.spread < 1e-6
    assert f"wavering: runs on the same inputs differ by up to {result.spread:.3g}" in str(verification)
    assert "wavering: runs on the same inputs differ by up to" in report(verification)
    assert verification.to_dict()["runtimes"][0]["nodes"][0]["spread"] == result.nodes[0].spread


def test_runs_that_agree_are_said_to() -> None:
    verification = exporters.verify(conv(), runtimes=[Wavering(), "native-numpy"], batches=(2,))
    assert "wavering: runs on the same inputs differ in no bit" in str(verification)
    assert verification.runtimes[1].spread is None


def test_the_worst_run_counts() -> None:
    verification = exporters.verify(conv(), runtimes=[Wavering(step=1.0)], batches=(2,))
    assert not verification.passed


@pytest.mark.parametrize(("roundoff", "verdict"), [(None, "failed"), (2.0**-11, "passed")])
def test_tf32_is_judged_by_its_roundoff(roundoff: float | None, verdict: str) -> None:
    verification = exporters.verify(conv(), runtimes=[Wavering(tf32=True, roundoff=roundoff)], batches=(2,))
    assert [runtime.verdict for runtime in verification.runtimes] == [verdict]


def test_only_products_are() -> None:
    verification = exporters.verify(
        one_node("Add", {"x": X}, {"w": X[:1]}), runtimes=[Wavering(tf32=True, roundoff=2.0**-11)], batches=(2,)
    )
    assert [runtime.verdict for runtime in verification.runtimes] == ["failed"]
