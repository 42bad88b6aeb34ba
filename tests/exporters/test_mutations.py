"""A wrong channel order, planted on purpose, is seen: by the oracle, by the runtimes, and by the round trip."""

from collections.abc import Iterator

import numpy as np
import pytest
from case_link import CaseLink, arguments
from cases import Case, cases_of
from oracles import oracle_of

from dwbridge import exporters
from dwbridge import functions as F
from dwbridge.configuration import using_config
from dwbridge.exporters.ops import depthwise_convolution_2d as translation
from dwbridge.kernels.reference import depthwise

#: M and C differ from one in these cases, so their order matters.
CASES = [
    case
    for case in cases_of("depthwise_convolution_2d")
    if case.name in ("multiplier-2", "multiplier-3", "stride-2", "pad-asymmetric")
]
pytestmark = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(autouse=True)
def reference_kernels() -> Iterator[None]:
    """The faults are planted in the reference."""
    with using_config("kernels", "numpy"):
        yield


def multiplier_major(W: np.ndarray) -> np.ndarray:
    """The layout of the file as if the output channel were m*C + c."""
    m, c, kh, kw = W.shape
    return W.reshape(m * c, 1, kh, kw)


def drawn(case: Case) -> list[np.ndarray]:
    return list(case.draw_arrays("float32", np.random.default_rng(0)))


def worst_units(case: Case) -> float:
    """How far onnxruntime is from our link on the exported model, in units of the bound of our own export."""
    arrays = drawn(case)
    link = CaseLink("depthwise_convolution_2d", case, arrays, "float32")
    model = exporters.export(link, arguments(case, arrays))
    (y,) = exporters.runtimes.RUNTIMES["onnxruntime-cpu"].prepare(model)({"input": arrays[0]})
    return float(np.abs(y - link(arrays[0]).array).max())


def test_in_the_export_it_is_seen_by_onnxruntime(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    assert worst_units(case) < 1e-4
    monkeypatch.setattr(translation, "to_file", multiplier_major)
    assert worst_units(case) > 0.1


def test_in_the_import_it_is_seen_by_the_round_trip(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = drawn(case)
    model = exporters.export(CaseLink("depthwise_convolution_2d", case, arrays, "float32"), arguments(case, arrays))
    monkeypatch.setattr(translation, "to_link", lambda W, groups: W.reshape(-1, groups, *W.shape[2:]))
    (network_W,) = (p.array for path, p in exporters.load(model).namedparams() if path.endswith("/W"))
    assert network_W.tobytes() != arrays[1].tobytes()
    assert exporters.export(exporters.load(model)).SerializeToString() != model.SerializeToString()


def test_in_both_directions_at_once_it_is_still_seen_by_onnxruntime(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translation, "to_file", multiplier_major)
    monkeypatch.setattr(translation, "to_link", lambda W, groups: W.reshape(-1, groups, *W.shape[2:]))
    assert worst_units(case) > 0.1


@pytest.mark.parametrize("routine", ["forward", "backward_data", "backward_weight"])
def test_in_a_kernel_it_is_seen_by_the_oracle_or_by_the_gradient_check(
    case: Case, monkeypatch: pytest.MonkeyPatch, routine: str
) -> None:
    right = getattr(depthwise, routine)

    def wrong(*arguments: object) -> np.ndarray:
        # y's channels in the order m*C + c: transposed on the way in (gy) or on the way out (y)
        gy_at = {"forward": None, "backward_data": 0, "backward_weight": 1}[routine]
        m, c = (arguments[1] if routine != "backward_weight" else np.empty(arguments[3])).shape[:2]  # type: ignore
        if gy_at is None:
            y = right(*arguments)
            return y.reshape(len(y), c, m, *y.shape[2:]).swapaxes(1, 2).reshape(y.shape)
        gy = arguments[gy_at]
        swapped = gy.reshape(len(gy), m, c, *gy.shape[2:]).swapaxes(1, 2).reshape(gy.shape)  # type: ignore
        return right(*arguments[:gy_at], swapped, *arguments[gy_at + 1 :])

    from dwbridge.gradient_check import check_backward

    arrays = case.draw_arrays("float64", np.random.default_rng(0))

    def check() -> None:
        y = F.depthwise_convolution_2d(*arrays, **case.keywords).array
        np.testing.assert_allclose(y, oracle_of("depthwise_convolution_2d")(*arrays, **case.keywords), atol=1e-10)
        check_backward(lambda *xs: F.depthwise_convolution_2d(*xs, **case.keywords), arrays)

    check()
    monkeypatch.setattr(depthwise, routine, wrong)
    with pytest.raises(AssertionError):
        check()
