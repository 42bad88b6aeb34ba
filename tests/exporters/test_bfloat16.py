"""bfloat16, which opset 22 is the first to take everywhere: out, back in, verified, trained further."""

import ml_dtypes
import numpy as np
import pytest
from small_models import SmallNet, trained_statistics

from dwbridge import Chain, Parameter, exporters
from dwbridge import functions as F
from dwbridge import links as L
from dwbridge.configuration import using_config
from dwbridge.optimizers import SGD

BRAIN = np.dtype(ml_dtypes.bfloat16)
X = np.random.default_rng(0).normal(size=(2, 3, 9, 8)).astype(BRAIN)


def network() -> SmallNet:
    with using_config("dtype", BRAIN):
        return trained_statistics(SmallNet())


def test_there_and_back_it_has_the_same_bits_and_trains() -> None:
    net = network()
    model = exporters.export(net, X, opset_version=22)
    loaded = exporters.load(model)
    with using_config("train", False):
        y = loaded(X)
        np.testing.assert_array_equal(y.array, net(X).array)
    assert y.dtype == BRAIN
    again = exporters.export(loaded, X)
    assert again.SerializeToString(deterministic=True) == model.SerializeToString(deterministic=True)

    before = {path: p.array.copy() for path, p in loaded.namedparams()}
    optimizer = SGD(lr=0.5).setup(loaded)
    optimizer.update(lambda: F.sum(F.square(loaded(X))))
    assert {p.dtype for p in loaded.params()} == {BRAIN}
    assert all((p.array != before[path]).any() for path, p in loaded.namedparams())


def test_it_is_verified_in_its_own_roundoff() -> None:
    verification = exporters.verify(
        exporters.export(network(), X, opset_version=22), runtimes=["native-numpy", "reference"]
    )
    assert verification.dtype == "bfloat16"
    assert verification.passed, str(verification)


def test_an_operand_is_a_parameter_that_trains() -> None:
    class Shifted(Chain):
        def __init__(self) -> None:
            super().__init__()
            with self.init_scope():
                self.shift = Parameter(np.array([1, 2, 3], BRAIN))

        def forward(self, x: np.ndarray) -> object:
            return x + F.broadcast_to(F.reshape(self.shift, (1, 3, 1, 1)), x.shape)

    loaded = exporters.load(exporters.export(Shifted(), X, opset_version=22, input_shapes=X.shape))
    assert [(path, p.dtype) for path, p in loaded.namedparams()] == [("/shift", BRAIN)]


def test_an_opset_that_does_not_take_it_is_refused_with_every_node_and_the_first_that_does(tmp_path: object) -> None:
    path = tmp_path / "m.onnx"  # type: ignore[operator]
    with pytest.raises(exporters.UnsupportedError) as caught:
        exporters.export(network(), X, filename=path)
    first, *_ = problems = caught.value.problems
    assert first == (
        "function 0 (Convolution2DFunction): X of Conv in opset 17: expected double, float or float16, got bfloat16"
        " (from opset 22 on)"
    )
    assert len(problems) == 3
    assert all("Conv" in problem for problem in problems)
    assert not path.exists()


def test_parameters_of_another_type_are_refused() -> None:
    class Mixed(Chain):
        def __init__(self) -> None:
            super().__init__()
            with self.init_scope():
                self.bn = L.BatchNormalization(3, dtype=np.float32)

        def forward(self, x: np.ndarray) -> object:
            return self.bn(x)

    with pytest.raises(exporters.UnsupportedError, match="parameter 'bn/gamma' is float32, the network computes in bf"):
        exporters.export(Mixed(), X, opset_version=22)


def test_integers_that_an_operator_does_not_take_are_refused() -> None:
    class Twice(Chain):
        def forward(self, x: np.ndarray) -> object:
            return x + x

    with pytest.raises(exporters.UnsupportedError, match=r"A of Add in opset 13: .* got int8 \(from opset 14 on\)"):
        exporters.export(Twice(), np.zeros((2, 3), np.int8), opset_version=13)
